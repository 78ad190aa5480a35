/** Runs one stream: hands the machine what the carrier brings, and does what the machine asks for. */
import { type Clock, inBackground, type Log, type Random } from '@fairlead/base'
import { isDeviceId, renderXml, type Xml } from '@fairlead/protocol/xmpp'
import type {
  Bound,
  Carrier,
  Claim,
  Credentials,
  Line,
  LineEnd,
  Lines,
  LogIn,
  Stream,
  StreamCondition,
} from './carrier.ts'
import { restoreBound, step } from './stream-machine.ts'
import type { StreamSettings } from './stream-settings.ts'
import {
  type BindRefusal,
  createStreamState,
  type StreamEffect,
  type StreamEvent,
  type StreamState,
} from './stream-state.ts'

export interface StreamNeeds {
  /** Lower case, as in every JID of this relay. */
  domain: string
  /** Told to clients that ask for it. */
  version: string
  /** SASL ANONYMOUS is offered: for test hosts only. */
  anonymous: boolean
  /** PLAIN is offered on a connection that is not secure, too (`--insecure-transport`). */
  insecureTransport: boolean
  /** Makes the salts of accounts that do not exist; 32 random bytes that survive a restart, or the salts would tell. */
  fakeKey: Uint8Array
  /** PBKDF2 iterations of the devices' keys: made-up ones must look the same. */
  iterations: number
  clock: Clock
  random: Random
  log: Log
  logIn: LogIn
  lines: Lines
  /** A wrong secret came from this address. @returns how long the answer should wait, in milliseconds (S-D7) */
  logInFailed?(address: string): number
}

/** A stream as its carrier sees it: how far it has come. */
export interface OpenedStream extends Stream {
  /** Who logged in: undefined before; '' for an anonymous session, which is no device. */
  readonly device: string | undefined
  readonly isBound: boolean
  /** What it takes to go on with it after a crash; undefined before bind, and for an anonymous session. */
  readonly bound: Bound | undefined
}

/** What a carrier may want to know at once. */
export interface StreamWatch {
  bound?(): void
}

/**
 * Opens a stream over `carrier`. It lives until `ended`.
 *
 * @param restored it was bound before a crash of the relay, and goes on
 */
export function openStream(
  needs: StreamNeeds,
  carrier: Carrier,
  watch: StreamWatch = {},
  restored?: Bound,
): OpenedStream {
  return new XmppStream(needs, carrier, watch, restored)
}

/** A class, since there is one for each device: its methods exist once, not once a stream. */
class XmppStream implements OpenedStream {
  readonly #needs: StreamNeeds
  readonly #carrier: Carrier
  readonly #watch: StreamWatch
  readonly #state: StreamState
  #line: Line | undefined
  #bound: Bound | undefined
  #endedHere = false
  /** What the log-in rests on, as it was before it was looked at. */
  #basis: object | undefined
  #epoch = 0
  /** What came while an event was being taken. */
  readonly #events: StreamEvent[] = []
  #isRunning = false

