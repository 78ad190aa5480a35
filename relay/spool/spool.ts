/**
 * The spool: documents of jobs, each once, by the digest of what is in it, until no job needs it any more.
 *
 * What is in a document stands nowhere else, and in no log.
 */
import { createHash } from 'node:crypto'
import { type Clock, Failure, inBackground, type Log, type Random } from '@fairlead/base'
import type { Database } from '../database/database.ts'
import type { Transaction } from '../database/writer.ts'
import { every } from '../every.ts'
import type { Blobs } from './blobs.ts'

export interface Spool extends Disposable {
  /**
   * Takes a document as it comes; on disk when it resolves, and nobody's until `own`.
   * @throws {Failure} `too-large`, and what `Blobs.append` throws; nothing is left of it then
   */
  take(pieces: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Taken>
  /** What has come into a blob already. @throws {Failure} `not-found`: it has not so many bytes any more */
  takeBlob(blob: string, bytes: number): Promise<Taken>
  /** From the commit on it is a document. */
  own(tx: Transaction, taken: Taken): Promise<void>
  /** Nobody wants it: for what was taken and is not owned. */
  discard(taken: Pick<Taken, 'blob'>): Promise<void>
  /**
   * A piece is the reader's until it asks for the next one.
   * @throws {Failure} `not-found`: it is not there (any more), also while it is read
   */
  open(digest: string, from: number): Promise<AsyncIterable<Uint8Array>>
  /** A job needs it no more: it goes with the last one. @param isNeeded by another one */
  drop(tx: Transaction, digest: string, isNeeded: () => Promise<boolean>): Promise<void>
  /** Of all documents. */
  bytes(): Promise<number>
}

export interface Taken {
  blob: string
  /** SHA-256, hexadecimal. */
  digest: string
  bytes: number
  /** Its first bytes, by which one sees what it is. */
  start: Uint8Array
}

export interface SpoolNeeds {
  blobs: Blobs
  database: Database
  clock: Clock
  random: Random
  log: Log
}

type Pieces = AsyncGenerator<Uint8Array, undefined>

/** Enough for every mark that a format begins with. */
const startBytes = 1024
/** What a crash has left behind is nobody's; nothing takes so long to come. */
const orphanMs = 48 * 3_600_000
const sweepMs = 3_600_000

export function openSpool({ blobs, database, clock, random, log }: SpoolNeeds): Spool {
  const { read, write } = database

  /** What is found to be lost is forgotten: whoever sends the document again is not told that it is there already. */
  async function* given(digest: string, { blob, bytes }: Pick<Taken, 'blob' | 'bytes'>, from: number): Pieces {
    try {
      yield* whole(blobs.read(blob, from), bytes - from)
    } catch (error) {
      if (error instanceof Failure && error.code === 'not-found')
        await write(({ sql }) =>
          sql.deleteFrom('document').where('digest', '=', digest).where('blob', '=', blob).execute(),
        )
      throw error
    }
  }

  async function take(pieces: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Taken> {
    const blob = random.token(18)
    const reading = createReading(blob)
    try {
      await blobs.append(blob, 0, reading.through(pieces, maxBytes))
      return reading.taken()
    } catch (error) {
      await blobs.remove(blob)
      throw error
    }
  }

  async function sweep(): Promise<void> {
    for (const name of await blobs.olderThan(clock.wallNow() - orphanMs)) {
      const document = await read.selectFrom('document').select('blob').where('blob', '=', name).executeTakeFirst()
      const upload = await read.selectFrom('upload').select('blob').where('blob', '=', name).executeTakeFirst()
      if (!document && !upload) await blobs.remove(name)
    }
  }

  const sweeping = every(clock, sweepMs, () => inBackground(log, 'spool.not-swept', sweep))

  return {
    take,
    async takeBlob(blob, bytes) {
      const reading = createReading(blob)
      for await (const _ of reading.through(whole(blobs.read(blob, 0), bytes), Number.POSITIVE_INFINITY));
      return reading.taken()
    },
    async own(tx, { blob, digest, bytes }) {
      await tx.sql
        .insertInto('document')
        .values({ digest, blob, bytes, created_at: clock.wallNow() })
        .onConflict((on) => on.doNothing())
        .execute()
      // Held until the commit: whoever drops it waits, and sees then that it is needed.
      const there = await tx.sql
        .selectFrom('document')
        .select('blob')
        .where('digest', '=', digest)
        .forUpdate()
        .executeTakeFirst()
      if (!there)
        throw new Failure('unavailable', 'The document was just being removed: send it again.', {
          retryAfterSeconds: 1,
        })
      if (there.blob !== blob) tx.afterCommit(() => removeSoon(blob))
    },
    discard: ({ blob }) => blobs.remove(blob),
    async open(digest, from) {
      const row = await read
        .selectFrom('document')
        .select(['blob', 'bytes'])
        .where('digest', '=', digest)
        .executeTakeFirst()
      if (!row) throw lost()
      return given(digest, row, from)
    },
    async drop(tx, digest, isNeeded) {
      const row = await tx.sql
        .selectFrom('document')
        .select('blob')
        .where('digest', '=', digest)
        .forUpdate()
        .executeTakeFirst()
      if (!row || (await isNeeded())) return
      await tx.sql.deleteFrom('document').where('digest', '=', digest).execute()
      tx.afterCommit(() => removeSoon(row.blob))
    },
    async bytes() {
      const { all } = await read
        .selectFrom('document')
        .select(({ fn }) => fn.sum<number>('bytes').as('all'))
        .executeTakeFirstOrThrow()
      return Number(all ?? 0)
    },
    [Symbol.dispose]: () => sweeping[Symbol.dispose](),
  }

  function removeSoon(blob: string): void {
    inBackground(log, 'spool.not-removed', () => blobs.remove(blob))
  }
}

/** What is shorter than it was is no document. */
async function* whole(pieces: AsyncIterable<Uint8Array>, bytes: number): Pieces {
  let rest = bytes
  for await (const piece of pieces) {
    rest -= piece.length
    yield piece
  }
  if (rest > 0) throw lost()
}

function lost(): Failure {
  return new Failure('not-found', 'The document is not in the spool any more.')
}

/** Looks at a document while it passes. */
function createReading(blob: string) {
  const hash = createHash('sha256')
  let bytes = 0
  let start: Uint8Array = new Uint8Array()
  return {
    async *through(pieces: AsyncIterable<Uint8Array>, maxBytes: number): Pieces {
      for await (const piece of pieces) {
        if (start.length < startBytes) start = Buffer.concat([start, piece.subarray(0, startBytes - start.length)])
        bytes += piece.length
        if (bytes > maxBytes) throw tooLarge(maxBytes)
        hash.update(piece)
        yield piece
      }
    },
    taken: (): Taken => ({ blob, digest: hash.digest('hex'), bytes, start }),
  }
}

export function tooLarge(maxBytes: number): Failure {
  return new Failure('too-large', `A document may have at most ${maxBytes} bytes here.`, { facts: { maxBytes } })
}
