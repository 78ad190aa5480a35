/** A node that leaves hands its sessions over: each when its device has nothing in hand, written down as free, a few at a time. */
import { type Clock, type Log, passing } from '@fairlead/base'
import type { SharedSessionStore } from './bosh-store.ts'
import type { KeptSession } from './kept-session.ts'

/** A session of a device, on its way to another node. */
export interface Departing {
  readonly device: string
  /**
   * It takes and says nothing more here: how it stands is written down.
   * @returns undefined: nobody can go on with it; its device logs in anew elsewhere
   */
  suspend(): KeptSession | undefined
  /** From now on it is no session of this node: its client is sent away. */
  leave(): void
}

/** What the rooms above have to do with it. */
export interface HandOverTo {
  store: Pick<SharedSessionStore, 'handOver'>
  /** Nothing more is pushed to the device here: it waits until it is elsewhere. */
  hold(device: string): void
  /** It has no request in hand. */
  isIdle(device: string): boolean
  /** Resolves when what waits here for the device is where any node finds it. */
  whenStill(device: string): Promise<void>
  /** It is on its way to another node. */
  left(device: string): void
}

export interface HandOverNeeds extends HandOverTo {
  clock: Clock
  log: Log
}

/** Written together, and sent away together. */
const mostTogether = 100
/** How often it is looked whether a device has answered. */
const lookEveryMs = 20

/**
 * @param rampMs the last of those that have nothing in hand is sent away so long after the first, so that no other node is stormed
 * @param patienceMs so long answers are waited for
 */
export async function handOver(
  sessions: readonly Departing[],
  { rampMs, patienceMs }: { rampMs: number; patienceMs: number },
  needs: HandOverNeeds,
): Promise<void> {
  const { clock } = needs
  const pauseMs = (rampMs * mostTogether) / Math.max(sessions.length, 1)
  const untilMs = clock.now() + patienceMs
  let nextMs = clock.now()
  let busy: readonly Departing[] = []
  for (let at = 0; at < sessions.length || busy.length > 0; ) {
    if (at < sessions.length && clock.now() >= nextMs) {
      const together = sessions.slice(at, at + mostTogether)
      for (const { device } of together) needs.hold(device)
      busy = [...busy, ...together]
      at += mostTogether
      nextMs += pauseMs
    }
    const isLate = clock.now() >= untilMs
    const ready = busy.filter(({ device }) => isLate || needs.isIdle(device))
    busy = busy.filter((session) => !ready.includes(session))
    if (ready.length > 0) await sendAway(ready, needs)
    if (at < sessions.length || busy.length > 0) await passing(clock, lookEveryMs)
  }
}

async function sendAway(ready: readonly Departing[], { log, store, whenStill, left }: HandOverNeeds): Promise<void> {
  // Whoever goes on with it asks the record what comes first (G3).
  await Promise.all(ready.map(({ device }) => whenStill(device)))
  const kept = ready.map((session) => session.suspend()).filter((session) => session !== undefined)
  try {
    if (kept.length > 0) await store.handOver(kept)
  } catch (error) {
    // They log in anew: that is no reason to keep the others here.
    log.error('sessions.not-handed-over', 'How sessions stand cannot be written down.', error)
  }
  for (const session of ready) {
    left(session.device)
    session.leave()
  }
}
