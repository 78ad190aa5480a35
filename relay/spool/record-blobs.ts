/** Blobs as rows of the record: several nodes reach them alike, and what the database promises holds for them. */
import type { Database } from '../database/database.ts'
import { type Blobs, wrongOffset } from './blobs.ts'
import { createPartRows } from './part-rows.ts'

/** Large enough that a document is few rows, small enough that no row holds up the others. */
const partBytes = 512 * 1024

export function createRecordBlobs(database: Database, wallNow: () => number): Blobs {
  const { read, write } = database
  const rows = createPartRows(database, 'blob_part')

  /** Its place is its key: of two who go on from the same place one is refused. */
  async function addPart(name: string, start: number, content: Uint8Array): Promise<void> {
    const isNew = await write(async ({ sql }) => {
      const added = await sql
        .insertInto('blob_part')
        .values({ blob: name, start, bytes: content.length, content, at: wallNow() })
        .onConflict((on) => on.doNothing())
        .executeTakeFirst()
      return added.numInsertedOrUpdatedRows === 1n
    })
    if (!isNew) throw wrongOffset()
  }

  return {
    ...rows,
    async append(name, at, pieces) {
      if ((await rows.length(name)) !== at) throw wrongOffset()
      const part = Buffer.allocUnsafe(partBytes)
      let [end, held] = [at, 0]
      async function flush(): Promise<void> {
        if (held === 0) return
        const content = Buffer.from(part.subarray(0, held))
        held = 0
        await addPart(name, end, content)
        end += content.length
      }
      try {
        for await (const piece of pieces)
          for (let from = 0; from < piece.length; ) {
            const taken = Math.min(piece.length - from, partBytes - held)
            part.set(piece.subarray(from, from + taken), held)
            held += taken
            from += taken
            if (held === partBytes) await flush()
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
          .selectFrom('blob_part')
          .select(['start', 'content'])
          .where('blob', '=', name)
          .where('start', '<=', at)
          .orderBy('start', 'desc')
          .limit(1)
          .executeTakeFirst()
        const rest = row?.content.subarray(at - row.start)
        if (rest === undefined || rest.length === 0) return
        yield rest
        at += rest.length
      }
    },
    async remove(name) {
      await write(({ sql }) => sql.deleteFrom('blob_part').where('blob', '=', name).execute())
    },
  }
}
