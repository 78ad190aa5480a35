/** A pairing as the record has it, as the machine steps it, and as device and terminal are shown it. */
import type { AnnouncementState, Doubt, Pairing, PairingCheck } from '@fairlead/protocol/contract'
import type { PairingRow } from '../database/tables.ts'
import type { Party } from './locality.ts'
import { type PairingLife, type Phase, phaseAt } from './pairing-machine.ts'

export function lifeOf(row: PairingRow): PairingLife {
  const { refused_check, refused_at, account, asker } = row
  return {
    phase: row.phase as Phase,
    expiresAtMs: row.expires_at,
    tries: row.tries,
    doubts: JSON.parse(row.doubts) as Doubt[],
    refused:
      refused_check === null || refused_at === null
        ? undefined
        : { check: refused_check as PairingCheck, atMs: refused_at },
    owner: account === null || asker === null ? undefined : { account, asker },
  }
}

export function changesOf({ phase, expiresAtMs, tries, doubts, refused, owner }: PairingLife): Partial<PairingRow> {
  return {
    phase,
    expires_at: expiresAtMs,
    tries,
    doubts: JSON.stringify(doubts),
    refused_check: refused?.check ?? null,
    refused_at: refused?.atMs ?? null,
    account: owner?.account ?? null,
    asker: owner?.asker ?? null,
  }
}

export function deviceOf(row: PairingRow): Party {
  return { seen: JSON.parse(row.seen), addresses: JSON.parse(row.addresses), isVeiled: row.veiled !== 0 }
}

const iso = (ms: number) => new Date(ms).toISOString()

/** Something is different once this is. */
export function versionOf(row: PairingRow, nowMs: number): string {
  return `${phaseAt(lifeOf(row), nowMs)}.${row.tries}`
}

/** For the device itself. A secret that was told and not used is no connection yet. */
export function announcementOf(row: PairingRow, nowMs: number): AnnouncementState {
  const life = lifeOf(row)
  const phase = phaseAt(life, nowMs)
  return {
    state: phase === 'spent' ? 'sending' : phase,
    version: versionOf(row, nowMs),
    expiresAt: iso(life.expiresAtMs),
    doubts: life.doubts,
    refused: life.refused ? { check: life.refused.check, at: iso(life.refused.atMs) } : null,
  }
}

/** In a browser on the device's network. */
const doubtInWords: Record<Doubt, string> = {
  'no-local-address': 'This terminal does not tell its address on the local network.',
  'other-subnet': 'This terminal and the device are in different local networks behind one public address.',
  'ipv6-prefix': 'Only the beginning of the two IPv6 addresses is the same.',
  'carrier-nat': 'The network provider puts many customers behind one public address.',
  'shared-address': 'Many come from this public address.',
  'many-tries': 'Wrong PINs have been typed for this device today.',
}

/** For the terminal, after a match. Which device it is it learns once the match is beyond doubt. */
export function pairingOf(row: PairingRow, code: () => string, nowMs: number): Pairing {
  const life = lifeOf(row)
  const phase = phaseAt(life, nowMs)
  const base = { pairingId: row.pairing_id, expiresAt: iso(life.expiresAtMs) }
  switch (phase) {
    case 'press-needed':
      return { ...base, state: phase, doubts: life.doubts, why: life.doubts.map((doubt) => doubtInWords[doubt]) }
    case 'sending':
    case 'spent':
      return {
        ...base,
        state: 'sending',
        device: row.device,
        sendingRequest: { method: 'GET', url: `${row.local_url}#${code()}` },
      }
    case 'connected':
      return { ...base, state: phase, device: row.device }
    default:
      return { ...base, state: 'expired' }
  }
}
