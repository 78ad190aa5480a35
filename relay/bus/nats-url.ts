/** The bus's URL as people write it: where the servers are, and how to log in there. */
import { readFileSync } from 'node:fs'
import { UsageError } from '@fairlead/base'
import { type Authenticator, credsAuthenticator } from '@nats-io/transport-node'

export interface NatsAddress {
  /** Each `host:port`. */
  servers: string[]
  /** Only over TLS. */
  tls: boolean
  user: string | undefined
  logIn: { user?: string; pass?: string; token?: string; authenticator?: Authenticator }
}

const advice = 'The bus is nats://HOST:PORT or tls://HOST:PORT, with USER:PASSWORD@ or TOKEN@ before HOST'

/**
 * Several servers of one NATS cluster stand with commas between; the first one's user counts. `?creds=FILE` names a
 * credentials file.
 * @throws {UsageError} one sentence, without the URL: it may hold a password
 */
export function readNatsUrl(text: string): NatsAddress {
  const urls = text.split(',').map(readOne)
  const [first] = urls
  if (!first) throw new UsageError(`${advice}.`)
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port === '' ? 4222 : port}`),
    tls: urls.some(({ protocol }) => protocol === 'tls:'),
    user: first.password === '' ? undefined : decodeURIComponent(first.username),
    logIn: logInOf(first),
  }
}

function readOne(text: string): URL {
  const url = URL.parse(text.trim())
  if (!url)
    throw new UsageError(`${advice}; what is special in a password is written as in any URL, such as %40 for @.`)
  if (url.protocol !== 'nats:' && url.protocol !== 'tls:') throw new UsageError(`${advice}, not ${url.protocol}//.`)
  if (url.hostname === '') throw new UsageError(`${advice}; there is no HOST.`)
  return url
}

function logInOf({ username, password, searchParams }: URL): NatsAddress['logIn'] {
  const creds = searchParams.get('creds')
  if (creds !== null) return { authenticator: credsAuthenticator(readCreds(creds)) }
  if (username === '') return {}
  const user = decodeURIComponent(username)
  return password === '' ? { token: user } : { user, pass: decodeURIComponent(password) }
}

function readCreds(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch {
    // Why does not matter: the sentence says what to do.
    throw new UsageError(`The credentials file ${path} of the bus cannot be read: give a file that is there.`)
  }
}
