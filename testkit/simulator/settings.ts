/** What one seed decides before its hour begins: the relay's limits, who takes part, and how hostile it will be. */
import type { Chance } from './chance.ts'

export const domain = 'relay.example'

export interface RelaySettings {
  waitSeconds: number
  inactivitySeconds: number
  managementSeconds: number
  requestTimeoutSeconds: number
  maxInFlightPerKey: number
  survivalSeconds: number
}

export type Kind = 'agent' | 'strophe' | 'stanza' | 'jbosh'

export const allKinds: readonly Kind[] = ['agent', 'strophe', 'stanza', 'jbosh']

/** How often each bad thing comes about; 0 is never. Times in milliseconds of virtual time. */
export interface Hostility {
  crashEveryMs: number
  /** How often it dies just when a device has come, and what waited for it leaves. */
  crashAtReturnShare: number
  drainEveryMs: number
  diskFullEveryMs: number
  longestSyncMs: number
  blackoutEveryMs: number
  longestBlackoutMs: number
  addressChangeEveryMs: number
  powerCutEveryMs: number
  modeEveryMs: number
  rotateEveryMs: number
  lossShare: number
  duplicateShare: number
  lateShare: number
  lateMs: number
  cutShare: number
  idleCutMs: number
  bufferingShare: number
  slowDeviceShare: number
  /** A device that answers what another one was asked. */
  liarShare: number
  cloneShare: number
  removeShare: number
}

export interface Settings {
  relay: RelaySettings
  hostility: Hostility
  devices: { id: string; account: string; kind: Kind; hasClone: boolean }[]
  /** Between two requests of one service. */
  askEveryMs: number
  hostileMs: number
  calmMs: number
}

export const accounts = ['north', 'south'] as const

export function secretOf(device: string, version: number): string {
  return `${device}-secret-${version}`
}

const never = Number.POSITIVE_INFINITY
const minuteMs = 60_000

/** @param kinds only these clients take part */
export function drawSettings(chance: Chance, kinds: readonly Kind[]): Settings {
  // Several bad things at once hide each other: most hours have some of them only.
  const some = (share: number, everyMs: () => number) => (chance.happens(share) ? everyMs() : never)
  const share = (likely: number, highest: number) => (chance.happens(likely) ? chance.fraction() * highest : 0)
  const waitSeconds = chance.pick([5, 10, 20, 30, 30, 55, 55])
  const inactivitySeconds = chance.pick([15, 30, 60, 60])
  const hostility: Hostility = {
    crashEveryMs: some(0.5, () => chance.between(3, 30) * minuteMs),
    crashAtReturnShare: chance.pick([0, 0, 0, 0.2]),
    drainEveryMs: some(0.25, () => chance.between(8, 40) * minuteMs),
    diskFullEveryMs: some(0.15, () => chance.between(8, 30) * minuteMs),
    longestSyncMs: chance.pick([2, 20, 100, 500]),
    blackoutEveryMs: some(0.5, () => chance.between(2, 20) * minuteMs),
    longestBlackoutMs: chance.pick([3_000, 30_000, 200_000]),
    addressChangeEveryMs: some(0.25, () => chance.between(4, 30) * minuteMs),
    powerCutEveryMs: some(0.35, () => chance.between(4, 30) * minuteMs),
    modeEveryMs: some(0.25, () => chance.between(4, 30) * minuteMs),
    rotateEveryMs: some(0.12, () => chance.between(10, 40) * minuteMs),
    lossShare: share(0.4, 0.08),
    duplicateShare: share(0.3, 0.08),
    lateShare: share(0.4, 0.1),
    lateMs: chance.pick([300, 1_500, 6_000]),
    cutShare: share(0.35, 0.15),
    idleCutMs: some(0.2, () => chance.between(4_000, 40_000)),
    bufferingShare: chance.happens(0.3) ? 0.7 : 0,
    slowDeviceShare: chance.pick([0, 0.2, 0.6]),
    liarShare: chance.happens(0.2) ? 0.3 : 0,
    cloneShare: chance.happens(0.08) ? 0.5 : 0,
    removeShare: chance.happens(0.06) ? 0.3 : 0,
  }
  const devices = Array.from({ length: chance.pick([1, 1, 2, 2, 3]) }, (_, at) => ({
    id: `d${at + 1}`,
    account: chance.pick(accounts),
    kind: chance.pick(kinds),
    hasClone: chance.happens(hostility.cloneShare),
  }))
  return {
    relay: {
      waitSeconds,
      inactivitySeconds,
      managementSeconds: Math.max(waitSeconds + inactivitySeconds + 15, chance.pick([60, 120, 180])),
      requestTimeoutSeconds: chance.pick([5, 30]),
      maxInFlightPerKey: chance.pick([2, 20, 1000]),
      survivalSeconds: chance.pick([15, 60, 60, 60]),
    },
    hostility,
    devices,
    askEveryMs: chance.between(20_000, 120_000),
    hostileMs: 55 * minuteMs,
    calmMs: 5 * minuteMs,
  }
}
