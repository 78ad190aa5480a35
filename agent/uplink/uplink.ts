/** Runs the uplink's machine over real HTTP and real time; it decides nothing. */
import { type Clock, inBackground, type Log, type Random, type Timer } from '@fairlead/base'
import { readXml, renderXml, type Xml } from '@fairlead/protocol/xmpp'
import type { SessionEvent } from './bosh-session.ts'
import type { HttpOutcome } from './http-client.ts'
import { type RelayDoor, readAnswer, troubleOfAnswer } from './relay-door.ts'
import { createScramTalk, type ScramTalk } from './scram-talk.ts'
import { stepUplink } from './uplink-machine.ts'
import {
  createUplinkState,
  type SessionIo,
  type Standing,
  type UplinkEffect,
  type UplinkEvent,
  type UplinkSettings,
} from './uplink-state.ts'

export interface UplinkNeeds {
  id: string
  /** Null: it has none yet. */
  secret: string | null
  /** The factory code; null: it has none. */
  code: string | null
  on: boolean
  settings: UplinkSettings
  door: RelayDoor
  clock: Clock
  random: Random
  log: Log
  /** The body of the register process (A2), as the device tells it now. */
  describe(): Promise<Record<string, unknown>>
  onPush(requestId: string, text: string): void
  onStanding(standing: Standing): void
  onLearned(waitSeconds: number): void
  /**
   * It has an owner, and that is its secret; undefined: it has been given away.
   *
   * @param credential without a claim: it has been paired, and nobody need confirm that once more
   * @throws when it cannot be kept
   */
  onCredential(credential: { secret: string; claim: string | undefined } | undefined): void
}

export interface UplinkRunner {
  start(): void
  switchMode(on: boolean): void
  /** A terminal has brought the code of a pairing. */
  hand(code: string): void
  /** It is to be paired anew. */
  forget(): void
  /** How many requests are being executed or wait to be answered. */
  work(running: number): void
  /** Resolves when what was pushed is answered, 10 s at most, and the session is ended. */
  stop(): Promise<void>
}

const registerTimeoutMs = 20_000

