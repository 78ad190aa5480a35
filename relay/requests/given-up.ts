/** A request that was sent to another node of which nothing more is heard: what is on disk says what became of it, and decides. */
import { type Clock, Failure } from '@fairlead/base'
import { kindOf } from '@fairlead/protocol/contract'
import type { RequestRow } from '../database/tables.ts'
import type { Asked, Reply } from './asked.ts'
import { giveUp } from './endings.ts'
import type { Receipts } from './receipts.ts'
import { type RequestRecord, recordOf, rowOf } from './record.ts'
import type { RequestStore } from './store.ts'

export interface GivenUpNeeds {
  clock: Clock
  receipts: Pick<Receipts, 'replayOf'>
  store: Pick<RequestStore, 'find' | 'findByKey' | 'bar'>
}

/**
 * @returns what the service is to be told; undefined: nobody knows whether it was done
 * @throws {Failure} as for any request under a key: `in-progress`, `key-reused`
 */
export type SettleGivenUp = (asked: Omit<Asked, 'whenHungUp'>) => Promise<Reply | undefined>

const verdict = giveUp(
  'not-sent',
  'unavailable',
  'The node that has the device could not be reached. Nothing was sent: it is safe to try again.',
)

export function createGivenUp({ clock, receipts, store }: GivenUpNeeds): SettleGivenUp {
  async function settle(asked: Omit<Asked, 'whenHungUp'>): Promise<Reply | undefined> {
    const { requestId, key, isAsync } = asked
    const row = await find(asked)
    if (row && row.request_id !== requestId && key) return await receipts.replayOf(row, key)
    if (row && isAsync) return { requestId, verdict: undefined, answeredAt: undefined, replayed: false }
    if (row) return asWritten(row)
    // Nobody sends what is not on disk: with this there, that other node never will.
    if (await store.bar(rowOf(notSent(asked), undefined, undefined)))
      return { requestId, verdict, answeredAt: undefined, replayed: false }
    return undefined
  }

  /** That node may have ended it, and not been heard. */
  function asWritten(row: RequestRow): Reply | undefined {
    const { requestId, verdict, answeredAt } = recordOf(row)
    return verdict && { requestId, verdict, answeredAt, replayed: false }
  }

  async function find({ requestId, account, device, key }: Omit<Asked, 'whenHungUp'>): Promise<RequestRow | undefined> {
    const own = await store.find(requestId)
    return own ?? (key && (await store.findByKey({ account, keyOwner: key.owner, device, key: key.key })))
  }

  function notSent({ requestId, account, device, request }: Omit<Asked, 'whenHungUp'>): RequestRecord {
    const common = { requestId, account, device, kind: kindOf(request), request }
    return { ...common, outcome: verdict.outcome, verdict, acceptedAt: clock.wallNow(), durable: true }
  }

  return async (asked) => {
    // Anything else leaves without a word on disk.
    if (!asked.key && !asked.isAsync) return undefined
    try {
      return await settle(asked)
    } catch (error) {
      if (error instanceof Failure && error.code === 'unavailable') return undefined
      throw error
    }
  }
}