  constructor(needs: StreamNeeds, carrier: Carrier, watch: StreamWatch, restored: Bound | undefined) {
    this.#needs = needs
    this.#carrier = carrier
    this.#watch = watch
    this.#state = createStreamState(settingsOf(needs, carrier))
    if (!restored) return
    restoreBound(this.#state, restored.device, restored.resource)
    const { device, resource, epoch, basis } = restored
    this.#openLine({ device, resource, epoch, basis })
  }

  get device(): string | undefined {
    const { account } = this.#state
    if (!account) return undefined
    return account.kind === 'device' ? account.id : ''
  }

  get isBound(): boolean {
    return this.#state.phase === 'bound'
  }

  get bound(): Bound | undefined {
    return this.#bound
  }

  open({ to, from, version }: Parameters<Stream['open']>[0]): void {
    this.#take({ kind: 'open', header: { to, from, version } })
  }

  receive(element: Xml): void {
    this.#take({ kind: 'receive', element })
  }

  alive(): void {
    if (this.#line) this.#needs.lines.alive(this.#line)
  }

  waiting(): void {
    if (this.#line) this.#needs.lines.connected(this.#line)
  }

  written(token: number): void {
    if (this.#line) this.#needs.lines.written(this.#line, token)
  }

  acknowledged(token: number): void {
    if (this.#line) this.#needs.lines.acknowledged(this.#line, token)
  }

  ended(end: LineEnd, unsent: readonly number[], unknown: readonly number[]): void {
    this.#take({ kind: 'ended' })
    const over = this.#line
    this.#line = undefined
    // The rooms above know why they called `Line.end`; that the device broke a rule they do not.
    const reason = end === 'ended-by-us' && this.#endedHere ? 'terminated' : end
    if (over) this.#needs.lines.ended(over, reason, unsent, unknown)
  }

  /** One event after another: what an effect brings about comes after all effects of the event before. */
  #take(event: StreamEvent): void {
    if (this.#isRunning) return void this.#events.push(event)
    this.#isRunning = true
    try {
      for (let next: StreamEvent | undefined = event; next; next = this.#events.shift()) {
        const effects: StreamEffect[] = []
        step(this.#state, next, effects)
        for (const effect of effects) this.#perform(effect)
      }
    } catch (error) {
      // A bug of ours or of a room above costs this one stream, and the device is told so (B-165).
      this.#needs.log.error('xmpp.stream', 'A stream was given up.', error)
      step(this.#state, { kind: 'ended' }, [])
      this.#endedHere = true
      this.#carrier.end('internal-server-error')
    } finally {
      this.#events.length = 0
      this.#isRunning = false
    }
  }

  #perform(effect: StreamEffect) {
    const { log, lines, logIn, domain } = this.#needs
    switch (effect.kind) {
      case 'opened':
        return this.#carrier.opened({ from: domain, id: effect.id, lang: 'en' })
      case 'send':
        return this.#carrier.send(renderXml(effect.element), 0)
      case 'find-credentials':
        return inBackground(log, 'xmpp.credentials', () => this.#findCredentials(effect.device))
      case 'check-secret':
        return inBackground(log, 'xmpp.secret', () => this.#checkSecret(effect.device, effect.secret))
      case 'wrong-secret':
        return this.#tellFailure()
      case 'secret-used':
        return logIn.loggedIn(effect.device)
      case 'may-bind':
        return this.#askToBind(effect.device)
      case 'bound':
        return this.#bind(effect)
      case 'answered':
        return this.#line && lines.answered(this.#line, effect.stanza)
      case 'leaving':
        return this.#line && lines.leaving(this.#line, effect.status)
      case 'end':
        this.#endedHere = true
        return this.#carrier.end(effect.condition, effect.text)
    }
  }

  #tellFailure(): void {
    const { clock, logInFailed } = this.#needs
    const waitMs = logInFailed?.(this.#carrier.address) ?? 0
    if (waitMs > 0) clock.at(clock.now() + waitMs, () => this.#take({ kind: 'tell-failure' }))
    else this.#take({ kind: 'tell-failure' })
  }

  /** Sessions end when a secret is changed or a device removed, but those between log-in and bind are not known yet. */
  #askToBind(device: string): void {
    if (!this.#isLogInGood(device)) return void this.#take({ kind: 'bind', refusal: 'not-authorized' })
    const claim = this.#needs.lines.claim(device, this.#carrier.address)
    if (claim instanceof Promise) inBackground(this.#needs.log, 'xmpp.claim', () => this.#awaitClaim(device, claim))
    else this.#decide(device, claim)
  }

  #isLogInGood(device: string): boolean {
    return this.#basis !== undefined && this.#basis === this.#needs.logIn.basisOf(device)
  }

  async #awaitClaim(device: string, claim: Promise<Claim>): Promise<void> {
    let given: Claim | undefined
    try {
      given = await claim
    } finally {
      this.#decide(device, given)
    }
  }

  #decide(device: string, claim: Claim | undefined): void {
    this.#take({ kind: 'bind', refusal: this.#refusalOf(device, claim) })
  }

  #refusalOf(device: string, claim: Claim | undefined): BindRefusal | undefined {
    if (claim === undefined) return 'internal-server-error'
    if (claim === 'conflict') return claim
    this.#epoch = claim.epoch
    return this.#isLogInGood(device) ? undefined : 'not-authorized'
  }

  async #findCredentials(device: string): Promise<void> {
    const { logIn } = this.#needs
    this.#basis = logIn.basisOf(device)
    let credentials: readonly Credentials[] | undefined
    try {
      credentials = isDeviceId(device) ? await logIn.findCredentials(device) : []
    } finally {
      this.#take({ kind: 'credentials', credentials })
    }
  }

  async #checkSecret(device: string, secret: string): Promise<void> {
    const { logIn } = this.#needs
    this.#basis = logIn.basisOf(device)
    let good: boolean | undefined
    try {
      good = isDeviceId(device) && (await logIn.checkSecret(device, secret))
    } finally {
      this.#take({ kind: 'secret', good })
    }
  }

  #bind({ account, resource }: Extract<StreamEffect, { kind: 'bound' }>): void {
    if (account.kind === 'device')
      this.#openLine({
        device: account.id,
        resource,
        epoch: this.#epoch,
        basis: this.#needs.logIn.versionOf(account.id) ?? 0,
      })
    this.#watch.bound?.()
  }

  #openLine(bound: Bound): void {
    this.#line = new CarrierLine(this.#carrier, bound.device, bound.resource)
    this.#bound = bound
    this.#needs.lines.bound(this.#line, bound.epoch)
  }
}

function settingsOf(needs: StreamNeeds, carrier: Carrier): StreamSettings {
  return {
    domain: needs.domain,
    version: needs.version,
    transport: carrier.transport,
    streamId: carrier.id,
    plain: carrier.secure || needs.insecureTransport,
    anonymous: needs.anonymous,
    certifiedDevice: carrier.certifiedDevice,
    fakeKey: needs.fakeKey,
    iterations: needs.iterations,
    random: needs.random,
  }
}

class CarrierLine implements Line {
  readonly device: string
  readonly resource: string
  readonly #carrier: Carrier

  constructor(carrier: Carrier, device: string, resource: string) {
    this.#carrier = carrier
    this.device = device
    this.resource = resource
  }

  get transport() {
    return this.#carrier.transport
  }

  /** This and the address change when a WebSocket stream is resumed on another socket. */
  get id(): string {
    return this.#carrier.id
  }

  get address(): string {
    return this.#carrier.address
  }

  send(xml: string, token: number): void {
    this.#carrier.send(xml, token)
  }

  withdraw(token: number): void {
    this.#carrier.withdraw(token)
  }

  end(condition: StreamCondition, text?: string): void {
    this.#carrier.end(condition, text)
  }

  keepUntil(atMs: number): void {
    this.#carrier.keepUntil(atMs)
  }
}
