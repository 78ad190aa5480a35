/**
 * Blobs whose bytes are objects of an S3-compatible storage, while the record knows which they are: for a relay of any number of nodes.
 *
 * Objects do not grow, so a blob is a row of parts. The record alone says which parts count and where each begins, as in
 * `record-blobs.ts`: no storage has to keep two writers apart or list what was just written, and it needs to put, get and
 * delete only. An object has a name of its own by chance, so that whoever loses a race has overwritten nothing.
 *
 * What may be there and is nobody's stands in the record as well (`loose_object`): before an object is put, and from the moment
 * that its blob is removed. A crash between any two steps leaves a row by which the object is found and removed later.
 */
import { type Clock, Failure, inBackground, type Log, type Random } from '@fairlead/base'
import type { Database } from '../database/database.ts'
import type { StoredPartRow } from '../database/job-tables.ts'
import type { Transaction } from '../database/writer.ts'
import { every } from '../every.ts'
import { type Blobs, wrongOffset } from './blobs.ts'
import { createPartRows } from './part-rows.ts'
import type { S3Store } from './s3-store.ts'

export interface StoredBlobsNeeds {
  store: S3Store
  database: Database
  clock: Clock
  random: Random
  log: Log
}

/** Large enough that a document is few objects; so much is in memory for each document that is coming. */
const partBytes = 4 * 1024 * 1024
/** Memory is taken as bytes come: most documents are small. */
const blockBytes = 256 * 1024
/** All tries of a put are over by then; a storage refuses nodes whose clocks are a quarter of an hour wrong. */
const looseMs = 3_600_000
const sweepMs = 600_000
/** Removed, and then forgotten in one commit. */
const clearedAtOnce = 100

export function createStoredBlobs({ store, database, clock, random, log }: StoredBlobsNeeds): Blobs & Disposable {
  const { read, write } = database
  const rows = createPartRows(database, 'stored_part')

  async function addPart(name: string, start: number, bytes: number, blocks: readonly Uint8Array[]): Promise<void> {
    const object = random.token(18)
    const loose = () => ({ object, at: clock.wallNow() })
    await write(({ sql }) => sql.insertInto('loose_object').values(loose()).execute())
    await store.put(object, blocks)
    const { isExpected, isNew } = await write(async ({ sql }) => {
      const taken = await sql.deleteFrom('loose_object').where('object', '=', object).executeTakeFirstOrThrow()
      // Else it has been swept, and may be there again.
      const isExpected = taken.numDeletedRows === 1n
      const isNew = isExpected && (await addRow(sql, { blob: name, start, bytes, ...loose() }))
      if (!isNew) await sql.insertInto('loose_object').values(loose()).execute()
      return { isExpected, isNew }
    })
    if (!isExpected) throw new Failure('unavailable', 'The part took so long that it was given up: send it again.')
    if (!isNew) throw wrongOffset()
  }

  /** Its place is its key: of two who go on from the same place one is refused. */
  async function addRow(sql: Transaction['sql'], row: StoredPartRow): Promise<boolean> {
    const added = await sql
      .insertInto('stored_part')
      .values(row)
      .onConflict((on) => on.doNothing())
      .executeTakeFirst()
    return added.numInsertedOrUpdatedRows === 1n
  }

  /** Removes these objects, and then what is known of them. */
  async function clear(objects: readonly string[]): Promise<void> {
    for (let from = 0; from < objects.length; from += clearedAtOnce) {
      const some = objects.slice(from, from + clearedAtOnce)
      for (const object of some) await store.remove(object)
      await write(({ sql }) => sql.deleteFrom('loose_object').where('object', 'in', some).execute())
    }
  }

  async function sweep(): Promise<void> {
    const rows = await read
      .selectFrom('loose_object')
      .select('object')
      .where('at', '<', clock.wallNow() - looseMs)
      .execute()
    await clear(rows.map(({ object }) => object))
  }

  const sweeping = every(clock, sweepMs, () => inBackground(log, 'spool.objects-not-swept', sweep))

  return {
    ...rows,
    async append(name, at, pieces) {
      if ((await rows.length(name)) !== at) throw wrongOffset()
      let end = at
      let part = createPart()
      async function flush(): Promise<void> {
        const { bytes, blocks } = part
        if (bytes === 0) return
        // Whatever becomes of it: it is not tried once more at the end.
        part = createPart()
        await addPart(name, end, bytes, blocks)
        end += bytes
      }
      try {
        for await (const piece of pieces)
          for (let rest = piece; rest.length > 0; ) {
            rest = rest.subarray(part.add(rest))
            if (part.bytes === partBytes) await flush()
          }
      } finally {
        await flush()
      }
      return end
    },
    async *read(name, from) {
      for (let at = from; ; ) {
        // The one that holds this byte, wherever it begins.
        const row = await read
          .selectFrom('stored_part')
          .select(['start', 'bytes', 'object'])
          .where('blob', '=', name)
          .where('start', '<=', at)
          .orderBy('start', 'desc')
          .limit(1)
          .executeTakeFirst()
        if (!row || row.start + row.bytes <= at) return
        yield* store.read(row.object, at - row.start, row.bytes)
        at = row.start + row.bytes
      }
    },
    async remove(name) {
      const objects = await write(async ({ sql }) => {
        await sql
          .insertInto('loose_object')
          .columns(['object', 'at'])
          .expression((query) => query.selectFrom('stored_part').select(['object', 'at']).where('blob', '=', name))
          .execute()
        return await sql.deleteFrom('stored_part').where('blob', '=', name).returning('object').execute()
      })
      // The storage may be away: that holds up nobody, and what is left is swept.
      inBackground(log, 'spool.objects-not-removed', () => clear(objects.map(({ object }) => object)))
    },
    [Symbol.dispose]: () => sweeping[Symbol.dispose](),
  }
}

/** What has come of a part, copied into blocks: pieces may be of one byte each, and be parts of something large. */
function createPart() {
  const blocks: Buffer[] = []
  let bytes = 0
  return {
    get bytes() {
      return bytes
    },
    /** What is filled of them. */
    get blocks() {
      const inLast = bytes % blockBytes
      return blocks.map((block, at) => (at === blocks.length - 1 && inLast > 0 ? block.subarray(0, inLast) : block))
    },
    /** @returns how much of it found room */
    add(piece: Uint8Array): number {
      const at = bytes % blockBytes
      if (at === 0) blocks.push(Buffer.allocUnsafe(blockBytes))
      const taken = Math.min(piece.length, blockBytes - at)
      blocks.at(-1)?.set(piece.subarray(0, taken), at)
      bytes += taken
      return taken
    },
  }
}
