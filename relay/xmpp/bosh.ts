/** The BOSH door: HTTP requests to sessions, and their answers back. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Exchange, HttpAnswer, Origin } from './bosh-exchange.ts'
import {
  answerOtherMethod,
  type Cors,
  collectBody,
  createCors,
  isBoshPath,
  isEncoded,
  writeAnswer,
} from './bosh-http.ts'
import { type BoshSessions, type BoshSessionsNeeds, createBoshSessions } from './bosh-sessions.ts'

export interface BoshNeeds extends BoshSessionsNeeds {
  options: BoshSessionsNeeds['options'] & {
    /** Empty: CORS is off. */
    corsOrigins: readonly string[]
  }
  originOf(request: IncomingMessage): Origin
}

export interface Bosh extends Omit<BoshSessions, 'take' | 'lost'> {
  /** True: the request was for this door, and is answered or will be. */
  handle(request: IncomingMessage, response: ServerResponse): boolean
}

export function createBosh(needs: BoshNeeds): Bosh {
  const { maxBodyBytes, corsOrigins } = needs.options
  const sessions = createBoshSessions(needs)
  const door: Door = { cors: createCors(corsOrigins), originOf: needs.originOf }
  const exchanges = new WeakMap<ServerResponse, Exchange>()

  /** One for all responses, so that a held one does not hold a function as well. */
  function closed(this: ServerResponse) {
    const exchange = exchanges.get(this)
    if (exchange) sessions.lost(exchange)
  }

  return {
    handle(request, response) {
      if (!isBoshPath(request.url ?? '')) return false
      if (request.method !== 'POST') {
        answerOtherMethod(request, response, door.cors)
        return true
      }
      collectBody(request, maxBodyBytes, (bytes) => {
        const exchange = new HttpExchange(door, response)
        exchanges.set(response, exchange)
        response.on('close', closed)
        sessions.take(exchange, isEncoded(request) ? undefined : bytes)
      })
      return true
    },
    get sessions() {
      return sessions.sessions
    },
    get open() {
      return sessions.open
    },
    get waiting() {
      return sessions.waiting
    },
    get slowed() {
      return sessions.slowed
    },
    isHibernating: sessions.isHibernating,
    drain: sessions.drain,
    abandon: sessions.abandon,
    depart: sessions.depart,
    close: sessions.close,
  }
}

/** On the socket itself: a table of all of them would be looked up twice a request. */
const way = Symbol('way')
let lastWay = 0

function wayOf(socket: Socket & { [way]?: number }): number {
  socket[way] ??= ++lastWay
  return socket[way]
}

interface Door {
  cors: Cors
  originOf(request: IncomingMessage): Origin
}

/** A class, since there is one for each held request. */
class HttpExchange implements Exchange {
  readonly #door: Door
  readonly #response: ServerResponse

  constructor(door: Door, response: ServerResponse) {
    this.#door = door
    this.#response = response
  }

  get way(): number {
    return wayOf(this.#response.req.socket)
  }

  get isGone(): boolean {
    return this.#response.destroyed
  }

  origin(): Origin {
    return this.#door.originOf(this.#response.req)
  }

  answer(answer: HttpAnswer) {
    writeAnswer(this.#response, answer, this.#door.cors)
  }

  cut() {
    this.#response.destroy()
  }
}
