/** A bad wire that knows HTTP: it repeats, reorders, loses and holds back whole requests and answers, like middleboxes do. */
import {
  type Agent,
  createServer,
  type IncomingMessage,
  Agent as NewAgent,
  request,
  type ServerResponse,
} from 'node:http'
import { connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { listenOnFreePort } from './listen.ts'
import { reset } from './reset.ts'

export interface HttpWireFaults {
  /** Part of requests that reach the relay twice, 0 to 1; the client gets the answer to the second. */
  duplicateFraction: number
  /** Part of requests that are held back so that the next one overtakes them, 0 to 1. */
  reorderFraction: number
  /** The longest that a request is held back for another to overtake it, in milliseconds. */
  reorderWithinMs: number
  /** Part of requests that never reach the relay: the client's connection is reset. */
  loseRequestFraction: number
  /** Part of requests that the relay answers without the client learning of it: its connection is reset. */
  loseAnswerFraction: number
  /** Loss strikes only requests whose path starts so; '': any. */
  losePath: string
  /** Answers are collected whole before the client gets any of them: held streams come to nothing. */
  bufferAnswers: boolean
  /** A request without any answer for so long gets 504, as from nginx; in milliseconds, 0: never. */
  gatewayTimeoutMs: number
  /** Each request waits for a random time from 0 up to this. */
  delayMs: number
  /** Requests whose path starts so are taken and never answered, nor do they reach the relay; '': none. */
  silentPath: string
}

/** A request that came, in whatever way it went on. */
export interface Visit {
  path: string
  body: string
  /** `performance.now()` when it was complete. */
  atMs: number
  /** Its answer went all the way back. */
  answered: boolean
}

export interface HttpWire extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly counts: { requests: number; duplicated: number; reordered: number; lost: number; timedOut: number }
  /** All that came, in order. */
  readonly visits: readonly Visit[]
  set(faults: Partial<HttpWireFaults>): void
}

interface Asked {
  incoming: IncomingMessage
  body: Buffer
}

/** Longer than a relay needs to take a request in: the second must not overtake the first. */
const giveUpAfterMs = 50

const goodWire: HttpWireFaults = {
  duplicateFraction: 0,
  reorderFraction: 0,
  reorderWithinMs: 200,
  loseRequestFraction: 0,
  loseAnswerFraction: 0,
  losePath: '',
  bufferAnswers: false,
  gatewayTimeoutMs: 0,
  delayMs: 0,
  silentPath: '',
}

