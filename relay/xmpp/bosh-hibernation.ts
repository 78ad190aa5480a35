/** Sessions from before a crash: known by the hash of their sid, and gone on with when their client says it. */
import type { Clock, Timer } from '@fairlead/base'
import { type KeptSession, keyOf } from './bosh-restored.ts'

export interface Hibernation {
  /** Takes it out: it wakes, or is found not to be good any more. */
  take(sid: string): KeptSession | undefined
  /** Of this device, with this sid? */
  knows(device: string, sid: string): boolean
  readonly size: number
  close(): void
}

/** A crash and a start take a while, for which no client is to blame. */
const patienceMs = 30_000

/**
 * @param kept the sessions that stood, and how long the relay was away; whoever was away for too long with it is left out
 * @param forget is called with those that nobody came for
 */
export function createHibernation(
  kept: { sessions: readonly KeptSession[]; downMs: number },
  clock: Clock,
  forget: (session: KeptSession) => void,
): Hibernation {
  const sessions = new Map<string, KeptSession>()
  const startMs = clock.now()
  const longestOf = ({ state: { terms } }: KeptSession) => terms.inactivityMs + patienceMs
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
    take(sid) {
      const key = keyOf(sid)
      const session = sessions.get(key)
      sessions.delete(key)
      return session && clock.now() - startMs <= longestOf(session) ? session : undefined
    },
    knows: (device, sid) => sessions.size > 0 && sessions.get(keyOf(sid))?.device === device,
    get size() {
      return sessions.size
    },
    close: () => timer?.cancel(),
  }
}
