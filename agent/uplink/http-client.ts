/** HTTP to the relay over kept connections, through the proxy that the environment names; failures in plain kinds. */
import http from 'node:http'
import https from 'node:https'
import type { Clock } from '@fairlead/base'
import { type Exchange, type ExchangeRequest, openExchange } from './http-exchange.ts'
import { type Trouble, troubleOfError } from './trouble.ts'

export interface HttpAnswer {
  status: number
  headers: http.IncomingHttpHeaders
  body: Buffer
}

export type HttpOutcome = HttpAnswer | { trouble: Trouble }

export interface HttpPost {
  headers: Record<string, string>
  body: string
  /** For everything together, from the first byte to the last, in milliseconds. */
  timeoutMs: number
  /** Not over a connection that is kept: it may have died unseen, and those that wait beside it. */
  isFresh?: boolean
  /** Over this family of addresses alone. */
  family?: 4 | 6
  /** Gives up; the outcome is then `cut`. */
  signal?: AbortSignal
  /** The last byte of the request has been handed to the system. */
  onSent?: () => void
}

export type HttpGet = Omit<HttpPost, 'body' | 'onSent'>

export interface HttpClient extends Disposable {
  /** What is there is no more; as `get`. */
  remove(url: string, request: HttpGet): Promise<HttpOutcome>
  /** Closes every connection; the next call opens a new one. */
  rest(): void
  /** Never throws for what a network can do. */
  post(url: string, request: HttpPost): Promise<HttpOutcome>
  get(url: string, request: HttpGet): Promise<HttpOutcome>
  /**
   * For what may be large: `take` gets the pieces of a good answer (200, 206), one after the other, and the outcome has an
   * empty body then. `timeoutMs` is for silence, not for all of it.
   *
   * @throws what `take` throws
   */
  download(
    url: string,
    request: HttpGet,
    take: (piece: Uint8Array, status: number) => Promise<void>,
  ): Promise<HttpOutcome>
  /** With a server that is no relay: whoever asks sees the head of the answer first, and reads it piece by piece. */
  exchange(url: string, request: ExchangeRequest): Promise<Exchange | { trouble: Trouble }>
}

/** No answer of a relay is larger: a BOSH body is at most 256 KiB. */
const maxAnswerBytes = 1024 * 1024
/** The system probes a silent connection after so long, so that a vanished relay is noticed during a hold. */
const probeAfterMs = 15_000

/** @param environment `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in upper or lower case, are honoured */
export function createHttpClient(
  clock: Pick<Clock, 'at' | 'now'>,
  environment: Readonly<Record<string, string | undefined>>,
): HttpClient {
  const options = { keepAlive: true, proxyEnv: { ...environment } }
  const plain = new http.Agent(options)
  const secure = new https.Agent(options)
  const dropAllIdle = () => [plain, secure].forEach(dropIdle)

  function ask(
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    { headers, body, timeoutMs, isFresh, family, signal, onSent }: HttpGet & Partial<HttpPost>,
    read: (response: http.IncomingMessage, settle: Settle, giveUp: GiveUp, heard: () => void) => void = collect,
  ): Promise<HttpOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpOutcome>()
    const target = new URL(url)
    const isSecure = target.protocol === 'https:'
    const bytes = body === undefined ? undefined : Buffer.from(body)
    if (isFresh) dropAllIdle()
    const request = (isSecure ? https : http).request(target, {
      method,
      agent: isSecure ? secure : plain,
      ...(family !== undefined && { family }),
      headers: { ...headers, ...(bytes && { 'content-length': String(bytes.length) }) },
    })
    const over = () => {
      timer.cancel()
      signal?.removeEventListener('abort', abort)
    }
    const settle: Settle = (outcome) => {
      over()
      resolve(outcome)
    }
    const giveUp: GiveUp = (trouble) => {
      // What killed this connection has mostly killed those that wait beside it, without a word to us.
      dropAllIdle()
      end(trouble)
    }
    const end = (trouble: Trouble) => {
      settle({ trouble })
      request.destroy()
    }
    const abort = () => end({ kind: 'cut' })
    const wait = () =>
      clock.at(clock.now() + timeoutMs, () => giveUp({ kind: 'timeout', seconds: Math.round(timeoutMs / 1000) }))
    const heard = () => {
      timer.cancel()
      timer = wait()
    }
    let timer = wait()
    request.on('error', (error) => giveUp(troubleOfError(error, target.hostname)))
    request.on('socket', (socket) => socket.setKeepAlive(true, probeAfterMs))
    if (onSent) request.on('finish', onSent)
    request.on('response', (response) => {
      try {
        read(response, settle, giveUp, heard)
      } catch (error) {
        over()
        reject(error)
      }
    })
    if (signal?.aborted) abort()
    else {
      signal?.addEventListener('abort', abort, { once: true })
      request.end(bytes)
    }
    return promise
  }

  const rest = () => {
    plain.destroy()
    secure.destroy()
  }

  return {
    remove: (url, request) => ask('DELETE', url, request),
    rest,
    post: (url, request) => ask('POST', url, request),
    get: (url, request) => ask('GET', url, request),
    async download(url, request, take) {
      const taking = Promise.withResolvers<void>()
      let isTaking = false
      const outcome = await ask('GET', url, request, (response, settle, giveUp, heard) => {
        const { statusCode = 0, headers } = response
        if (statusCode !== 200 && statusCode !== 206) return collect(response, settle, giveUp)
        isTaking = true
        takeAll(response, (piece) => take(piece, statusCode), heard).then(
          () => {
            taking.resolve()
            settle({ status: statusCode, headers, body: Buffer.alloc(0) })
          },
          (error) => {
            // What was taken so far counts; an error of whoever takes it is theirs.
            if (response.readableAborted || response.errored) taking.resolve()
            else taking.reject(error)
            giveUp({ kind: 'cut' })
          },
        )
      })
      if (isTaking) await taking.promise
      return outcome
    },
    exchange: (url, request) => openExchange(url, request, url.startsWith('https:') ? secure : plain, clock),
    [Symbol.dispose]: rest,
  }
}

function dropIdle({ freeSockets }: http.Agent): void {
  for (const socket of Object.values(freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy()
}

type Settle = (outcome: HttpOutcome) => void
type GiveUp = (trouble: Trouble) => void

async function takeAll(
  response: http.IncomingMessage,
  take: (piece: Uint8Array) => Promise<void>,
  heard: () => void,
): Promise<void> {
  for await (const piece of response) {
    await take(piece)
    heard()
  }
  if (!response.complete) throw new Error('It ended before its end.')
}

function collect(response: http.IncomingMessage, settle: Settle, giveUp: GiveUp): void {
  const parts: Buffer[] = []
  let bytes = 0
  response.on('data', (part: Buffer) => {
    bytes += part.length
    parts.push(part)
    if (bytes > maxAnswerBytes) giveUp({ kind: 'garbled' })
  })
  response.on('end', () => {
    if (!response.complete) return giveUp({ kind: 'cut' })
    settle({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) })
  })
  response.on('error', () => giveUp({ kind: 'cut' }))
  response.on('close', () => {
    if (!response.complete) giveUp({ kind: 'cut' })
  })
}
