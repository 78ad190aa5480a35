/** The life of one BOSH session, with a carrier's part played by hand and its promises checked after every step. */
import type { BoshBody } from '@fairlead/protocol/xmpp'
import { emptyBody, errorBody } from '../../relay/xmpp/bosh-answers.ts'
import type { step } from '../../relay/xmpp/bosh-session.ts'
import { type BoshEffect, type BoshEvent, type BoshSession, bounds, isLive } from '../../relay/xmpp/bosh-state.ts'
import { expect } from './story.ts'

interface Exchange {
  rid: number
  state: 'open' | 'answered' | 'hung up'
}

/** Where a push is, as it was told so far. */
type Place = 'queued' | 'written' | 'acknowledged' | 'withdrawn' | 'unsent' | 'unknown'

const mostWakes = 1000

export class SessionLife {
  readonly session: BoshSession
  readonly exchanges: Exchange[] = []
  /** The place of each push, by its token; 0 is nobody's. */
  readonly tokens: Place[] = ['acknowledged']
  steps = 0
  nowMs: number
  readonly #step: typeof step
  /** As a carrier's: the earliest of what was asked for. */
  #timerAtMs: number | undefined
  readonly #bodies = new Map<number, string>()
  #ends = 0
  #lastHeard = 0
  #isWaitingTold = false
  #lastRid: number
  #answeredRid: number

  constructor(machine: typeof step, session: BoshSession, nowMs: number) {
    this.#step = machine
    this.session = session
    this.nowMs = nowMs
    this.#lastRid = session.lastRid
    this.#answeredRid = session.answeredRid
  }

  /** Any events, as one turn. */
  turn(...events: BoshEvent[]): void {
    for (const event of events) {
      if (this.session.isOver) this.#tooLate(event)
      this.#take(event)
    }
    this.#take({ kind: 'turn-over' })
    if (this.session.isOver) this.#checkEnd()
    else this.#checkTurn()
  }

