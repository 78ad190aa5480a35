/** What an open record is, whichever database it is on, and what it takes to open one. */
import type { Log } from '@fairlead/base'
import type { Kysely } from 'kysely'
import type { Migration } from './migrations/migrations.ts'
import type { Outage } from './outage.ts'
import type { Tables } from './tables.ts'
import type { Write } from './writer.ts'

export interface Database extends AsyncDisposable {
  readonly kind: 'sqlite' | 'postgres'
  readonly schema: OpenedSchema
  /**
   * Sees everything that was committed. Writing through it fails.
   * @throws {Failure} `unavailable` while a database server is away
   */
  readonly read: Kysely<Tables>
  readonly write: Write
  /** Why nothing can be written right now, as far as is known; undefined while it can. */
  whyNot(): string | undefined
}

export interface OpenedSchema {
  /** The newest version that this program knows. */
  readonly known: number
  /** What the record had when it was opened: more than is known when a newer program has only added to it. */
  readonly version: number
  /** One sentence: why the record was not brought to all that is known. */
  readonly waits: string | undefined
}

export interface DatabaseNeeds {
  /** The data folder: the embedded database lies in it, and backups of either. */
  folder: string
  /** `postgres://…`; undefined: embedded. */
  url?: string | undefined
  log?: Log
  /** Is told what fails, and when that is over. */
  outage?: Outage | undefined
  /** Default: all there are. For tests of older and newer programs. */
  migrations?: readonly Migration[]
}
