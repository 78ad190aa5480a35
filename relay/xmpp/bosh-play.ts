/** A BOSH session played by hand, event by event, on a clock of its own. For tests only. */
import { type BoshBody, ns, readBody } from '@fairlead/protocol/xmpp'
import { agreeOn } from './bosh-creation.ts'
import { step } from './bosh-session.ts'
import { type BoshEffect, type BoshEvent, type BoshSession, createBoshSession } from './bosh-state.ts'

export type Attributes = Record<string, string | number | undefined>

/** A `<body/>` as a client would send it. */
export function bodyText(attributes: Attributes, payload = ''): string {
  const written = Object.entries({ xmlns: ns.body, 'xmlns:xmpp': ns.xbosh, ...attributes })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}='${value}'`)
  return `<body ${written.join(' ')}>${payload}</body>`
}

export function message(text: string): string {
  return `<message xmlns='jabber:client'><body>${text}</body></message>`
}

/** A body with nothing in it, as the codec would give it. */
export const plainBody: Omit<BoshBody, 'rid'> = {
  sid: 'SID',
  to: undefined,
  from: undefined,
  lang: undefined,
  ver: undefined,
  wait: undefined,
  hold: undefined,
  content: undefined,
  ack: undefined,
  pause: undefined,
  newkey: undefined,
  key: undefined,
  type: undefined,
  route: undefined,
  xmppVersion: undefined,
  restart: false,
  children: [],
}

export interface Play {
  readonly session: BoshSession
  /** All effects of the whole play, in order. */
  readonly effects: BoshEffect[]
  nowMs(): number
  /** Sends a request in a turn of its own; its exchange is `rid`, or as given. */
  request(attributes: Attributes & { rid: number }, payload?: string, exchange?: number): BoshEffect[]
  /** Any events, as one turn. */
  turn(...events: BoshEvent[]): BoshEffect[]
  push(token: number, xml?: string): BoshEffect[]
  /** Lets time go by, waking the session whenever it asked for it. */
  pass(ms: number): BoshEffect[]
  /** The answers to that exchange: one, or none yet. */
  answersTo(exchange: number): (BoshEffect & { kind: 'answer' })[]
  /** The one answer to that exchange. Throws if there is none, or more than one. */
  answerTo(exchange: number): string
  ended(): (BoshEffect & { kind: 'ended' }) | undefined
  tokens(kind: 'written' | 'acknowledged'): number[]
  /** Text of the elements that were handed to the stream. */
  received(): string[]
}

/** Log-in is over and rid 1000 answered, unless `stranger` is asked for. */
export function openPlay(creation: Attributes = {}, options: { stranger?: boolean } = {}): Play {
  const body = readCreation(creation)
  const terms = agreeOn(body, 'localhost', { waitSeconds: 30, inactivitySeconds: 60 })
  if (typeof terms === 'string') throw new Error(`refused: ${terms}`)
  let nowMs = 1_000_000
  const session = createBoshSession('SID', terms, body.rid, nowMs)
  const play = createPlay(
    session,
    () => nowMs,
    (atMs) => {
      nowMs = atMs
    },
  )
  const request = { kind: 'request', body, exchange: body.rid } as const
  if (options.stranger) play.turn(request)
  else play.turn(request, { kind: 'logged-in' }, { kind: 'send', xml: '<features/>', token: 0 })
  return play
}

function readCreation(creation: Attributes) {
  const given = { to: 'localhost', rid: 1000, wait: 30, hold: 1, ver: '1.6', ...creation }
  return readBody(Buffer.from(bodyText(given)))
}

function createPlay(session: BoshSession, now: () => number, setNow: (atMs: number) => void): Play {
  const effects: BoshEffect[] = []

  function turn(...events: BoshEvent[]): BoshEffect[] {
    const mine: BoshEffect[] = []
    for (const event of [...events, { kind: 'turn-over' } as const]) step(session, event, now(), mine)
    effects.push(...mine)
    return mine
  }
  const answersTo = (exchange: number) =>
    effects.filter((effect) => effect.kind === 'answer').filter((effect) => effect.exchange === exchange)

  return {
    session,
    effects,
    nowMs: now,
    turn,
    request(attributes, payload = '', exchange = attributes.rid) {
      const body = readBody(Buffer.from(bodyText({ sid: 'SID', ...attributes }, payload)))
      return turn({ kind: 'request', body, exchange })
    },
    push: (token, xml = message(`push ${token}`)) => turn({ kind: 'send', xml, token }),
    pass(ms) {
      const untilMs = now() + ms
      const before = effects.length
      while (!session.isOver && session.wakeMs !== undefined && session.wakeMs <= untilMs) {
        setNow(Math.max(now(), session.wakeMs))
        turn({ kind: 'time' })
      }
      setNow(untilMs)
      return effects.slice(before)
    },
    answersTo,
    answerTo(exchange) {
      const [answer, ...more] = answersTo(exchange)
      if (!answer || more.length > 0) throw new Error(`${answersTo(exchange).length} answers to ${exchange}`)
      return answer.body
    },
    ended: () => effects.find((effect) => effect.kind === 'ended'),
    tokens: (kind) => effects.flatMap((effect) => (effect.kind === kind ? [effect.token] : [])),
    received: () => effects.flatMap((effect) => (effect.kind === 'receive' ? [textIn(effect.element)] : [])),
  }
}

function textIn(element: { children: readonly unknown[] }): string {
  return element.children
    .map((child) => (typeof child === 'string' ? child : textIn(child as { children: readonly unknown[] })))
    .join('')
}
