/** Brings a database forward, as far as the programs allow that use it at this moment. */
import { Failure, type Log } from '@fairlead/base'
import { type Kysely, sql } from 'kysely'
import type { OpenedSchema } from '../shape.ts'
import type { Tables } from '../tables.ts'
import { allMigrations, firstWithNodes, type Migration, takeSteps } from './migrations.ts'
import { readSchema, refuseIncompatible } from './schema-version.ts'

/** A node that may still use the record, and that knows no newer schema version than this. */
export interface OlderNode {
  name: string
  schema: number
}

/** Those that know nothing newer than `below - 1`. */
export type FindOlder = (database: Kysely<Tables>, below: number) => Promise<OlderNode[]>

export interface SchemaChange {
  /** 0: there was nothing. */
  from: number
  to: number
  /** One sentence: why it goes no further. */
  waits: string | undefined
}

export interface Upgrade {
  /** Default: all there are. */
  migrations?: readonly Migration[]
  /** Keeps what is there, before the first step on a database that has something in it. A failure of it ends the upgrade. */
  backUp(version: number): Promise<void>
  /** Default: nobody else can be there. */
  findOlder?: FindOlder
  /** Others were in the way of the step, which is then taken again. */
  isPassing?(error: unknown): boolean
  log?: Log
}

/** So often a step is tried that others are in the way of: each time it waits for as long as a lock may take. */
const maxTries = 30

const nobody: FindOlder = async () => []

/**
 * Each step is a transaction together with its number: a crash leaves the step done or not begun.
 *
 * @throws {Failure} `unavailable` when a newer program has been here, or this one cannot begin before others are replaced
 */
export async function migrate(
  database: Kysely<Tables>,
  { migrations = allMigrations, backUp, findOlder = nobody, isPassing = () => false, log }: Upgrade,
): Promise<OpenedSchema> {
  const known = migrations.length
  const plan = await planUpgrade(database, migrations, findOlder)
  let { from: version, waits } = plan
  if (version > 0 && version < plan.to) await backUp(version)
  for (; version < plan.to; version++) {
    const stops = await takeStep(database, migrations, version, findOlder, isPassing)
    if (stops === undefined) continue
    waits = stops
    break
  }
  if (waits !== undefined) log?.warn('database.waits', waits, { version, known })
  if (version > known)
    log?.info('database.newer', 'A newer program has added to the record what this one does without.', {
      version,
      known,
    })
  return { known, version, waits }
}

/** What `migrate` would do. @throws {Failure} as `migrate` */
export async function planUpgrade(
  database: Kysely<Tables>,
  migrations: readonly Migration[],
  findOlder: FindOlder = nobody,
): Promise<SchemaChange> {
  const { version: from, compatibleFrom } = await readSchema(database)
  refuseIncompatible({ version: from, compatibleFrom }, migrations.length)
  let to = from
  for (; to < migrations.length; to++) {
    const waits = await whyWait(database, migrations, to, findOlder)
    if (waits !== undefined) return { from, to, waits }
  }
  return { from, to, waits: undefined }
}

/** @returns as a sentence, why the step after this version cannot be taken yet */
async function whyWait(
  database: Kysely<Tables>,
  migrations: readonly Migration[],
  version: number,
  findOlder: FindOlder,
): Promise<string | undefined> {
  const { compatibleFrom } = migrations[version] ?? {}
  if (compatibleFrom === undefined) return undefined
  // There are no nodes yet.
  if ((await readSchema(database)).version < firstWithNodes) return undefined
  const older = await findOlder(database, compatibleFrom)
  if (older.length === 0) return undefined
  const names = older.map(({ name, schema }) => `${name} (knows ${schema})`).join(', ')
  const needed = migrations.findLastIndex((step) => step.compatibleFrom === undefined) + 1
  if (version < needed)
    throw new Failure(
      'unavailable',
      `This program needs schema version ${needed}, but version ${version + 1} cannot be done while nodes run that know nothing newer than ${compatibleFrom - 1}: first replace ${names} by the version of the program before this one.`,
    )
  return `Schema version ${version + 1} waits for nodes that know nothing newer than ${compatibleFrom - 1}: replace ${names}; then it is done at the next start of a node, or by fairlead migrate.`
}

async function takeStep(
  database: Kysely<Tables>,
  migrations: readonly Migration[],
  version: number,
  findOlder: FindOlder,
  isPassing: (error: unknown) => boolean,
): Promise<string | undefined> {
  for (let tries = 1; ; tries++)
    try {
      return await database.transaction().execute(async (transaction) => {
        // From here on nobody joins (`refusePassed`), so that who is there is seen.
        if (migrations[version]?.compatibleFrom !== undefined && version >= firstWithNodes)
          await sql`update schema_version set version = version`.execute(transaction)
        const waits = await whyWait(transaction, migrations, version, findOlder)
        if (waits === undefined) await takeSteps(transaction, migrations, version, version + 1)
        return waits
      })
    } catch (error) {
      if (tries === maxTries || !isPassing(error)) throw error
    }
}
