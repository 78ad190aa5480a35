/** The writer's connection to SQLite: what is committed is called stored when the log beside the database has it on disk. */
import type { DatabaseSync } from 'node:sqlite'
import type { Kysely } from 'kysely'
import { isOfTheDisk } from './sqlite-errors.ts'
import type { Tables } from './tables.ts'
import type { Wal } from './wal.ts'
import { type Ground, InDoubt } from './writer.ts'

export function createSqliteGround(
  file: DatabaseSync,
  sql: Kysely<Tables>,
  wal: Pick<Wal, 'sync' | 'isInDoubt' | 'mend'>,
): Ground {
  const run = async (text: string) => file.exec(text)
  return {
    sql,
    async begin() {
      if (wal.isInDoubt()) await wal.mend()
      file.exec('BEGIN IMMEDIATE')
    },
    open: () => run('SAVEPOINT one'),
    keep: () => run('RELEASE one'),
    takeBack: () => run('ROLLBACK TO one; RELEASE one'),
    async commit() {
      file.exec('COMMIT')
      try {
        await wal.sync()
      } catch (cause) {
        throw new InDoubt(cause instanceof Error ? cause.message : String(cause), { cause })
      }
    },
    async rollBack() {
      if (file.isTransaction) file.exec('ROLLBACK')
    },
    // SQLite takes back the whole transaction by itself when the disk is full or broken.
    stands: () => file.isTransaction,
    isOfTheGround: isOfTheDisk,
    // There is one writer.
    isPassing: () => false,
    whyNot: () => undefined,
  }
}
