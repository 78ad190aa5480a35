/** What is known of requests: looked up by ID, or told again to who asks with the same idempotency key. */
import { Failure } from '@fairlead/base'
import type { RequestView } from '@fairlead/protocol/contract'
import type { RequestRow } from '../database/tables.ts'
import type { Asked, Reply } from './asked.ts'
import type { Endings } from './endings.ts'
import type { Ledger } from './ledger.ts'
import { type KeyUse, type RequestRecord, recordOf, viewOf } from './record.ts'
import type { RequestStore } from './store.ts'

export interface Receipts {
  recordOfId(requestId: string): Promise<RequestRecord | undefined>
  /** What the request in this row was told. @throws {Failure} `key-reused`, `in-progress`, `unavailable` */
  replayOf(row: RequestRow, key: KeyUse): Promise<Reply>
  /** The same by its key; undefined: the key is free. */
  replay(asked: Asked): Promise<Reply | undefined>
  /** What the service of a request of this node is told by now; undefined: nothing is known of it here. */
  told(requestId: string): Promise<Reply | undefined>
  /** @param account undefined: any @throws {Failure} `unknown-request`, `unavailable` */
  find(requestId: string, account: string | undefined): Promise<RequestView>
}

export interface ReceiptsNeeds {
  ledger: Ledger
  store: RequestStore
  endings: Pick<Endings, 'stored' | 'freed'>
}

export function createReceipts({ ledger, store, endings }: ReceiptsNeeds): Receipts {
  async function recordOfId(requestId: string): Promise<RequestRecord | undefined> {
    const known = ledger.find(requestId)
    if (known && !mayBeBetterKnown(known)) return known
    const row = await (known ? store.find(requestId).catch(() => undefined) : store.find(requestId))
    return newer(row, known)
  }

  /** What nobody knew may be known at another node by now, to which the device has said it. */
  const mayBeBetterKnown = ({ durable, outcome }: RequestRecord) => durable && outcome === 'unknown'

  function newer(row: RequestRow | undefined, known: RequestRecord | undefined): RequestRecord | undefined {
    const isBetter = known && mayBeBetterKnown(known) && row?.outcome === 'answered'
    return known && !isBetter ? known : row && recordOf(row)
  }

  async function replayOf(row: RequestRow, key: KeyUse): Promise<Reply> {
    if (row.fingerprint !== key.fingerprint)
      throw new Failure('key-reused', 'This Idempotency-Key was used for another request: take a new key.')
    const record = newer(row, ledger.find(row.request_id)) ?? recordOf(row)
    await stored(record)
    if (!record.verdict)
      throw new Failure('in-progress', 'The request with this Idempotency-Key is still running: wait for it.', {
        retryAfterSeconds: 1,
      })
    return { requestId: record.requestId, verdict: record.verdict, answeredAt: record.answeredAt, replayed: true }
  }

  async function replay({ account, device, key }: Asked): Promise<Reply | undefined> {
    if (!key) return undefined
    const row = await store.findByKey({ account, keyOwner: key.owner, device, key: key.key })
    const known = row && ledger.find(row.request_id)
    if (known?.outcome !== 'not-sent') return row && replayOf(row, key)
    // Its key is on the way to be free, or the disk refused that.
    await endings.freed(known)
    return undefined
  }

  /** Told is only what is on disk: this node may be killed, and the others know no more than that. @throws {Failure} `unavailable` */
  async function stored(record: RequestRecord): Promise<void> {
    await saved(record)
    if (record.verdict && record.durable) await endings.stored(record)
  }

  /** Resolves once what became of it is on disk, or refused there. */
  async function saved(record: RequestRecord): Promise<void> {
    for (let seen: unknown; record.saving !== seen; ) {
      seen = record.saving
      await record.saving?.catch(() => {})
    }
  }

  async function find(requestId: string, account: string | undefined): Promise<RequestView> {
    const record = await recordOfId(requestId)
    if (!record || (account !== undefined && record.account !== account))
      throw new Failure('unknown-request', 'No request has this ID, or it is too long ago.')
    await stored(record)
    return viewOf(record)
  }

  async function told(requestId: string): Promise<Reply | undefined> {
    const record = ledger.find(requestId)
    if (!record) return undefined
    // Its service waits: where the disk refuses it, what is known is told.
    await saved(record)
    return { requestId, verdict: record.verdict, answeredAt: record.answeredAt, replayed: false }
  }

  return { recordOfId, replayOf, replay, told, find }
}
