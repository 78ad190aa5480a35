/**
 * A device without a secret comes with its factory code (B1), and waits, held by the relay, until somebody has typed it. One
 * without a code waits for somebody to pair with it, and comes with what that gave it (C6).
 */
import { type Cause, reasonOf } from './comeback.ts'
import type { Trouble } from './trouble.ts'
import type { Uplink, UplinkEffect, UplinkEvent } from './uplink-state.ts'

/** The relay holds an enrolment for so long. */
const waitSeconds = 30
/** One that comes back sooner was not held, and is not asked again at once. */
const pauseMs = 5_000

export type AfterEnrolment =
  | { next: 'register' }
  | { next: 'ask-again' }
  | { next: 'pause'; ms: number }
  | { next: 'move'; uri: string }
  | { next: 'wait-for-pairing' }
  | { next: 'come-back'; why: Cause }

export function mayRegister({ means, isDoubtful }: Uplink): boolean {
  return means.hasSecret && !isDoubtful
}

/** Neither a code of its own nor one that somebody has brought. */
export function mustBePaired({ means, handed }: Uplink): boolean {
  return !means.hasCode && handed === undefined
}

/** @returns whether it is to ask next, with its code, if its owner has given it away */
export function doubtsSecret(uplink: Uplink, reason: Cause['reason']): boolean {
  uplink.isDoubtful = uplink.means.hasCode && reason === 'unauthorized'
  return uplink.isDoubtful
}

/** @returns whether it is known already that nobody has claimed it: then the relay holds it. Else how it stands is told at once */
export function beginEnrolment(uplink: Uplink, nowMs: number, effects: UplinkEffect[]): boolean {
  const isWaiting = uplink.isUnclaimed
  const call = ++uplink.lastCall
  uplink.phase = 'enrolling'
  uplink.enrolling = { call, sinceMs: nowMs, isHeld: isWaiting }
  effects.push({ kind: 'enrol', call, waitSeconds: isWaiting ? waitSeconds : 0, code: uplink.handed })
  return isWaiting
}

export function stepEnrolment(
  uplink: Uplink,
  event: UplinkEvent,
  nowMs: number,
  effects: UplinkEffect[],
): AfterEnrolment {
  const asked = uplink.enrolling
  uplink.enrolling = undefined
  switch (event.kind) {
    case 'enrolled':
      uplink.means.hasSecret = true
      settle(uplink, false)
      return { next: 'register' }
    case 'unclaimed': {
      if (uplink.means.hasSecret) effects.push({ kind: 'forget-secret' })
      uplink.means.hasSecret = false
      settle(uplink, true)
      effects.push({ kind: 'standing', standing: { state: 'connecting', reason: 'unclaimed' } })
      const cameTooSoon = asked?.isHeld === true && nowMs - asked.sinceMs < pauseMs
      return cameTooSoon ? { next: 'pause', ms: pauseMs } : { next: 'ask-again' }
    }
    case 'call-moved':
      return { next: 'move', uri: event.uri }
    case 'call-failed':
      uplink.isUnclaimed = false
      if (uplink.handed !== undefined && isNoMatch(event.trouble)) {
        uplink.handed = undefined
        return { next: 'wait-for-pairing' }
      }
      return { next: 'come-back', why: { reason: reasonOfFailure(uplink, event.trouble), trouble: event.trouble } }
    default:
      throw new Error(`An enrolment is not answered by ${event.kind}.`)
  }
}

function settle(uplink: Uplink, isUnclaimed: boolean): void {
  uplink.isDoubtful = false
  uplink.isUnclaimed = isUnclaimed
  uplink.handed = undefined
  uplink.attempt = 0
}

function isNoMatch(trouble: Trouble): boolean {
  return trouble.kind === 'status' && trouble.code === 'no-match'
}

function reasonOfFailure(uplink: Uplink, trouble: Trouble): Cause['reason'] {
  if (!isNoMatch(trouble)) return reasonOf(trouble)
  if (!uplink.means.hasSecret) return 'code-used'
  // Its owner has changed the secret, and not given it away: that may be put right at either end.
  uplink.isDoubtful = false
  return 'unauthorized'
}
