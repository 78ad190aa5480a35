/**
 * The life of one PIN (C), as a pure machine.
 *
 *     waiting ── typed, same network ───────────→ sending ── the device spends the code ──→ spent ── its secret is used ──→ connected
 *        └────── typed, weak evidence → press-needed ── pressed ──↑
 *     any of the first three: too old, or typed wrong too often → expired
 */
import type { Doubt, PairingCheck, PairingState } from '@fairlead/protocol/contract'
import type { Locality } from './locality.ts'

/** `spent`: the device has been told its secret, and has not used it yet. */
export type Phase = PairingState | 'spent'

export interface PairingLife {
  phase: Phase
  expiresAtMs: number
  /** Failed ones of terminals, with this PIN or beside it. */
  tries: number
  /** Why a press was asked for. */
  doubts: Doubt[]
  /** Why the last try did not match. */
  refused: { check: PairingCheck; atMs: number } | undefined
  /** Whose it becomes, and who typed it. */
  owner: { account: string; asker: string } | undefined
}

export type PairingEvent =
  | {
      kind: 'typed'
      isPin: boolean
      locality: Locality
      /** Nobody owns that device, and it may be paired. */
      isFree: boolean
      /** It was tried too often today: only somebody in front of it may go on. */
      isGuessedAt: boolean
      by: { account: string; asker: string }
    }
  /** Somebody has pressed at the device what it asked for. */
  | { kind: 'pressed' }
  /** The device has come with the code. */
  | { kind: 'spent' }
  /** The device has come with its secret. */
  | { kind: 'used' }

/** The PIN, and after a match the code, are good for so long (S-R2). */
export const lifeMs = 600_000
const mostTries = 5

/** @returns whether the event has done what it is for; `typed`: it is a match */
export function stepPairing(life: PairingLife, event: PairingEvent, nowMs: number): boolean {
  expireInTime(life, nowMs)
  switch (event.kind) {
    case 'typed':
      return typed(life, event, nowMs)
    case 'pressed':
      if (life.phase !== 'press-needed') return false
      send(life, nowMs)
      return true
    case 'spent':
      if (life.phase !== 'sending') return false
      life.phase = 'spent'
      return true
    case 'used':
      if (life.phase !== 'spent') return false
      life.phase = 'connected'
      return true
  }
}

/** How it stands at this moment, though nobody has written that down. */
export function phaseAt({ phase, expiresAtMs }: PairingLife, nowMs: number): Phase {
  const mayExpire = phase === 'waiting' || phase === 'press-needed' || phase === 'sending'
  return mayExpire && nowMs >= expiresAtMs ? 'expired' : phase
}

function expireInTime(life: PairingLife, nowMs: number): void {
  life.phase = phaseAt(life, nowMs)
}

/** PIN and network are judged together: which of them was wrong is told to the device alone (S-R2). */
function typed(life: PairingLife, event: Extract<PairingEvent, { kind: 'typed' }>, nowMs: number): boolean {
  const { isPin, locality, isFree, isGuessedAt, by } = event
  if (life.phase !== 'waiting') return false
  const isHere = locality.verdict !== 'different'
  if (isPin && isHere && isFree) {
    life.owner = by
    life.doubts = [...(locality.verdict === 'weak' ? locality.doubts : []), ...(isGuessedAt ? guessedAt : [])]
    if (life.doubts.length === 0) send(life, nowMs)
    else life.phase = 'press-needed'
    return true
  }
  // Somebody elsewhere who types another PIN has nothing to do with this device.
  if (!isPin && !isHere) return false
  const check = !isPin ? 'pin' : !isHere ? locality.check : 'owner'
  life.refused = { check, atMs: nowMs }
  life.tries++
  if (life.tries < mostTries) return false
  life.refused = { check: 'tries', atMs: nowMs }
  life.phase = 'expired'
  return false
}

const guessedAt: Doubt[] = ['many-tries']

function send(life: PairingLife, nowMs: number): void {
  life.phase = 'sending'
  life.expiresAtMs = nowMs + lifeMs
}