/** @param target the relay's URL, plain HTTP; WebSockets are passed on as they are @param seed the same seed harms the same requests */
export async function openHttpWire(target: string, faults: Partial<HttpWireFaults> = {}, seed = 1): Promise<HttpWire> {
  const state: HttpWireFaults = { ...goodWire, ...faults }
  const random = createSeededRandom(seed)
  const counts = { requests: 0, duplicated: 0, reordered: 0, lost: 0, timedOut: 0 }
  const visits: Visit[] = []
  const agent: Agent = new NewAgent({ keepAlive: true })
  const tunnels = new Set<Socket>()
  /** Lets the request that is held back go on; the next request calls it once it has been sent itself. */
  let overtaken: (() => void) | undefined

  const happens = (fraction: number) => random.fraction() < fraction

  async function waitItsTurn(): Promise<void> {
    if (state.delayMs > 0) await pause(random.fraction() * state.delayMs)
    if (overtaken !== undefined || !happens(state.reorderFraction)) return
    counts.reordered++
    const { promise, resolve } = Promise.withResolvers<void>()
    overtaken = resolve
    const timer = setTimeout(resolve, state.reorderWithinMs)
    await promise
    clearTimeout(timer)
    overtaken = undefined
  }

  /** Sends the request on; the answer's body has still to be read. */
  function send({ incoming, body }: Asked, signal: AbortSignal): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const outgoing = request(new URL(incoming.url ?? '/', target), {
      agent,
      signal,
      method: incoming.method ?? 'GET',
      headers: { ...incoming.headers, host: incoming.headers.host ?? new URL(target).host },
    })
    outgoing.on('response', resolve).on('error', reject).end(body)
    // It is on its way: whoever was held back for it may follow.
    outgoing.on('finish', () => setImmediate(() => overtaken?.()))
    return promise
  }

  /** As a middlebox that thinks the first try lost: it gives it up, answered or not, and sends the same again. */
  async function sendOnceOrTwice(asked: Asked, signal: AbortSignal): Promise<IncomingMessage> {
    if (!happens(state.duplicateFraction)) return send(asked, signal)
    counts.duplicated++
    const givenUp = new AbortController()
    const first = send(asked, AbortSignal.any([signal, givenUp.signal])).then(
      (answer) => answer.toArray(),
      () => {},
    )
    await Promise.race([first, pause(giveUpAfterMs)])
    givenUp.abort()
    return send(asked, signal)
  }

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    counts.requests++
    const body = Buffer.concat(await incoming.toArray())
    const path = incoming.url ?? '/'
    const visit: Visit = { path, body: body.toString(), atMs: performance.now(), answered: false }
    visits.push(visit)
    if (state.silentPath !== '' && path.startsWith(state.silentPath)) return
    await waitItsTurn()
    const mayLose = path.startsWith(state.losePath)
    if (mayLose && happens(state.loseRequestFraction)) return lose(response)

    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const timer =
      state.gatewayTimeoutMs > 0 ? setTimeout(() => timeOut(response, gone), state.gatewayTimeoutMs) : undefined
    try {
      const answer = await sendOnceOrTwice({ incoming, body }, gone.signal)
      clearTimeout(timer)
      if (mayLose && happens(state.loseAnswerFraction)) {
        await answer.toArray()
        return lose(response)
      }
      await answerWith(answer, response)
      visit.answered = true
    } finally {
      clearTimeout(timer)
    }
  }

  async function answerWith(answer: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!state.bufferAnswers) {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders).flushHeaders()
      return pipeline(answer, response)
    }
    const whole = Buffer.concat(await answer.toArray())
    const { 'transfer-encoding': _, ...headers } = answer.headers
    response.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': whole.length }).end(whole)
  }

  function lose(response: ServerResponse): void {
    counts.lost++
    if (response.socket) reset(response.socket)
  }

  function timeOut(response: ServerResponse, gone: AbortController): void {
    counts.timedOut++
    response.writeHead(504, { 'content-type': 'text/html' }).end('<h1>504 Gateway Time-out</h1>')
    gone.abort()
  }

  const server = createServer({ requestTimeout: 0, headersTimeout: 0 }, (incoming, response) => {
    // The relay or the client has gone away in the middle: to the other side it is a broken connection.
    pass(incoming, response).catch(() => response.destroy())
  })
  server.on('upgrade', (incoming, client: Socket, head) => {
    const { hostname, port } = new URL(target)
    const relay = connect(Number(port), hostname)
    relay.write(`${renderHead(incoming)}\r\n\r\n`)
    relay.write(head)
    relay.pipe(client).pipe(relay)
    for (const socket of [client, relay]) {
      tunnels.add(socket)
      socket
        .on('error', () => {})
        .on('close', () => {
          tunnels.delete(socket)
          for (const side of [client, relay]) side.destroy()
        })
    }
  })

  const listening = await listenOnFreePort(server)
  return {
    port: listening.port,
    url: listening.url,
    counts,
    visits,
    set: (changed) => void Object.assign(state, changed),
    async [Symbol.asyncDispose]() {
      for (const socket of tunnels) socket.destroy()
      agent.destroy()
      await listening[Symbol.asyncDispose]()
    },
  }
}

/** The request's first line and headers, as they came. */
function renderHead({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const headers = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []))
  return [`${method} ${url} HTTP/${httpVersion}`, ...headers].join('\r\n')
}
