/** A WebSocket machine with a clock, and the events that tests feed it. For tests only. */
import { createSeededRandom } from '@fairlead/base'
import { ns, type Xml, xml } from '@fairlead/protocol/xmpp'
import { step } from './websocket-machine.ts'
import {
  createWebSocketState,
  type WebSocketEffect,
  type WebSocketEvent,
  type WebSocketSettings,
} from './websocket-state.ts'

export const settings: WebSocketSettings = {
  domain: 'relay.example',
  pingMs: 25_000,
  pongMs: 10_000,
  resumeMs: 60_000,
  logInMs: 30_000,
  closeMs: 5000,
  random: createSeededRandom(1),
}

export const header = { from: 'relay.example', id: 'stream-1', lang: 'en' }
export const push = (token: number): WebSocketEvent => ({
  kind: 'send',
  xml: `<iq xmlns='jabber:client' type='get' id='p${token}'/>`,
  token,
  isGone: false,
})
export const stanza = (element: Xml): WebSocketEvent => ({ kind: 'frame', frame: { kind: 'stanza', element } })
export const answer = stanza(xml('iq', ns.client, { type: 'result', id: 'x' }))
export const sm = (name: string, attributes: Record<string, string> = {}) => stanza(xml(name, ns.sm, attributes))
export const farewell: WebSocketEvent = { kind: 'frame', frame: { kind: 'close', seeOther: undefined } }
export const opening: WebSocketEvent = {
  kind: 'frame',
  frame: { kind: 'open', to: 'relay.example', from: undefined, id: undefined, lang: undefined, version: '1.0' },
}

/** A machine and a clock; `wake` and `keep` are honoured as the runner would, on a disk that writes at once. */
export function machine() {
  const state = createWebSocketState(settings, 0)
  const all: WebSocketEffect[] = []
  let nowMs = 0
  let wakeMs = Number.POSITIVE_INFINITY
  function take(event: WebSocketEvent): WebSocketEffect[] {
    const effects: WebSocketEffect[] = []
    step(state, event, nowMs, effects)
    for (const effect of effects)
      if (effect.kind === 'wake') wakeMs = effect.atMs
      else if (effect.kind === 'keep') step(state, { kind: 'kept', handled: state.management?.handled }, nowMs, effects)
    all.push(...effects)
    return effects.filter((effect) => effect.kind !== 'wake')
  }
  function pass(ms: number): WebSocketEffect[] {
    const effects: WebSocketEffect[] = []
    const untilMs = nowMs + ms
    while (wakeMs <= untilMs) {
      nowMs = Math.max(nowMs, wakeMs)
      wakeMs = Number.POSITIVE_INFINITY
      effects.push(...take({ kind: 'time' }))
    }
    nowMs = untilMs
    return effects
  }
  take({ kind: 'time' })
  return { state, all, take, pass, now: () => nowMs }
}

export function bound() {
  const run = machine()
  run.take(opening)
  run.take({ kind: 'header', header })
  run.take({ kind: 'bound', resumable: true })
  return run
}

export function managed(enable: Record<string, string> = { resume: 'true' }) {
  const run = bound()
  run.take(sm('enable', enable))
  return run
}

export const kindsOf = (effects: readonly WebSocketEffect[]) => effects.map((effect) => effect.kind)
export const writtenBy = (effects: readonly WebSocketEffect[]) =>
  effects.flatMap((effect) => (effect.kind === 'write' ? [effect.text] : []))
export const endOf = (effects: readonly WebSocketEffect[]) => effects.find((effect) => effect.kind === 'ended')