  /** As a carrier has it: what is said in the turn that ends the session never left, and the door takes no request. */
  #tooLate(event: BoshEvent): void {
    if (event.kind === 'send' && event.token !== 0) this.tokens[event.token] = 'unsent'
    const exchange = event.kind === 'request' ? this.exchanges[event.exchange] : undefined
    if (exchange) exchange.state = 'hung up'
  }

  request(body: BoshBody): BoshEvent {
    this.exchanges.push({ rid: body.rid, state: 'open' })
    return { kind: 'request', body, exchange: this.exchanges.length - 1 }
  }

  push(xml: string): BoshEvent {
    this.tokens.push('queued')
    return { kind: 'send', xml, token: this.tokens.length - 1 }
  }

  hangUp(exchange: number): void {
    const open = this.exchanges[exchange]
    if (open?.state !== 'open') return
    open.state = 'hung up'
    this.turn({ kind: 'exchange-closed', exchange })
  }

  withdraw(token: number): BoshEvent {
    if (this.session.queue.some((queued) => queued.token === token)) this.tokens[token] = 'withdrawn'
    return { kind: 'withdraw', token }
  }

  /** Lets time go by; a timer rings when it was asked for, or only at the end, as on a machine that was asleep. */
  pass(ms: number, isLate = false): void {
    const untilMs = this.nowMs + ms
    if (isLate) this.nowMs = untilMs
    for (let wakes = 0; !this.session.isOver && (this.#timerAtMs ?? untilMs + 1) <= untilMs; wakes++) {
      expect(wakes < mostWakes, 'it is woken without end')
      this.nowMs = Math.max(this.nowMs, this.#timerAtMs ?? 0)
      this.#timerAtMs = undefined
      this.turn({ kind: 'time' })
      if (!this.session.isOver)
        expect((this.#timerAtMs ?? 0) > this.nowMs, 'after its time it asks to be woken in the past')
    }
    this.nowMs = untilMs
  }

  #take(event: BoshEvent): void {
    const wasOver = this.session.isOver
    const effects: BoshEffect[] = []
    this.#step(this.session, event, this.nowMs, effects)
    this.steps++
    expect(!wasOver || effects.length === 0, 'something is done after the end', () => effects)
    this.#noteBodies()
    for (const effect of effects) this.#hear(effect)
    this.#checkStep()
  }

  #hear(effect: BoshEffect): void {
    expect(this.#ends === 0, 'something is done after the end', () => effect)
    switch (effect.kind) {
      case 'answer':
        this.#hearAnswer(effect)
        break
      case 'receive':
        this.#hearElement(effect.element.attributes.get('at'))
        break
      case 'waiting':
        this.#isWaitingTold = true
        break
      case 'written':
        this.#move(effect.token, 'queued', 'written')
        break
      case 'acknowledged':
        this.#move(effect.token, 'written', 'acknowledged')
        break
      case 'wake':
        expect(Number.isFinite(effect.atMs), 'it asks to be woken at no time')
        this.#timerAtMs = Math.min(this.#timerAtMs ?? Number.POSITIVE_INFINITY, effect.atMs)
        break
      case 'ended':
        this.#ends++
        for (const token of effect.unsent) this.#move(token, 'queued', 'unsent')
        for (const token of effect.unknown) this.#move(token, 'written', 'unknown')
    }
  }

  #hearAnswer({ exchange, status, body }: BoshEffect & { kind: 'answer' }): void {
    const open = this.exchanges[exchange]
    expect(open !== undefined, 'an exchange is answered that there is not')
    expect(open.state === 'open', `an exchange is answered that was ${open.state}`)
    open.state = 'answered'
    const isTerminal = body.includes(" type='terminate'")
    const { terms } = this.session
    expect(
      status === 200 || (terms.legacy && isTerminal && [400, 403, 404].includes(status)),
      'a status that is none of ours',
    )
    expect(terms.acks || !/^[^>]* (?:ack|report)=/.test(body), 'an acknowledgement for who asked for none')
    if (isTerminal || body === errorBody || (terms.legacy && body === emptyBody)) return
    const kept = this.#bodies.get(open.rid)
    // With the last words of a session that was asked to end, others are answered empty (B-151).
    expect(kept === body || (this.session.isOver && body === emptyBody), 'one rid has two different answers', () => ({
      kept,
      body,
    }))
  }

  #hearElement(place: string | undefined): void {
    if (place === undefined) return
    const at = Number(place)
    expect(at > this.#lastHeard, 'stanzas are heard out of order or twice', () => [this.#lastHeard, at])
    this.#lastHeard = at
  }

  #move(token: number, from: Place, to: Place): void {
    const place = this.tokens[token]
    expect(place === from, `a push is told as ${to} that was ${place}`)
    this.tokens[token] = to
  }

  #noteBodies(): void {
    for (const { rid, body } of this.session.kept) {
      const before = this.#bodies.get(rid)
      expect(before === undefined || before === body, 'a kept answer has changed')
      this.#bodies.set(rid, body)
    }
  }

  #checkStep(): void {
    const { session } = this
    expect(session.isOver === (this.#ends === 1), 'over, but not told so once')
    if (session.isOver) return
    const { held, kept, queue, early, terms, lastRid } = session
    expect(lastRid >= this.#lastRid, 'the last rid went back')
    expect(session.answeredRid >= this.#answeredRid && session.answeredRid <= lastRid, 'answers went back')
    this.#lastRid = lastRid
    this.#answeredRid = session.answeredRid
    expect(isRising(held) && isRising(kept), 'held or kept are out of order')
    expect((kept.at(-1)?.rid ?? 0) < (held[0]?.rid ?? Number.POSITIVE_INFINITY), 'held and answered at once')
    expect(kept.length <= (terms.acks ? bounds.unackedResponses : bounds.keptResponses), 'too many answers are kept')
    expect(sum(kept, ({ body }) => body.length) === session.keptLength, 'the length of what is kept is wrong')
    expect(session.keptLength <= bounds.unackedLength || !terms.acks, 'too much is kept')
    expect(sum(queue, ({ xml }) => xml.length) === session.queueLength, 'the length of the queue is wrong')
    expect(queue.length <= bounds.queuedStanzas && session.queueLength <= bounds.queuedLength, 'the queue is too long')
    expect(!session.logIn || session.queueLength <= bounds.strangersQueuedLength, "a stranger's queue is too long")
    expect(early.size < terms.requests + (session.wish === 'terminate' ? 1 : 0), 'too many early requests')
    for (const rid of early.keys())
      expect(rid > lastRid && rid <= lastRid + terms.requests, 'an early request is out of the window')
    for (const each of [...held, ...kept, ...early.values()])
      expect(each.duplicates <= bounds.duplicates, 'too many duplicates were taken')
  }

  #checkTurn(): void {
    const { session, nowMs } = this
    const { held, terms } = session
    const live = held.filter(isLive)
    expect(held.length <= terms.hold, 'more is held than was agreed', () => held.length)
    expect(
      live.length === 0 || (session.queue.length === 0 && !session.report),
      'something waits although a request is held',
    )
    expect(!this.#isWaitingTold || live.length > 0 || terms.hold === 0, 'it says that it waits, and holds nothing')
    this.#isWaitingTold = false
    for (const { exchange } of live)
      expect(this.exchanges[exchange ?? -1]?.state === 'open', 'a closed exchange is held')
    const dues = live.map(({ dueMs }) => dueMs)
    if (session.logIn) dues.push(session.logIn.dueMs)
    if (live.length === 0) dues.push(Math.max(session.idleSinceMs + session.inactivityMs, session.keepUntilMs))
    expect((this.#timerAtMs ?? Number.POSITIVE_INFINITY) <= Math.min(...dues), 'it is woken too late or never', () => ({
      dues,
      timer: this.#timerAtMs,
      nowMs,
    }))
    this.#checkPlaces()
    this.#checkOpen(live.length)
  }

  /** Each push is in exactly one place. */
  #checkPlaces(): void {
    const { queue, kept } = this.session
    const queued = queue.filter(({ token }) => token !== 0)
    for (const { token } of queued) expect(this.tokens[token] === 'queued', 'a push is queued that was told of')
    const left = kept.flatMap(({ tokens }) => tokens)
    for (const token of left) expect(this.tokens[token] === 'written', 'a push is kept that never left')
    const open = sum(this.tokens, (place) => (place === 'queued' || place === 'written' ? 1 : 0))
    expect(queued.length + left.length === open, 'a push is in no place or in two', () => this.tokens)
  }

  /** Whoever is not answered is held, or waits for one before it. */
  #checkOpen(live: number): void {
    const open = sum(this.exchanges, ({ state }) => (state === 'open' ? 1 : 0))
    const early = sum([...this.session.early.values()], ({ exchange }) => (exchange === undefined ? 0 : 1))
    expect(open === live + early, 'an exchange is forgotten', () => this.exchanges)
  }

  #checkEnd(): void {
    expect(
      this.exchanges.every(({ state }) => state !== 'open'),
      'over, with an exchange that has no answer',
    )
    expect(
      !this.tokens.includes('queued') && !this.tokens.includes('written'),
      'over, with a push that was not told of',
    )
  }
}

function isRising(items: readonly { rid: number }[]): boolean {
  return items.every(({ rid }, at) => at === 0 || rid > (items[at - 1]?.rid ?? 0))
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  let total = 0
  for (const item of items) total += of(item)
  return total
}
