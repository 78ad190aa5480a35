/** One BOSH session at work: hands the machine its events, does what it says, and is its stream's carrier. */
import type { Clock, Log, Timer } from '@fairlead/base'
import type { BoshBody, BoshCondition } from '@fairlead/protocol/xmpp'
import type { ClientCertificate, Exchange, HttpAnswer, Origin } from './bosh-exchange.ts'
import { AnswerOrder } from './bosh-order.ts'
import { keptStateOf, ridsBetweenSaves } from './bosh-restored.ts'
import { step } from './bosh-session.ts'
import type { BoshEffect, BoshEvent, BoshSession, ExchangeId } from './bosh-state.ts'
import type { Bound, Carrier, LineEnd, Stream, StreamCondition } from './carrier.ts'
import { type KeptBosh, keyOf } from './kept-session.ts'
import type { Keepable } from './session-keeper.ts'

/** What a session needs of the door it came in by. */
export interface BoshCarrierNeeds {
  clock: Clock
  log: Log
  openStream: OpenStream
  answer(exchange: Exchange, answer: HttpAnswer): void
  loggedIn(carrier: BoshCarrier): void
  /** It is bound, or has come far since that was told. */
  changed(carrier: BoshCarrier): void
  ended(carrier: BoshCarrier, end: LineEnd, condition: BoshCondition | undefined): void
  outOfWindow(carrier: BoshCarrier, distance: number): void
}

/**
 * Opens the stream behind a carrier; `watch.bound` is called when its log-in is done.
 *
 * @param restored it was bound before a crash of the relay, and goes on
 */
export type OpenStream = (carrier: Carrier, watch: { bound(): void }, restored?: Bound) => KeptStream

/** `bound`: what it takes to go on with it after a crash; never there for a stream that is not kept. */
export type KeptStream = Stream & { readonly bound?: Bound | undefined }

const turnOver = { kind: 'turn-over' } as const

/**
 * A class, since there is one for each device: its methods exist once, not once a session.
 *
 * What the stream says while the machine's effects are being done waits for its turn, so that the machine is never
 * entered twice; when nothing is left, the turn is over and answers are chosen.
 */
export class BoshCarrier implements Carrier, Keepable {
  readonly transport = 'bosh'
  /** What the stranger has cost so far, in bytes, until it is logged in (S-D3). */
  charge = 0
  isLoggedIn = false
  readonly #needs: BoshCarrierNeeds
  readonly #session: BoshSession
  readonly #origin: Origin
  readonly #stream: KeptStream
  #exchanges = 0
  #open: readonly { id: ExchangeId; exchange: Exchange }[] = []
  readonly #events: BoshEvent[] = []
  #isBusy = false
  #isAbandoned = false
  #toSaveAtRid = 0
  /** Over which the last response went. */
  #answeredWay = 0
  #order: AnswerOrder | undefined
  #timer: Timer | undefined
  #timerAtMs = 0

  /** @param restored its log-in is from before a crash of the relay */
  constructor(needs: BoshCarrierNeeds, session: BoshSession, origin: Origin, restored?: Bound) {
    this.#needs = needs
    this.#session = session
    this.#origin = origin
    this.isLoggedIn = restored !== undefined
    this.#stream = needs.openStream(this, { bound: () => this.#bound() }, restored)
  }

  get id(): string {
    return this.#session.sid
  }

  get address(): string {
    return this.#origin.address
  }

  get secure(): boolean {
    return this.#origin.secure || this.#origin.loopback
  }

  /** Made over TLS, so used over TLS only (B-200). */
  get isOverTls(): boolean {
    return this.#origin.secure
  }

  /** Made with this certificate, so used with it only (B-201). */
  get certificate(): ClientCertificate | undefined {
    return this.#origin.certificate
  }

  get hasBegunLogIn(): boolean {
    return this.#session.logIn?.hasStarted ?? true
  }

  get certifiedDevice(): string | undefined {
    return this.certificate?.device
  }

  get contentType(): string {
    return this.#session.terms.contentType
  }

  get isLegacy(): boolean {
    return this.#session.terms.legacy
  }

  /** A request of this session; it is answered once, now or later. */
  take(body: BoshBody, exchange: Exchange) {
    const id = ++this.#exchanges
    this.#open = [...this.#open, { id, exchange }]
    // On this machine nothing is under way for as long as it takes to cross.
    const isInTurn = this.#origin.loopback || exchange.way === this.#answeredWay
    this.#feed({ kind: 'request', body, exchange: id, isInTurn })
  }

  /** Its connection is gone; one that was answered does not matter any more. */
  lost(exchange: Exchange) {
    const open = this.#open.find((one) => one.exchange === exchange)
    if (!open) return
    this.#open = this.#open.filter((one) => one !== open)
    this.#feed({ kind: 'exchange-closed', exchange: open.id })
  }

  opened(header: { from: string; id: string; lang: string }) {
    this.#feed({ kind: 'opened', id: header.id })
  }

  send(xml: string, token: number) {
    this.#feed({ kind: 'send', xml, token })
  }

  withdraw(token: number) {
    this.#feed({ kind: 'withdraw', token })
  }

  end(condition: StreamCondition, text?: string) {
    this.#feed({ kind: 'end', condition, text })
  }

  keepUntil(atMs: number) {
    this.#feed({ kind: 'keep', untilMs: atMs })
  }