export function createUplink(needs: UplinkNeeds): UplinkRunner {
  const { clock, door, log } = needs
  const uplink = createUplinkState({
    relayHost: new URL(door.address).hostname,
    on: needs.on,
    settings: needs.settings,
    means: { hasSecret: needs.secret !== null, hasCode: needs.code !== null },
    fraction: () => needs.random.fraction(),
  })
  const exchanges = new Map<number, AbortController>()
  const stopped = Promise.withResolvers<void>()
  const enrolling = new AbortController()
  let timer: Timer | undefined
  let talk: ScramTalk | undefined
  let { secret } = needs

  const events: UplinkEvent[] = []

  /** One event at a time: what an effect brings about at once waits until all effects of its step are carried out. */
  function happen(event: UplinkEvent): void {
    if (events.push(event) > 1) return
    for (let next = events[0]; next; events.shift(), next = events[0]) {
      const effects: UplinkEffect[] = []
      stepUplink(uplink, next, clock.now(), effects)
      for (const effect of effects) carryOut(effect)
    }
  }

  function carryOut(effect: UplinkEffect): void {
    switch (effect.kind) {
      case 'enrol':
        inBackground(log, 'uplink.enrol-failed', () => enrol(effect.call, effect.waitSeconds, effect.code))
        break
      case 'forget-secret':
        become(null)
        inBackground(log, 'uplink.not-forgotten', async () => needs.onCredential(undefined))
        break
      case 'register':
        inBackground(log, 'uplink.register-failed', () => register(effect.call))
        break
      case 'survive':
        inBackground(log, 'uplink.survival-failed', () => survive(effect.call, effect.sid, effect.timeoutMs))
        break
      case 'session':
        inSession(effect.session, effect.effect)
        break
      case 'push':
        needs.onPush(effect.requestId, effect.text)
        break
      case 'standing':
        needs.onStanding(effect.standing)
        break
      case 'learned':
        needs.onLearned(effect.waitSeconds)
        log.warn('uplink.hold-cut', describeCut(effect), { device: needs.id, waitSeconds: effect.waitSeconds })
        break
      case 'relay-moved':
        door.moveTo(effect.uri)
        log.info('uplink.relay-moved', `The relay wants to be spoken to at ${effect.uri}: give that as --relay.`, {
          device: needs.id,
        })
        break
      case 'wake':
        timer?.cancel()
        timer = clock.at(effect.atMs, () => happen({ kind: 'time' }))
        break
      case 'stopped':
        timer?.cancel()
        for (const exchange of exchanges.values()) exchange.abort()
        enrolling.abort()
        stopped.resolve()
    }
  }

  function inSession(session: number, effect: SessionIo): void {
    const tell = (event: SessionEvent) => happen({ kind: 'session', session, event })
    switch (effect.kind) {
      case 'post':
        inBackground(log, 'uplink.post-failed', () => post(effect, tell))
        break
      case 'abort':
        exchanges.get(effect.exchange)?.abort()
        break
      case 'sasl-start':
        talk = createScramTalk(needs.id, secret ?? '', effect.mechanism)
        tell({ kind: 'sasl', says: talk.begin() })
        break
      case 'sasl-hear': {
        const answer = talk?.hear(effect.what, effect.text)
        inBackground(log, 'uplink.sasl-failed', async () => tell({ kind: 'sasl', says: (await answer) ?? 'refused' }))
      }
    }
  }

  async function post(
    { exchange, body, timeoutMs }: Extract<SessionIo, { kind: 'post' }>,
    tell: (event: SessionEvent) => void,
  ): Promise<void> {
    const controller = new AbortController()
    exchanges.set(exchange, controller)
    const sent = () => tell({ kind: 'sent', exchange })
    const outcome = await door.bosh(renderXml(body), timeoutMs, controller.signal, sent)
    exchanges.delete(exchange)
    tell({ exchange, ...readBosh(outcome) })
  }

  async function enrol(call: number, waitSeconds: number, handed: string | undefined): Promise<void> {
    const path = `/device/v1/enrol?wait=${waitSeconds}`
    const timeoutMs = waitSeconds * 1000 + registerTimeoutMs
    const told = { id: needs.id, code: handed ?? needs.code }
    const outcome = await door.call(path, told, timeoutMs, { signal: enrolling.signal })
    if ('status' in outcome && outcome.status === 202) return happen({ kind: 'unclaimed', call })
    const answer = readCall(outcome, call)
    if ('kind' in answer) return happen(answer)
    const { secret, claim } = answer.says
    if (typeof secret !== 'string' || typeof claim !== 'string')
      return happen({ kind: 'call-failed', call, trouble: { kind: 'garbled' } })
    try {
      // Kept before it is used: after that the relay tells it to nobody any more.
      needs.onCredential({ secret, claim: handed === undefined ? claim : undefined })
    } catch (error) {
      const detail = `the secret cannot be kept: ${error instanceof Error ? error.message : String(error)}`
      return happen({ kind: 'call-failed', call, trouble: { kind: 'other', detail } })
    }
    become(secret)
    happen({ kind: 'enrolled', call })
  }

  function become(next: string | null): void {
    secret = next
    door.become(next)
  }

  async function register(call: number): Promise<void> {
    const description = await needs.describe()
    // Switched OFF, or told to end, while the device thought.
    if (uplink.registering !== call) return
    const outcome = await door.call('/device/v1/register', description, registerTimeoutMs)
    const answer = readCall(outcome, call)
    if ('kind' in answer) return happen(answer)
    const { jid, survivalTimeoutSeconds } = answer.says
    if (typeof jid !== 'string' || typeof survivalTimeoutSeconds !== 'number')
      return happen({ kind: 'call-failed', call, trouble: { kind: 'garbled' } })
    happen({ kind: 'registered', call, jid, survivalTimeoutSeconds })
  }

  async function survive(call: number, sid: string, timeoutMs: number): Promise<void> {
    const untilMs = clock.now() + timeoutMs
    const enough = new AbortController()
    const ask = (isFresh: boolean) =>
      door.call('/device/v1/survival', { sid }, untilMs - clock.now(), { isFresh, signal: enough.signal })
    const first = ask(false)
    const half = Promise.withResolvers<undefined>()
    const timer = clock.at(clock.now() + timeoutMs / 2, () => half.resolve(undefined))
    let outcome = await Promise.race([first, half.promise])
    timer.cancel()
    // The kept connection may have died unseen with the one that is asked about: the second try goes over a new one.
    if (uplink.surviving === call) {
      if (!outcome) outcome = await firstAnswer(first, ask(true))
      else if ('trouble' in outcome) outcome = await ask(true)
    }
    enough.abort()
    if (!outcome) return
    if ('trouble' in outcome) return happen({ kind: 'call-failed', call, trouble: outcome.trouble })
    if (outcome.status !== 200) return happen({ kind: 'call-failed', call, trouble: troubleOfAnswer(outcome) })
    const recognized = readAnswer(outcome)?.['recognized']
    if (typeof recognized !== 'boolean') return happen({ kind: 'call-failed', call, trouble: { kind: 'garbled' } })
    happen({ kind: 'survived', call, recognized })
  }

  return {
    start: () => happen({ kind: 'start' }),
    switchMode: (on) => happen({ kind: 'switch', on }),
    hand: (code) => happen({ kind: 'handed', code }),
    forget: () => happen({ kind: 'forget' }),
    work: (running) => happen({ kind: 'work', running }),
    stop() {
      happen({ kind: 'stop' })
      return stopped.promise
    },
  }
}

