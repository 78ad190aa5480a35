/** `--database-url` read: where the PostgreSQL server is, and how to speak of it without the password. */
import { readFileSync } from 'node:fs'
import { firstLineOf, UsageError } from '@fairlead/base'
import type { ClientConfig } from 'pg'

export interface PostgresPlace {
  readonly config: Pick<
    ClientConfig,
    'host' | 'port' | 'user' | 'password' | 'database' | 'ssl' | 'enableChannelBinding'
  >
  /** `relay at db.example:5432`: safe to show. */
  readonly inWords: string
}

const form = 'postgres://USER:PASSWORD@HOST:5432/DATABASE'
const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const

/**
 * What is not given is taken from the environment as PostgreSQL's own programs do (`PGUSER`, `PGPASSWORD`).
 *
 * @throws {UsageError} one sentence, which repeats nothing that may be part of a password
 */
export function readPostgresUrl(text: string): PostgresPlace {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^postgres(ql)?:$/.test(url.protocol))
    throw new UsageError(
      `--database-url must look like ${form}; signs like @ : / ? # in a password as %40 %3A %2F %3F %23.`,
    )
  // A sign in a password that is not written as %XX cuts the URL in the wrong place.
  if (url.hash !== '' || /@/.test(url.pathname + url.search))
    throw new UsageError('--database-url has a sign like @ / ? # in its password: write it as %40 %2F %3F %23.')
  const parameters = url.searchParams
  refuseUnknown(parameters)
  const host = parameters.get('host') ?? url.hostname.replace(/^\[(.+)\]$/, '$1')
  const database = decoded(url.pathname.slice(1))
  if (host === '' || database === '') throw new UsageError(`--database-url must name a host and a database: ${form}.`)
  const port = Number(url.port || 5432)
  return {
    config: {
      host: decoded(host),
      port,
      database,
      ...(url.username !== '' && { user: decoded(url.username) }),
      ...(url.password !== '' && { password: decoded(url.password) }),
      ssl: readSsl(parameters),
      enableChannelBinding: parameters.get('channel_binding') === 'require',
    },
    inWords: `${database} at ${host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`}`,
  }
}

const known = new Set(['host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'channel_binding'])

function refuseUnknown(parameters: URLSearchParams): void {
  for (const name of parameters.keys())
    if (!known.has(name))
      throw new UsageError(
        `--database-url has ${/^[a-z_]{1,40}$/.test(name) ? `the parameter ${name}` : 'a parameter'} that is not known here: only ${[...known].join(', ')} are.`,
      )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new UsageError(
      '--database-url has a % that is not followed by two hexadecimal digits: write % itself as %25.',
    )
  }
}

/** As libpq has it. Source: https://www.postgresql.org/docs/15/libpq-ssl.html, table 34.1. */
function readSsl(parameters: URLSearchParams): NonNullable<ClientConfig['ssl']> {
  const mode = parameters.get('sslmode') ?? (parameters.has('sslrootcert') ? 'verify-full' : 'disable')
  if (!sslModes.some((known) => known === mode))
    throw new UsageError(`--database-url has an sslmode that is none of ${sslModes.join(', ')}.`)
  if (mode === 'disable') return false
  const [ca, cert, key] = ['sslrootcert', 'sslcert', 'sslkey'].map((name) => readPem(name, parameters.get(name)))
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    rejectUnauthorized: mode !== 'require' || ca !== undefined,
    // The certificate's name is checked in `verify-full` alone.
    ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
  }
}

function readPem(name: string, path: string | null): string | undefined {
  if (path === null) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${name} of --database-url cannot be read: ${firstLineOf(error)}.`)
  }
}
