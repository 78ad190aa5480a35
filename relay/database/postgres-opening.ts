/** Why a PostgreSQL database cannot be opened, in one sentence that says what to do and holds no password. */
import { Failure } from '@fairlead/base'
import { ConnectionLost, codeOf } from './postgres-errors.ts'
import type { PostgresPlace } from './postgres-url.ts'

export function renderPostgresFailure({ config, inWords }: PostgresPlace, cause: unknown): unknown {
  if (cause instanceof Failure) return cause
  const advice = adviceFor(cause, config)
  if (advice === undefined) return cause
  const said = cause instanceof Error ? cause.message : String(cause)
  return new Failure('unavailable', `The database ${inWords} cannot be opened (${said}): ${advice}.`, {
    retryAfterSeconds: 5,
    cause,
  })
}

const makeRoom = "make room on the server's disk"

/** By SQLSTATE. */
const adviceByCode: Readonly<Record<string, string>> = {
  '28P01': 'check user and password in --database-url',
  '3D000': 'make it with createdb, or correct the name in --database-url',
  '25006': 'this server only follows another: name the one that is written to',
  '42P07': 'it has other tables of these names: make a database for this alone',
  '53100': makeRoom,
  '53200': 'the server needs more memory',
  '53300': 'raise max_connections of the server, or stop what else uses it; a node takes up to six',
  '57P03': 'try again when it has started',
  '57P01': 'try again when it has started again',
}

/** The rights that may be missing, by the server's words. */
function adviceForRight(said: string, { user, database }: PostgresPlace['config']): string {
  const who = user === undefined ? 'the user' : `"${user}"`
  if (/must be owner/.test(said))
    return `let the user who made the tables run fairlead migrate, or make ${who} their owner with ALTER TABLE … OWNER TO ${who}`
  if (/for (table|relation)/.test(said))
    return `let ${who} use the tables: as their owner run GRANT ALL ON ALL TABLES IN SCHEMA public TO ${who}`
  if (/for database/.test(said))
    return `let ${who} in: as the database's owner run GRANT CONNECT ON DATABASE "${database}" TO ${who}`
  return `let ${who} make tables: as the database's owner run GRANT CREATE ON SCHEMA public TO ${who}`
}

/** What keeps a user out before a password is asked for, by the server's words. */
function adviceForLogIn(said: string): string {
  if (/no encryption|SSL off/.test(said))
    return 'the server wants an encrypted connection: add ?sslmode=verify-full (or require) to --database-url'
  if (/role .* does not exist/.test(said)) return 'make it with createuser, or correct the user in --database-url'
  return 'let this user in from here (pg_hba.conf), or correct --database-url'
}

function adviceFor(cause: unknown, config: PostgresPlace['config']): string | undefined {
  const code = codeOf(cause)
  if (code === '42501' || code === '3F000') return adviceForRight(String(cause), config)
  if (code === '28000') return adviceForLogIn(String(cause))
  // Where the disk is full before a session has begun, the server gives no code for it.
  if (code === 'XX000' && cause instanceof Error && /could not write/.test(cause.message)) return makeRoom
  if (code !== undefined) return adviceByCode[code] ?? "see the server's log"
  return cause instanceof ConnectionLost ? adviceForNetwork(cause) : undefined
}

/** By the words or codes of Node and its driver. */
const adviceByWords: readonly (readonly [RegExp, string])[] = [
  [/ENOTFOUND|EAI_AGAIN/, 'no such host is known: correct --database-url'],
  [/ECONNREFUSED/, 'no server listens there: start it, or correct --database-url'],
  [/ENOENT/, 'there is no such socket: start the server, or correct --database-url'],
  [/timeout expired|ETIMEDOUT/, 'nothing answers there: look for a firewall, or correct --database-url'],
  [/does not support SSL/, 'take sslmode out of --database-url, or switch SSL on at the server'],
  [
    /password must be a string|no password/,
    'the server wants a password: put one into --database-url, or into PGPASSWORD',
  ],
  [/altnames|does not match/, 'name the server as its certificate does, or say sslmode=verify-ca'],
  [/certificate|CERT/i, 'name the CA with sslrootcert in --database-url'],
]

function adviceForNetwork(cause: ConnectionLost): string {
  const inner = cause.cause
  const words = `${cause.message} ${inner instanceof Error && 'code' in inner ? inner.code : ''}`
  return adviceByWords.find(([pattern]) => pattern.test(words))?.[1] ?? 'is it a PostgreSQL server that listens there?'
}
