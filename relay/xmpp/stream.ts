/** Runs one stream: hands the machine what the carrier brings, and does what the machine asks for. */
import { type Clock, inBackground, type Log, type Random } from '@fairlead/base'
import { isDeviceId, renderXml } from '@fairlead/protocol/xmpp'
import type { Carrier, Credentials, Line, Lines, LogIn, Stream } from './carrier.ts'
import { step } from './stream-machine.ts'
import { createStreamState, type StreamEffect, type StreamEvent } from './stream-state.ts'

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
}

/** What a carrier may want to know at once. */
export interface StreamWatch {
  bound?(): void
}

/** Opens a stream over `carrier`. It lives until `ended`. */
export function openStream(needs: StreamNeeds, carrier: Carrier, watch: StreamWatch = {}): OpenedStream {
  const state = createStreamState({
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
  })
  let line: Line | undefined
  let endedHere = false
  /** What the log-in rests on, as it was before it was looked at. */
  let basis: object | undefined
  const events: StreamEvent[] = []
  let running = false

  /** One event after another: what an effect brings about comes after all effects of the event before. */
  function take(event: StreamEvent): void {
    events.push(event)
    if (running) return
    running = true
    try {
      for (let next = events.shift(); next; next = events.shift()) {
        const effects: StreamEffect[] = []
        step(state, next, effects)
        effects.forEach(perform)
      }
    } catch (error) {
      // A bug of ours or of a room above costs this one stream, and the device is told so (B-165).
      needs.log.error('xmpp.stream', 'A stream was given up.', error)
      events.length = 0
      step(state, { kind: 'ended' }, [])
      endedHere = true
      carrier.end('internal-server-error')
    } finally {
      running = false
    }
  }

  function perform(effect: StreamEffect): void {
    switch (effect.kind) {
      case 'opened':
        carrier.opened({ from: needs.domain, id: effect.id, lang: 'en' })
        break
      case 'send':
        carrier.send(renderXml(effect.element), 0)
        break
      case 'find-credentials':
        inBackground(needs.log, 'xmpp.credentials', () => findCredentials(effect.device))
        break
      case 'check-secret':
        inBackground(needs.log, 'xmpp.secret', () => checkSecret(effect.device, effect.secret))
        break
      case 'wrong-secret':
        tellFailure(needs.logInFailed?.(carrier.address) ?? 0)
        break
      case 'secret-used':
        needs.logIn.loggedIn(effect.device)
        break
      case 'may-bind':
        take({ kind: 'bind', refusal: whyNotBind(effect.device) })
        break
      case 'bound':
        bind(effect)
        break
      case 'answered':
        if (line) needs.lines.answered(line, effect.stanza)
        break
      case 'leaving':
        if (line) needs.lines.leaving(line, effect.status)
        break
      case 'end':
        endedHere = true
        carrier.end(effect.condition, effect.text)
        break
    }
  }

  function tellFailure(waitMs: number): void {
    const { clock } = needs
    if (waitMs > 0) clock.at(clock.now() + waitMs, () => take({ kind: 'tell-failure' }))
    else take({ kind: 'tell-failure' })
  }

  /** Sessions end when a secret is changed or a device removed, but those between log-in and bind are not known yet. */
  function whyNotBind(device: string): 'not-authorized' | 'conflict' | undefined {
    if (basis === undefined || basis !== needs.logIn.basisOf(device)) return 'not-authorized'
    return needs.lines.mayBind(device, carrier.address) ? undefined : 'conflict'
  }

  async function findCredentials(device: string): Promise<void> {
    basis = needs.logIn.basisOf(device)
    let credentials: readonly Credentials[] | undefined
    try {
      credentials = isDeviceId(device) ? await needs.logIn.findCredentials(device) : []
    } finally {
      take({ kind: 'credentials', credentials })
    }
  }

  async function checkSecret(device: string, secret: string): Promise<void> {
    basis = needs.logIn.basisOf(device)
    let good: boolean | undefined
    try {
      good = isDeviceId(device) && (await needs.logIn.checkSecret(device, secret))
    } finally {
      take({ kind: 'secret', good })
    }
  }

  function bind({ account, resource }: Extract<StreamEffect, { kind: 'bound' }>): void {
    if (account.kind === 'device') {
      line = lineOf(carrier, account.id, resource)
      needs.lines.bound(line)
    }
    watch.bound?.()
  }

  return {
    get device() {
      if (!state.account) return undefined
      return state.account.kind === 'device' ? state.account.id : ''
    },
    get isBound() {
      return state.phase === 'bound'
    },
    open: ({ to, from, version }) => take({ kind: 'open', header: { to, from, version } }),
    receive: (element) => take({ kind: 'receive', element }),
    alive: () => line && needs.lines.alive(line),
    waiting: () => line && needs.lines.connected(line),
    written: (token) => line && needs.lines.written(line, token),
    acknowledged: (token) => line && needs.lines.acknowledged(line, token),
    ended(end, unsent, unknown) {
      take({ kind: 'ended' })
      const over = line
      line = undefined
      // The rooms above know why they called `Line.end`; that the device broke a rule they do not.
      const reason = end === 'ended-by-us' && endedHere ? 'terminated' : end
      if (over) needs.lines.ended(over, reason, unsent, unknown)
    },
  }
}

function lineOf(carrier: Carrier, device: string, resource: string): Line {
  return {
    // Both change when a WebSocket stream is resumed on another socket.
    get id() {
      return carrier.id
    },
    get address() {
      return carrier.address
    },
    transport: carrier.transport,
    device,
    resource,
    send: (xml, token) => carrier.send(xml, token),
    withdraw: (token) => carrier.withdraw(token),
    end: (condition, text) => carrier.end(condition, text),
    keepUntil: (atMs) => carrier.keepUntil(atMs),
  }
}
