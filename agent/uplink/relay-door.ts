/** The relay's plain HTTP calls for devices (contract part 4), made with a device's ID and secret. */
import type { HttpAnswer, HttpClient, HttpGet, HttpOutcome, HttpPost } from './http-client.ts'
import type { Trouble } from './trouble.ts'

export interface RelayDoor {
  /** The relay's address now; it changes when the relay sends us to its https address. */
  readonly address: string
  moveTo(address: string): void
  /** From now on it speaks with this secret; null: without one. */
  become(secret: string | null): void
  /** `path` below the address, such as `/device/v1/register`. */
  call(
    path: string,
    body: unknown,
    timeoutMs: number,
    more?: Pick<HttpPost, 'isFresh' | 'signal' | 'family'> & {
      /** It says that the device sleeps. */
      throughShut?: boolean
    },
  ): Promise<HttpOutcome>
  /** What is there, as JSON. */
  look(path: string, timeoutMs: number, signal?: AbortSignal): Promise<HttpOutcome>
  remove(path: string, timeoutMs: number): Promise<HttpOutcome>
  /** Asleep nothing leaves the device, whoever would call, but the word that it sleeps (H1). */
  shut(isShut: boolean): void
  /** From a byte on; as `HttpClient.download`. */
  download(
    path: string,
    from: number,
    more: Pick<HttpGet, 'timeoutMs' | 'signal'>,
    take: (piece: Uint8Array, status: number) => Promise<void>,
  ): Promise<HttpOutcome>
  bosh(body: string, timeoutMs: number, signal: AbortSignal, onSent: () => void): Promise<HttpOutcome>
}

export function createRelayDoor(
  http: HttpClient,
  account: { relay: string; id: string; secret: string | null },
): RelayDoor {
  let address = account.relay
  let authorization = authorizationOf(account.id, account.secret)
  let isShut = false
  const ifOpen = (call: () => Promise<HttpOutcome>) =>
    isShut ? Promise.resolve<HttpOutcome>({ trouble: { kind: 'cut' } }) : call()
  return {
    get address() {
      return address
    },
    moveTo(moved) {
      address = moved
    },
    become(secret) {
      authorization = authorizationOf(account.id, secret)
    },
    call(path, body, timeoutMs, { throughShut = false, ...more } = {}) {
      const headers = { ...authorization, 'content-type': 'application/json' }
      const call = () => http.post(address + path, { headers, body: JSON.stringify(body), timeoutMs, ...more })
      return throughShut ? call() : ifOpen(call)
    },
    look: (path, timeoutMs, signal) =>
      ifOpen(() => http.get(address + path, { headers: authorization, timeoutMs, ...(signal && { signal }) })),
    remove: (path, timeoutMs) => ifOpen(() => http.remove(address + path, { headers: authorization, timeoutMs })),
    shut(next) {
      isShut = next
    },
    download(path, from, more, take) {
      const headers = { ...authorization, ...(from > 0 && { range: `bytes=${from}-` }) }
      return ifOpen(() => http.download(address + path, { ...more, headers }, take))
    },
    bosh: (body, timeoutMs, signal, onSent) =>
      ifOpen(() =>
        http.post(`${address}/http-bind`, {
          headers: { 'content-type': 'text/xml; charset=utf-8' },
          body,
          timeoutMs,
          signal,
          onSent,
        }),
      ),
  }
}

function authorizationOf(id: string, secret: string | null): Record<string, string> {
  return secret === null ? {} : { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }
}

/** What an answer that is not the one hoped for means. */
export function troubleOfAnswer(answer: HttpAnswer): Trouble {
  if (answer.status === 407)
    return {
      kind: 'proxy',
      detail: 'it wants a user and a password (407), as in HTTP_PROXY=http://USER:PASSWORD@HOST:PORT',
    }
  const { 'retry-after': told = '' } = answer.headers
  const retryAfterSeconds = /^\d{1,4}$/.test(told) ? Number(told) : undefined
  return { kind: 'status', status: answer.status, code: problemCode(answer.body), retryAfterSeconds }
}

/** The JSON of a good answer; undefined when it is none: some portal answered in the relay's place. */
export function readAnswer(answer: HttpAnswer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(answer.body.toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** `code` of problem+json (RFC 9457), if it is that. */
function problemCode(body: Buffer): string | undefined {
  try {
    const code: unknown = JSON.parse(body.toString()).code
    return typeof code === 'string' ? code : undefined
  } catch {
    return undefined
  }
}