/** What the relay says; or what became of the call instead. */
function readCall(outcome: HttpOutcome, call: number): { says: Record<string, unknown> } | UplinkEvent {
  if ('trouble' in outcome) return { kind: 'call-failed', call, trouble: outcome.trouble }
  const { location } = outcome.headers
  if ((outcome.status === 307 || outcome.status === 308) && location) return { kind: 'call-moved', call, uri: location }
  if (outcome.status !== 200) return { kind: 'call-failed', call, trouble: troubleOfAnswer(outcome) }
  return { says: readAnswer(outcome) ?? {} }
}

/** Whichever is answered first; without an answer to either, what went wrong with the first. */
async function firstAnswer(first: Promise<HttpOutcome>, second: Promise<HttpOutcome>): Promise<HttpOutcome> {
  const sooner = await Promise.race([first, second])
  if (!('trouble' in sooner)) return sooner
  const both = await Promise.all([first, second])
  return both.find((outcome) => !('trouble' in outcome)) ?? both[0]
}

/** Every answer of a connection manager to a client with `ver` is 200 and a body (XEP-0124 §17.1). */
function readBosh(outcome: HttpOutcome): { kind: 'answer'; body: Xml } | Failed {
  if ('trouble' in outcome) return { kind: 'failed', trouble: outcome.trouble }
  if (outcome.status !== 200) return { kind: 'failed', trouble: troubleOfAnswer(outcome) }
  try {
    return { kind: 'answer', body: readXml(outcome.body) }
  } catch {
    return { kind: 'failed', trouble: { kind: 'garbled' } }
  }
}

type Failed = Pick<Extract<SessionEvent, { kind: 'failed' }>, 'kind' | 'trouble'>

function describeCut(learned: { waitSeconds: number; cutAfterSeconds: number; silent: boolean }): string {
  const seen = learned.silent
    ? 'Answers to held requests get lost on the way to the relay, silently'
    : `Something between here and the relay cuts held requests after about ${learned.cutAfterSeconds} s`
  return `${seen} (a proxy, a firewall or a NAT). From now on they are held for ${learned.waitSeconds} s at most.`
}
