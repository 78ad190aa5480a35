/** Learns how long the way to the relay lets a request be held: something in between may cut it sooner (field note 1). */
import type { BoshSession, SessionEffect } from './bosh-session.ts'
import type { Uplink, UplinkEffect } from './uplink-state.ts'

/** The relay grants no less (`--wait` 5 to 55). */
const shortestWaitSeconds = 5
/** Two cuts are alike when their ages differ by at most this, or by this share. */
const alikeMs = 2000
const alikeShare = 0.15
/** Stay this far below the age at which it was cut. */
const safety = 0.8

/** Two cuts in a row, at about the same age, in one session, are a rule of the way and no accident. */
export function learnFrom(
  uplink: Uplink,
  session: BoshSession,
  seen: Extract<SessionEffect, { kind: 'hold-cut' | 'hold-lived' }>,
  longestSeconds: number,
  effects: UplinkEffect[],
): void {
  const last = uplink.lastCut
  if (seen.kind === 'hold-lived') {
    if (last && seen.ageMs >= last.ageMs) uplink.lastCut = undefined
    return
  }
  uplink.lastCut = { ageMs: seen.ageMs, silent: seen.silent }
  const isAlike = last?.silent === seen.silent && differenceIsSmall(last.ageMs, seen.ageMs)
  if (!isAlike) return
  const present = uplink.settings.learnedWaitSeconds ?? longestSeconds
  // A silent cut shows only when the answer is overdue, so its age says nothing: halve and see.
  const bearable = seen.silent ? present / 2 : (Math.min(last.ageMs, seen.ageMs) / 1000) * safety
  const waitSeconds = Math.max(shortestWaitSeconds, Math.floor(bearable))
  if (waitSeconds >= present) return
  uplink.lastCut = undefined
  uplink.settings.learnedWaitSeconds = waitSeconds
  // The next session asks for a shorter wait; this one polls anew before the cut.
  session.renewAfterMs = waitSeconds * 1000
  effects.push({ kind: 'learned', waitSeconds, cutAfterSeconds: Math.round(seen.ageMs / 1000), silent: seen.silent })
}

function differenceIsSmall(oneMs: number, otherMs: number): boolean {
  return Math.abs(oneMs - otherMs) <= Math.max(alikeMs, alikeShare * oneMs)
}
