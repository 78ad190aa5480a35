/**
 * How a device without an owner shows a PIN (C1), as a pure machine.
 *
 *     announce a PIN → shown, and asked about in held calls → … → too old, or tried too often: another PIN
 *                                                    press asked for → pressed → the link reaches the device's page
 */
import type { AnnouncementState } from '@fairlead/protocol/contract'
import type { Trouble } from '../uplink/trouble.ts'

export type PairingEvent =
  | { kind: 'start' }
  | { kind: 'stop' }
  /** Somebody has pressed here what the relay asked for. */
  | { kind: 'press' }
  | { kind: 'announced'; call: number; token: string }
  /** Another device in this network shows that PIN. */
  | { kind: 'pin-taken'; call: number }
  | { kind: 'told'; call: number; news: AnnouncementState }
  /** The relay does not know that PIN any more. */
  | { kind: 'forgotten'; call: number }
  | { kind: 'failed'; call: number; trouble: Trouble }
  | { kind: 'time' }

export type PairingEffect =
  | { kind: 'announce'; call: number; pin: string }
  | { kind: 'ask'; call: number; token: string; known: string | undefined; pressed: boolean; waitSeconds: number }
  /** What is asked is of no interest any more. */
  | { kind: 'give-up' }
  | { kind: 'wake'; atMs: number }

export interface PinShowing {
  readonly newPin: () => string
  readonly pauseMs: (attempt: number) => number
  isOn: boolean
  /** Undefined: none is known to the relay. */
  pin: string | undefined
  /** The one that is being announced. */
  announcing: string | undefined
  token: string | undefined
  news: AnnouncementState | undefined
  /** Of the last try, also of the PIN before: whoever looks a moment later is to see it. */
  refused: AnnouncementState['refused']
  trouble: Trouble | undefined
  isPressed: boolean
  call: number
  attempt: number
  wakeAtMs: number | undefined
}

export function createPinShowing(newPin: () => string, pauseMs: (attempt: number) => number): PinShowing {
  return {
    ...{ newPin, pauseMs, isOn: false, pin: undefined, announcing: undefined, token: undefined, news: undefined },
    ...{ refused: null, trouble: undefined, isPressed: false, call: 0, attempt: 0, wakeAtMs: undefined },
  }
}

const waitSeconds = 30

export function stepPin(showing: PinShowing, event: PairingEvent, nowMs: number, effects: PairingEffect[]): void {
  if (event.kind === 'start') start(showing, effects)
  else if (event.kind === 'stop') stop(showing, effects)
  else if (!showing.isOn) return
  else if (event.kind === 'press') press(showing, effects)
  else if (event.kind === 'time') passTime(showing, nowMs, effects)
  // An answer to what was given up.
  else if (event.call === showing.call) answered(showing, event, nowMs, effects)
}

function start(showing: PinShowing, effects: PairingEffect[]): void {
  if (showing.isOn) return
  showing.isOn = true
  showing.refused = null
  announce(showing, effects)
}

function stop(showing: PinShowing, effects: PairingEffect[]): void {
  if (!showing.isOn) return
  showing.isOn = false
  showing.wakeAtMs = undefined
  forget(showing)
  effects.push({ kind: 'give-up' })
}

function forget(showing: PinShowing): void {
  showing.call++
  showing.pin = undefined
  showing.token = undefined
  showing.news = undefined
  showing.isPressed = false
}

function announce(showing: PinShowing, effects: PairingEffect[]): void {
  forget(showing)
  showing.announcing = showing.newPin()
  effects.push({ kind: 'announce', call: showing.call, pin: showing.announcing })
}

function ask(showing: PinShowing, effects: PairingEffect[]): void {
  const { token, news, isPressed: pressed } = showing
  if (token === undefined) return
  const known = pressed ? undefined : news?.version
  effects.push({
    kind: 'ask',
    call: ++showing.call,
    token,
    known,
    pressed,
    waitSeconds: known === undefined ? 0 : waitSeconds,
  })
}

function press(showing: PinShowing, effects: PairingEffect[]): void {
  if (showing.news?.state !== 'press-needed') return
  showing.isPressed = true
  showing.wakeAtMs = undefined
  effects.push({ kind: 'give-up' })
  ask(showing, effects)
}

function passTime(showing: PinShowing, nowMs: number, effects: PairingEffect[]): void {
  if (showing.wakeAtMs === undefined || nowMs < showing.wakeAtMs) return
  showing.wakeAtMs = undefined
  if (showing.token === undefined) announce(showing, effects)
  else ask(showing, effects)
}

function answered(
  showing: PinShowing,
  event: Extract<PairingEvent, { call: number }>,
  nowMs: number,
  effects: PairingEffect[],
): void {
  if (event.kind === 'failed') {
    showing.trouble = event.trouble
    showing.wakeAtMs = nowMs + showing.pauseMs(showing.attempt++)
    effects.push({ kind: 'wake', atMs: showing.wakeAtMs })
    return
  }
  showing.trouble = undefined
  showing.attempt = 0
  switch (event.kind) {
    case 'announced':
      showing.pin = showing.announcing
      showing.token = event.token
      ask(showing, effects)
      break
    case 'pin-taken':
    case 'forgotten':
      announce(showing, effects)
      break
    case 'told':
      showing.news = event.news
      showing.refused = event.news.refused ?? showing.refused
      showing.isPressed = false
      if (event.news.state === 'expired') announce(showing, effects)
      else ask(showing, effects)
  }
}