  toKeep(): KeptBosh | undefined {
    const { bound } = this.#stream
    if (!bound || this.#session.isOver || this.#isAbandoned) return undefined
    const { address, loopback, secure, certificate } = this.#origin
    const origin = { address, loopback, secure, certificate }
    return { ...bound, key: keyOf(this.id), origin, state: keptStateOf(this.#session) }
  }

  /** It goes on at another node: here nothing is left of it, and its client, with that answer, asks again. */
  abandon(answer: HttpAnswer) {
    this.#isAbandoned = true
    this.#timer?.cancel()
    const open = this.#open
    this.#open = []
    for (const { exchange } of open) this.#needs.answer(exchange, answer)
    this.#stream.ended('connection-closed', [], [])
  }

  /** Whose, for what is kept of it. */
  get bound(): Bound | undefined {
    return this.#stream.bound
  }

  #bound() {
    this.isLoggedIn = true
    this.#needs.loggedIn(this)
    this.#feed({ kind: 'logged-in' })
  }

  #feed(event: BoshEvent) {
    if (this.#isBusy) return void this.#events.push(event)
    this.#isBusy = true
    for (let first: BoshEvent | undefined = event; first; first = this.#events.shift()) {
      for (let next: BoshEvent | undefined = first; next; next = this.#events.shift()) this.#step(next)
      this.#step(turnOver)
    }
    // An array that was long once keeps its room.
    this.#events.length = 0
    this.#isBusy = false
    if (this.isLoggedIn) this.#noteProgress()
  }

  #noteProgress() {
    const { lastRid, isOver } = this.#session
    if (isOver || lastRid < this.#toSaveAtRid) return
    this.#toSaveAtRid = lastRid + ridsBetweenSaves
    this.#needs.changed(this)
  }

  /** A bug in one effect must not cost the others: every request is answered, every push told of (B-165). */
  #step(event: BoshEvent) {
    const effects: BoshEffect[] = []
    let isBroken = false
    try {
      step(this.#session, event, this.#needs.clock.now(), effects)
    } catch (error) {
      isBroken = this.#isBug(error, event.kind)
    }
    for (const effect of effects) {
      if (isBroken && (effect.kind === 'open' || effect.kind === 'receive')) continue
      try {
        this.#perform(effect)
      } catch (error) {
        isBroken = this.#isBug(error, effect.kind)
      }
    }
    // Once: a session that cannot even be ended would be tried for ever.
    if (isBroken && event.kind !== 'broken') this.#events.push({ kind: 'broken' })
  }

  #isBug(error: unknown, during: string): true {
    this.#needs.log.error('bosh.broken', 'A BOSH session failed.', error, { during })
    return true
  }

  #perform(effect: BoshEffect) {
    switch (effect.kind) {
      case 'answer':
        return this.#answer(effect)
      case 'open':
        return this.#stream.open(effect.header)
      case 'receive':
        return this.#stream.receive(effect.element)
      case 'alive':
        return this.#stream.alive()
      case 'waiting':
        return this.#stream.waiting()
      case 'written':
        return this.#stream.written(effect.token)
      case 'acknowledged':
        return this.#stream.acknowledged(effect.token)
      case 'wake':
        return this.#wakeAt(effect.atMs)
      case 'out-of-window':
        return this.#needs.outOfWindow(this, effect.distance)
      case 'ended':
        return this.#end(effect)
    }
  }

  #answer({ exchange, status, body, notFound }: BoshEffect & { kind: 'answer' }) {
    const open = this.#open.find(({ id }) => id === exchange)
    if (!open) return
    this.#open = this.#open.filter((one) => one !== open)
    this.#answeredWay = open.exchange.way
    // Who has logged in has guessed no sid (S-A2): it learns at once that its session is over.
    const isGuess = notFound && !this.isLoggedIn
    const ready = { status, contentType: this.contentType, body, notFound: isGuess }
    const give = () => this.#needs.answer(open.exchange, ready)
    if (open.exchange.passedBy) this.#order ??= new AnswerOrder()
    if (!this.#order) return give()
    const waiting = this.#order.next(open.exchange, this.#needs.clock.now(), give)
    waiting?.catch((error) => this.#isBug(error, 'answer'))
  }

  /** A timer that goes off early only asks again, and costs less than one that is set anew at each request. */
  #wakeAt(atMs: number) {
    if (this.#timer && this.#timerAtMs <= atMs) return
    this.#timer?.cancel()
    this.#timerAtMs = atMs
    this.#timer = this.#needs.clock.at(atMs, () => {
      this.#timer = undefined
      this.#feed({ kind: 'time' })
    })
  }

  #end({ end, condition, unsent, unknown }: BoshEffect & { kind: 'ended' }) {
    this.#timer?.cancel()
    // Said in this same turn, and too late for the machine: it never left either.
    const withdrawn = new Set(this.#events.flatMap((event) => (event.kind === 'withdraw' ? [event.token] : [])))
    const late = this.#events
      .flatMap((event) => (event.kind === 'send' && event.token !== 0 ? [event.token] : []))
      .filter((token) => !withdrawn.has(token))
    this.#events.length = 0
    this.#needs.ended(this, end, condition)
    this.#stream.ended(end, [...unsent, ...late], unknown)
  }
}
