/** One exchange with any HTTP server: a file may be sent, and the answer is read in pieces by whoever asked, or dropped. */
import { createReadStream } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { Clock } from '@fairlead/base'
import { type Trouble, troubleOfError } from './trouble.ts'

export interface ExchangeRequest {
  method: 'GET' | 'POST'
  headers: Readonly<Record<string, string>>
  /** Whose content is sent; `headers` say how long it is. */
  file?: string | undefined
  /** So long nothing may move, in either direction. */
  silenceMs: number
  signal: AbortSignal
}

export interface Exchange {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  /** @returns undefined: all of it has come @throws what `take` throws */
  read(take: (piece: Uint8Array) => void | Promise<void>): Promise<Trouble | undefined>
  /** Nobody reads the rest. */
  drop(): void
}

/** Never throws for what a network can do. */
export function openExchange(
  url: string,
  { method, headers, file, silenceMs, signal }: ExchangeRequest,
  agent: http.Agent,
  clock: Pick<Clock, 'at' | 'now'>,
): Promise<Exchange | { trouble: Trouble }> {
  const { promise, resolve } = Promise.withResolvers<Exchange | { trouble: Trouble }>()
  const target = new URL(url)
  let trouble: Trouble | undefined
  const request = (target.protocol === 'https:' ? https : http).request(target, { method, agent, headers })
  const giveUp = (why: Trouble) => {
    trouble ??= why
    request.destroy()
    over()
    resolve({ trouble })
  }
  const wait = () =>
    clock.at(clock.now() + silenceMs, () => giveUp({ kind: 'timeout', seconds: Math.round(silenceMs / 1000) }))
  let timer = wait()
  const heard = () => {
    timer.cancel()
    timer = wait()
  }
  const abort = () => giveUp({ kind: 'cut' })
  const over = () => {
    timer.cancel()
    signal.removeEventListener('abort', abort)
  }
  signal.addEventListener('abort', abort, { once: true })
  request.on('error', (error) => giveUp(troubleOfError(error, target.hostname)))
  request.on('response', (response) => {
    heard()
    response.on('error', () => {})
    resolve({
      status: response.statusCode ?? 0,
      headers: response.headers,
      async read(take) {
        try {
          return await readAll(response, take, heard, () => trouble)
        } finally {
          over()
          // A connection on which all is said may be used again.
          if (!response.complete || !request.writableFinished) request.destroy()
        }
      },
      drop() {
        over()
        request.destroy()
      },
    })
  })
  if (signal.aborted) abort()
  else if (file === undefined) request.end()
  else send(file, request, heard, giveUp)
  return promise
}

function send(file: string, request: http.ClientRequest, heard: () => void, giveUp: (why: Trouble) => void): void {
  const source = createReadStream(file)
  // It is read as fast as it is taken: what is read shows that something moves.
  source.on('data', heard)
  source.on('error', (error) => giveUp({ kind: 'other', detail: error.message }))
  request.on('close', () => source.destroy())
  source.pipe(request)
}

async function readAll(
  response: http.IncomingMessage,
  take: (piece: Uint8Array) => void | Promise<void>,
  heard: () => void,
  trouble: () => Trouble | undefined,
): Promise<Trouble | undefined> {
  let isTaking = false
  try {
    for await (const piece of response) {
      heard()
      isTaking = true
      await take(piece)
      isTaking = false
    }
  } catch (error) {
    // An error of whoever takes it is theirs.
    if (isTaking) throw error
    return trouble() ?? { kind: 'cut' }
  }
  return response.complete ? undefined : { kind: 'cut' }
}
