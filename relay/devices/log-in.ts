/** Who may log in: the keys of every device's secret, in memory, so that a fleet comes back without asking the disk. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Clock, createSlots, InOrder, inBackground, type Log, type Random, type Timer } from '@fairlead/base'
import type { DeviceCredentialRow } from '../database/tables.ts'
import type { Credentials, LogIn } from '../xmpp/carrier.ts'
import type { CredentialStore } from './credential-store.ts'
import { isSecretOf, type PackedKeys, packKeys, saltBytes, scramIterations, unpackKeys } from './credentials.ts'

export interface DeviceLogIn extends LogIn, Disposable {
  /** The keys of a device's newest secret. */
  newest(device: string): { version: number; credentials: Credentials } | undefined
  /** That secret of the device has not been changed away, nor the device removed. */
  isVersionGood(device: string, version: number): boolean
  /** Are these the device's keys, as far as is known here? */
  has(device: string, rows: readonly DeviceCredentialRow[]): boolean
  /** From now on these are the device's keys, newest first, and no others. */
  replace(device: string, rows: readonly DeviceCredentialRow[]): void
  /** None is good any more, at once. @returns brings them back, should the removal not reach the disk */
  drop(device: string): () => void
}

export interface LogInNeeds {
  store: CredentialStore
  clock: Clock
  random: Random
  log: Log
  /** Called when the overlap of a rotation is over: sessions of the old secret end with it. */
  onOverlapEnded(device: string): void
  /** Verdicts on secrets kept in memory; default 100,000. */
  maxVerdicts?: number
}

interface HeldCredential {
  version: number
  iterations: number
  keys: PackedKeys
  used: boolean
  /** The old secret while a rotation overlaps. */
  overlap?: { endsAtMs: number; timer: Timer }
}

/** S-D8: the stretching of secrets takes no more than this from the others… */
const parallelChecks = 2
/** …and a whole fleet behind one address may wait for it at once. */
const maxWaitingChecks = 20_000
const longestSecret = 128

export async function openLogIn(needs: LogInNeeds): Promise<DeviceLogIn> {
  const { store, clock, random, log, onOverlapEnded } = needs
  const held = new Map<string, HeldCredential[]>()
  const verdicts = createVerdicts(random, needs.maxVerdicts ?? 100_000)
  const inSlot = createSlots(parallelChecks, maxWaitingChecks)
  // An unknown device costs as much time as a wrong secret: it cannot be told from one.
  const nobody = unpackKeys('\0'.repeat(saltBytes + 104), scramIterations)

  function hold(row: DeviceCredentialRow): HeldCredential {
    const credential: HeldCredential = {
      version: row.version,
      iterations: row.iterations,
      keys: packKeys(row),
      used: row.used_at !== null,
    }
    if (row.good_until === null) return credential
    // From here on the monotonic clock counts: a jump of the wall clock neither ends nor prolongs an overlap.
    const endsAtMs = clock.now() + Math.max(0, row.good_until - clock.wallNow())
    const timer = clock.at(endsAtMs, () => endOverlap(row.device, credential))
    return { ...credential, overlap: { endsAtMs, timer } }
  }

  function endOverlap(device: string, old: HeldCredential): void {
    const left = held.get(device)?.filter(({ version }) => version !== old.version)
    if (!left) return
    held.set(device, left)
    verdicts.forget(device)
    onOverlapEnded(device)
    inBackground(log, 'devices.old-secret-not-removed', () => store.remove(device, old.version))
  }

  function goodOnes(device: string): HeldCredential[] {
    const nowMs = clock.now()
    return (held.get(device) ?? []).filter(({ overlap }) => !overlap || nowMs < overlap.endsAtMs)
  }

  function stopTimers(device: string): void {
    for (const { overlap } of held.get(device) ?? []) overlap?.timer.cancel()
  }

  function replace(device: string, rows: readonly DeviceCredentialRow[]): void {
    stopTimers(device)
    verdicts.forget(device)
    held.set(device, rows.map(hold))
  }

  function markUsed(device: string): void {
    const unused = (held.get(device) ?? []).filter((credential) => !credential.used)
    if (unused.length === 0) return
    for (const credential of unused) credential.used = true
    inBackground(log, 'devices.first-use-not-saved', () => store.saveUsed(device, clock.wallNow()))
  }

  async function findMatch(device: string, secret: string): Promise<HeldCredential | undefined> {
    const candidates = goodOnes(device)
    if (candidates.length === 0) await inSlot(() => isSecretOf(secret, nobody))
    for (const candidate of candidates) {
      const credentials = unpackKeys(candidate.keys, candidate.iterations)
      if (await inSlot(() => isSecretOf(secret, credentials))) return candidate
    }
    return undefined
  }

  for await (const row of store.all()) held.set(row.device, [...(held.get(row.device) ?? []), hold(row)])

  return {
    async findCredentials(device) {
      return goodOnes(device).map(({ keys, iterations }) => unpackKeys(keys, iterations))
    },

    async checkSecret(device, secret) {
      if (secret.length > longestSecret) return false
      let good = verdicts.isKnownGood(device, secret)
      if (!good) {
        const match = await findMatch(device, secret)
        // It may have been rotated away while it was being checked.
        good = match !== undefined && goodOnes(device).includes(match)
        if (good) verdicts.remember(device, secret)
      }
      if (good) markUsed(device)
      return good
    },

    isVersionGood: (device, version) => goodOnes(device).some((good) => good.version === version),

    versionOf: (device) => goodOnes(device).at(-1)?.version,

    // Every change makes a new list.
    basisOf: (device) => held.get(device),

    loggedIn: markUsed,

    newest(device) {
      const first = held.get(device)?.[0]
      return first && { version: first.version, credentials: unpackKeys(first.keys, first.iterations) }
    },

    has(device, rows) {
      const ours = held.get(device) ?? []
      const isSame = ({ version, good_until }: DeviceCredentialRow, at: number) =>
        ours[at]?.version === version && (ours[at]?.overlap === undefined) === (good_until === null)
      return rows.length === ours.length && rows.every(isSame)
    },

    replace,

    drop(device) {
      const before = held.get(device)
      stopTimers(device)
      held.delete(device)
      verdicts.forget(device)
      return () => {
        if (before) held.set(device, before)
      }
    },

    [Symbol.dispose]() {
      for (const device of held.keys()) stopTimers(device)
    },
  }
}

/**
 * Secrets that were found good, under a hash with a key of this process: a device's next call costs a hash, no PBKDF2.
 * Only good ones are kept, at most two a device, so that no flood of guesses pushes an honest one out.
 */
function createVerdicts(random: Random, max: number) {
  const processKey = Buffer.from(random.token(32), 'base64url')
  const known = new InOrder<string, Buffer[]>()
  const macOf = (device: string, secret: string) =>
    createHmac('sha256', processKey).update(`${device}\0${secret}`).digest()

  return {
    isKnownGood(device: string, secret: string): boolean {
      const macs = known.get(device)
      if (!macs) return false
      const asked = macOf(device, secret)
      if (!macs.some((mac) => timingSafeEqual(mac, asked))) return false
      // The most recently used stay.
      known.add(device, macs)
      return true
    },
    remember(device: string, secret: string): void {
      const others = known.get(device) ?? []
      known.add(device, [macOf(device, secret), ...others].slice(0, 2))
      known.limitTo(max)
    },
    forget: (device: string) => void known.delete(device),
  }
}
