/** Blobs that the record knows as rows of parts, wherever their bytes are: how long each is, and which are old. */
import type { Database } from '../database/database.ts'
import type { Blobs } from './blobs.ts'

type PartTable = 'blob_part' | 'stored_part'

export function createPartRows({ read }: Database, table: PartTable): Pick<Blobs, 'length' | 'olderThan'> {
  return {
    async length(name) {
      const last = await read
        .selectFrom(table)
        .select(['start', 'bytes'])
        .where('blob', '=', name)
        .orderBy('start', 'desc')
        .limit(1)
        .executeTakeFirst()
      return last ? last.start + last.bytes : 0
    },
    async olderThan(atMs) {
      const rows = await read
        .selectFrom(table)
        .select('blob')
        .groupBy('blob')
        .having(({ fn }) => fn.max('at'), '<', atMs)
        .execute()
      return rows.map(({ blob }) => blob)
    },
  }
}
