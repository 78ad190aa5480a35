/** Documents that come in parts: each part is on disk when it is answered, and whoever was cut off goes on from there. */
import { type Clock, Failure, inBackground, type Log, type Random } from '@fairlead/base'
import type { NewUpload, Upload } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import type { UploadRow } from '../database/job-tables.ts'
import type { Transaction } from '../database/writer.ts'
import { every } from '../every.ts'
import type { Blobs } from './blobs.ts'

export interface Uploads extends Disposable {
  begin(owner: Owner, upload: NewUpload): Promise<Upload>
  /** @throws {Failure} `not-found`, also of another's */
  find(owner: Owner, uploadId: string): Promise<Upload>
  /**
   * What comes is added at `offset`, and what came before a cut stays. A part that is still on its way on an older connection
   * is given up for this one.
   * @throws {Failure} `wrong-offset` with the right one; `too-large`: more than was said
   */
  append(owner: Owner, uploadId: string, offset: number, pieces: AsyncIterable<Uint8Array>): Promise<Upload>
  remove(owner: Owner, uploadId: string): Promise<void>
  /** The blob of one that is whole. @throws {Failure} `not-found`; `wrong-offset`: it is not whole */
  whole(owner: Owner, uploadId: string): Promise<UploadRow>
  /** It has become a document. */
  spent(tx: Transaction, uploadId: string): Promise<void>
}

/** Whose it is: an upload is seen by who made it alone. */
export interface Owner {
  account: string
  asker: string
}

export interface UploadsNeeds {
  blobs: Blobs
  database: Database
  clock: Clock
  random: Random
  log: Log
}

const keptMs = 24 * 3_600_000
const sweepMs = 600_000

export function openUploads({ blobs, database, clock, random, log }: UploadsNeeds): Uploads {
  const { read, write } = database
  /** Parts that are coming here now: how to give each up, and when it is over. */
  const coming = new Map<string, { giveUp: AbortController; over: Promise<unknown> }>()

  async function mustFind(owner: Owner, uploadId: string): Promise<UploadRow> {
    const row = await read.selectFrom('upload').selectAll().where('upload_id', '=', uploadId).executeTakeFirst()
    const isTheirs = row && row.account === owner.account && row.asker === owner.asker
    if (!isTheirs || row.expires_at <= clock.wallNow()) throw new Failure('not-found', 'There is no such upload.')
    return row
  }

  const viewOf = (row: UploadRow, offset: number): Upload => ({
    uploadId: row.upload_id,
    offset,
    bytes: row.bytes,
    contentType: row.content_type,
    expiresAt: new Date(row.expires_at).toISOString(),
  })

  async function removeRow({ upload_id, blob }: UploadRow): Promise<void> {
    await write(({ sql }) => sql.deleteFrom('upload').where('upload_id', '=', upload_id).execute())
    await blobs.remove(blob)
  }

  async function sweep(): Promise<void> {
    const old = await read.selectFrom('upload').selectAll().where('expires_at', '<=', clock.wallNow()).execute()
    for (const row of old) await removeRow(row)
  }

  const sweeping = every(clock, sweepMs, () => inBackground(log, 'spool.uploads-not-swept', sweep))

  return {
    async begin({ account, asker }, { bytes, contentType }) {
      const row: UploadRow = {
        ...{ upload_id: random.token(18), account, asker, blob: random.token(18), bytes, content_type: contentType },
        expires_at: clock.wallNow() + keptMs,
      }
      await write(({ sql }) => sql.insertInto('upload').values(row).execute())
      return viewOf(row, 0)
    },
    async find(owner, uploadId) {
      const row = await mustFind(owner, uploadId)
      return viewOf(row, await blobs.length(row.blob))
    },
    async append(owner, uploadId, offset, pieces) {
      const row = await mustFind(owner, uploadId)
      const before = coming.get(uploadId)
      before?.giveUp.abort()
      await before?.over
      const giveUp = new AbortController()
      const work = add(row, offset, untilGivenUp(pieces, giveUp.signal, row.bytes - offset))
      const mine = { giveUp, over: work.catch(() => {}) }
      coming.set(uploadId, mine)
      try {
        return viewOf(row, await work)
      } finally {
        if (coming.get(uploadId) === mine) coming.delete(uploadId)
      }
    },
    async remove(owner, uploadId) {
      await removeRow(await mustFind(owner, uploadId))
    },
    async whole(owner, uploadId) {
      const row = await mustFind(owner, uploadId)
      const offset = await blobs.length(row.blob)
      if (offset !== row.bytes) throw wrongOffset(offset)
      return row
    },
    async spent({ sql }, uploadId) {
      await sql.deleteFrom('upload').where('upload_id', '=', uploadId).execute()
    },
    [Symbol.dispose]: () => sweeping[Symbol.dispose](),
  }

  async function add(row: UploadRow, offset: number, pieces: AsyncIterable<Uint8Array>): Promise<number> {
    const there = await blobs.length(row.blob)
    if (there !== offset) throw wrongOffset(there)
    return await blobs.append(row.blob, offset, pieces)
  }
}

async function* untilGivenUp(
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  room: number,
): AsyncGenerator<Uint8Array> {
  let left = room
  const stopped = Promise.withResolvers<never>()
  // Nobody may be waiting when it comes.
  stopped.promise.catch(() => {})
  signal.addEventListener('abort', () =>
    stopped.reject(new Failure('in-progress', 'Another connection goes on with this upload.')),
  )
  const walk = pieces[Symbol.asyncIterator]()
  for (;;) {
    const { done, value } = await Promise.race([walk.next(), stopped.promise])
    if (done) return
    left -= value.length
    if (left < 0) throw new Failure('too-large', 'More has come than the upload was said to have.')
    yield value
  }
}

function wrongOffset(offset: number): Failure {
  return new Failure('wrong-offset', `There are ${offset} bytes: go on from there.`, { facts: { offset } })
}
