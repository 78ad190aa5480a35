/** Plays an uplink's machine by hand: time passes when told, and a small relay's answers are said line by line. For tests only. */
import { ns, type Xml, xml } from '@fairlead/protocol/xmpp'
import type { SessionEffect } from './bosh-session.ts'
import { stepUplink } from './uplink-machine.ts'
import {
  createUplinkState,
  type Means,
  type Standing,
  type Uplink,
  type UplinkEffect,
  type UplinkEvent,
  type UplinkSettings,
} from './uplink-state.ts'

export type Posted = Extract<SessionEffect, { kind: 'post' }>

export interface Play {
  readonly uplink: Uplink
  /** Everything that came out, oldest first. */
  readonly effects: UplinkEffect[]
  now(): number
  happen(event: UplinkEvent): void
  /** Lets time pass, waking the machine when it asked to be woken. */
  pass(ms: number): void
  /** How often each kind of effect came out. */
  count(kind: UplinkEffect['kind']): number
  standing(): Standing | undefined
  /** Requests that were sent and neither answered nor given up, oldest first. */
  open(): Posted[]
  /** Answers the oldest open request, or that one. */
  answer(payload?: readonly Xml[], attributes?: Record<string, string>, which?: Posted): void
  /** The oldest open request, or that one, gets no answer. */
  fail(trouble?: { kind: 'cut' } | { kind: 'timeout'; seconds: number }, which?: Posted): void
  sent(which?: Posted): void
  /** From the power switch to the held connection, which the relay has shown to stand. */
  goOnline(): void
}

export const jid = 'lobby@relay.test'

const settings: UplinkSettings = {
  survivalMode: 'survival',
  survivalTimeoutSeconds: null,
  survivalAnswerTimeoutSeconds: 10,
  learnedWaitSeconds: null,
}

export function openPlay(more: Partial<UplinkSettings> = {}, on = true, means?: Means): Play {
  let nowMs = 1_000_000
  const uplink = createUplinkState({
    relayHost: 'relay.test',
    on,
    settings: { ...settings, ...more },
    ...(means && { means }),
    fraction: () => 0.5,
  })
  const effects: UplinkEffect[] = []
  const settled = new Set<number>()

  const happen = (event: UplinkEvent) => stepUplink(uplink, event, nowMs, effects)
  const inSession = (event: Extract<UplinkEvent, { kind: 'session' }>['event']) =>
    happen({ kind: 'session', session: uplink.sessionNumber, event })
  const io = () => effects.flatMap((effect) => (effect.kind === 'session' ? [effect.effect] : []))

  function open(): Posted[] {
    const given = new Set(io().flatMap((effect) => (effect.kind === 'abort' ? [effect.exchange] : [])))
    return io().filter(
      (effect) => effect.kind === 'post' && !given.has(effect.exchange) && !settled.has(effect.exchange),
    ) as Posted[]
  }

  function pick(which: Posted | undefined): Posted {
    const chosen = which ?? open()[0]
    if (!chosen) throw new Error('no request is open')
    return chosen
  }

  const play: Play = {
    uplink,
    effects,
    now: () => nowMs,
    happen,
    pass(ms) {
      const untilMs = nowMs + ms
      let wakes = 0
      for (let due = uplink.wakeAtMs; due !== undefined && due <= untilMs; due = uplink.wakeAtMs) {
        if (++wakes > 10_000) throw new Error('the machine wakes itself without end')
        nowMs = Math.max(nowMs, due)
        happen({ kind: 'time' })
      }
      nowMs = untilMs
    },
    count: (kind) => effects.filter((effect) => effect.kind === kind).length,
    standing: () => effects.filter((effect) => effect.kind === 'standing').at(-1)?.standing,
    open,
    answer(payload = [], attributes = {}, which) {
      const { exchange } = pick(which)
      settled.add(exchange)
      inSession({ kind: 'answer', exchange, body: xml('body', ns.body, attributes, ...payload) })
    },
    fail(trouble = { kind: 'cut' }, which) {
      const { exchange } = pick(which)
      settled.add(exchange)
      inSession({ kind: 'failed', exchange, trouble })
    },
    sent: (which) => inSession({ kind: 'sent', exchange: pick(which).exchange }),
    goOnline() {
      happen({ kind: 'start' })
      logIn(play)
    },
  }
  return play
}

/** From a register process that is under way to the held connection, which the relay has shown to stand. */
export function logIn(play: Play): void {
  bind(play)
  prove(play)
}

/** The relay holds the second request, and so it answers the first. */
export function prove(play: Play): void {
  const [first] = play.open()
  play.sent(first)
  play.answer([xml('iq', ns.client, { type: 'result', id: 'proof', from: 'relay.test' })], {}, first)
  play.sent()
}

/** From a register process that is under way to the first poll, which has not left yet. */
export function bind(play: Play, grants: Record<string, string> = {}): void {
  bindAlmost(play, grants)
  play.answer([xml('iq', ns.client, { type: 'result', id: 'bind' })])
}

/** The relay has been asked to bind the session and has not answered. */
export function bindAlmost(play: Play, grants: Record<string, string> = {}): void {
  const call = play.uplink.registering
  if (call !== undefined) play.happen({ kind: 'registered', call, jid, survivalTimeoutSeconds: 60 })
  const say = (says: { text: string } | 'verified') =>
    play.happen({ kind: 'session', session: play.uplink.sessionNumber, event: { kind: 'sasl', says } })
  const mechanism = xml('mechanism', ns.sasl, {}, 'SCRAM-SHA-256')
  const features = xml('features', ns.stream, {}, xml('mechanisms', ns.sasl, {}, mechanism))
  const sid = `sid-${play.uplink.sessionNumber}`
  play.answer([features], { sid, wait: '30', requests: '2', inactivity: '60', polling: '2', ...grants })
  say({ text: 'first' })
  play.answer([xml('challenge', ns.sasl, {}, 'Yw==')])
  say({ text: 'final' })
  play.answer([xml('success', ns.sasl, {}, 'cw==')])
  say('verified')
  play.answer([xml('features', ns.stream, {}, xml('bind', ns.bind))])
}

export function pushed(requestId: string): Xml {
  const request = xml('request', ns.request, {}, '{"get":["model"]}')
  return xml('iq', ns.client, { type: 'get', id: requestId, from: 'relay.test' }, request)
}
