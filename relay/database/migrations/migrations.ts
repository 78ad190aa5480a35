/**
 * The steps that bring a database to the form this program knows, while programs of older versions use it.
 *
 * Most steps only add (a table, an index, a column that has a default): programs that know nothing of it go on while it is
 * done, and after it. A step that takes away or changes what programs use says which of them do without: it is done when
 * nobody older is there, and none may come after it. It stands at the end of the list of its version of the program, which
 * must do without it for as long as it waits.
 */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'
import { initial } from './0001-initial.ts'
import { session } from './0002-session.ts'
import { nodes } from './0003-nodes.ts'
import { enrolment } from './0004-enrolment.ts'
import { pairing } from './0005-pairing.ts'
import { people } from './0006-people.ts'
import { audit } from './0007-audit.ts'
import { supplies } from './0008-supplies.ts'
import { ownership } from './0009-ownership.ts'
import { oidc } from './0010-oidc.ts'
import { views } from './0011-views.ts'
import { proof } from './0012-proof.ts'
import { pairingExpiry } from './0013-pairing-expiry.ts'
import { orderFacts } from './0014-order-facts.ts'
import { jobs } from './0015-jobs.ts'
import { appPasswords } from './0016-app-passwords.ts'
import { walkUps } from './0017-walk-ups.ts'
import { launches } from './0018-launches.ts'
import { moreOfJobs } from './0019-more-of-jobs.ts'
import { outputDevices } from './0020-output-devices.ts'
import { storedParts } from './0021-stored-parts.ts'

export interface Migration {
  take(database: Kysely<Tables>): Promise<void>
  /** Programs must know this schema version to use the record once it is done. Undefined: it only adds. */
  compatibleFrom?: number
}

/** In order; the number of a migration is its place in this list, from 1. */
export const allMigrations: readonly Migration[] = [
  { take: initial },
  { take: session },
  { take: nodes, compatibleFrom: 3 },
  { take: enrolment },
  { take: pairing },
  { take: people },
  { take: audit },
  { take: supplies },
  { take: ownership },
  { take: oidc },
  { take: views },
  { take: proof },
  { take: pairingExpiry },
  { take: orderFacts },
  { take: jobs },
  { take: appPasswords },
  { take: walkUps },
  { take: launches },
  { take: moreOfJobs },
  { take: outputDevices },
  { take: storedParts },
]

/** Since then the record says which programs may use it, and each node which version it knows. */
export const firstWithNodes = 3

/** From one version to another, within the transaction that is given. */
export async function takeSteps(
  transaction: Kysely<Tables>,
  migrations: readonly Migration[],
  from: number,
  to: number,
): Promise<void> {
  if (from === 0) {
    await sql`create table schema_version (version integer not null)`.execute(transaction)
    await sql`insert into schema_version (version) values (0)`.execute(transaction)
  }
  for (const { take } of migrations.slice(from, to)) await take(transaction)
  // Never a new row: who joins waits for this one, and must see what it says then.
  await sql`update schema_version set version = ${to}`.execute(transaction)
  if (to < firstWithNodes) return
  const compatibleFrom = Math.max(...migrations.slice(0, to).map((step) => step.compatibleFrom ?? 1))
  await sql`update schema_version set compatible_from = ${compatibleFrom}`.execute(transaction)
}
