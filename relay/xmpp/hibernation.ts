/** Sessions from before a crash: known by the hash of their ID, and gone on with when their client says it. */
import type { Clock, Timer } from '@fairlead/base'
import { type KeptSession, keyOf } from './kept-session.ts'

export interface Hibernation<Kept> {
  /** Takes it out: it wakes, or is found not to be good any more. */
  take(id: string): Kept | undefined
  /** Of this device, with this ID? */
  knows(device: string, id: string): boolean
  readonly size: number
  close(): void
}

/** A crash and a start take a while, for which no client is to blame. */
const patienceMs = 30_000

export interface HibernationNeeds<Kept> {
  /** Those that stood, and how long the relay was away; whoever was away for too long with it is left out. */
  kept: { sessions: readonly Kept[]; downMs: number } | undefined
  clock: Clock
  /** How long its client may be away. */
  lastsMs(session: Kept): number
  /** Nobody came for it. */
  forget(session: Kept): void
}

export function createHibernation<Kept extends KeptSession>(needs: HibernationNeeds<Kept>): Hibernation<Kept> {
  const { kept = { sessions: [], downMs: 0 }, clock, forget } = needs
  const sessions = new Map<string, Kept>()
  const startMs = clock.now()
  const longestOf = (session: Kept) => needs.lastsMs(session) + patienceMs
  for (const session of kept.sessions)
    if (kept.downMs <= longestOf(session)) sessions.set(session.key, session)
    else forget(session)
  let timer: Timer | undefined
  const lastMs = Math.max(0, ...[...sessions.values()].map(longestOf))
  if (sessions.size > 0)
    timer = clock.at(startMs + lastMs, () => {
      for (const session of sessions.values()) forget(session)
      sessions.clear()
    })

  return {
    take(id) {
      const key = keyOf(id)
      const session = sessions.get(key)
      sessions.delete(key)
      return session && clock.now() - startMs <= longestOf(session) ? session : undefined
    },
    knows: (device, id) => sessions.size > 0 && sessions.get(keyOf(id))?.device === device,
    get size() {
      return sessions.size
    },
    close: () => timer?.cancel(),
  }
}
