/** Where a device stands with its relay, and since when; each change is said once, in the log and as an event line. */
import type { Clock, Log } from '@fairlead/base'
import { standingInWords } from './standing-in-words.ts'
import { offlineReason } from './uplink/offline-reason.ts'
import { describeTrouble } from './uplink/trouble.ts'
import type { OfflineReason, Standing } from './uplink/uplink-state.ts'

/** The agent's event lines (contract part 2). */
export type DeviceEvent =
  | { event: 'device.online'; id: string }
  | { event: 'device.offline'; id: string; reason: OfflineReason | 'asleep' }

export interface DeviceStanding {
  now(): Standing
  /** Wall time. */
  sinceMs(): number
  become(next: Standing): void
  /** @returns what is news of it and was said; undefined: nothing is */
  say(next: Standing): 'online' | OfflineReason | undefined
  sayAsleep(): void
}

export interface DeviceStandingNeeds {
  id: string
  first: Standing
  /** Of the relay. */
  address(): string
  clock: Pick<Clock, 'wallNow'>
  log: Log
  tell(event: DeviceEvent): void
}

export function createDeviceStanding({ id, first, address, clock, log, tell }: DeviceStandingNeeds): DeviceStanding {
  let standing = first
  let sinceMs = clock.wallNow()
  let told: 'online' | OfflineReason | 'asleep' | undefined
  let logged: string | undefined

  /** Another trouble is news as well, though the device is as unreachable as before: it is the one to look at now. */
  function writeDown(next: Standing, reason: OfflineReason | undefined): void {
    const trouble = 'trouble' in next && next.trouble ? describeTrouble(next.trouble) : ''
    const news = `${reason} ${trouble}`
    if (news === logged) return
    logged = news
    const words = standingInWords(next, address())
    if (next.state === 'online' || next.state === 'off') log.info('device.state', words, { device: id })
    else log.warn('device.state', words, { device: id, reason })
  }

  return {
    now: () => standing,
    sinceMs: () => sinceMs,
    become(next) {
      if (next.state !== standing.state) sinceMs = clock.wallNow()
      // A new try does not take away the reason why the last one failed.
      const isSilentTry = next.state === 'connecting' && next.reason === 'starting' && standing.state === 'offline'
      if (!isSilentTry) standing = next
    },
    say(next) {
      const reason = offlineReason(next)
      const news = next.state === 'online' ? 'online' : reason
      if (news === undefined) return undefined
      writeDown(next, reason)
      if (news === told) return undefined
      told = news
      if (reason === undefined) tell({ event: 'device.online', id })
      else tell({ event: 'device.offline', id, reason })
      return news
    },
    sayAsleep() {
      told = 'asleep'
      tell({ event: 'device.offline', id, reason: 'asleep' })
    },
  }
}
