/** Writes down how sessions stand, soon and together: what a crash takes with it costs a log-in, so nobody waits for it. */
import { type Clock, inBackground, type Log, type Timer } from '@fairlead/base'
import type { KeptSession } from './kept-session.ts'

/** Where kept sessions lie; one a device, the newest. */
export interface KeptSessionStore {
  /** What stood when the last relay was known to live: milliseconds since 1970. */
  load(): Promise<{ sessions: readonly KeptSession[]; aliveAt: number }>
  saveAlive(at: number): Promise<void>
  /** One with a larger epoch stays. */
  save(changed: readonly KeptSession[], ended: readonly EndedSession[]): Promise<void>
}

/** Had another node gone on with it, its epoch would be larger there. */
export type EndedSession = Pick<KeptSession, 'device' | 'key' | 'epoch'>

/** A session that can be asked how it stands. */
export interface Keepable {
  /** Undefined: not bound, or no device's: nothing to keep. */
  toKeep(): KeptSession | undefined
  /** Told each time that it was to be written. @param kept as it is on disk now; undefined: it is not, for now */
  kept?(kept: KeptSession | undefined): void
}

export interface SessionKeeper {
  changed(session: Keepable): void
  ended(session: EndedSession): void
  /** The relay stops: only what has ended is still written. */
  close(): Promise<void>
}

/** What changes within this time is written together. */
const gatherMs = 50
const aliveEveryMs = 10_000
/** After a write that failed. */
const patienceMs = 1000

export function createSessionKeeper(needs: { clock: Clock; log: Log; store: KeptSessionStore }): SessionKeeper {
  const { clock, log, store } = needs
  let aliveTimer: Timer | undefined
  let changed = new Set<Keepable>()
  let ended: EndedSession[] = []
  let timer: Timer | undefined
  let writing: Promise<void> | undefined
  let isClosed = false

  function writeIn(ms: number): void {
    if (timer || writing || isClosed) return
    timer = clock.at(clock.now() + ms, () => {
      timer = undefined
      inBackground(log, 'sessions.not-kept', write)
    })
  }

  async function write(): Promise<void> {
    const sessions = changed
    const gone = ended
    changed = new Set()
    ended = []
    const asked = [...sessions].map((session) => ({ session, kept: session.toKeep() }))
    writing = store.save(
      asked.map(({ kept }) => kept).filter((kept) => kept !== undefined),
      gone,
    )
    let againMs = gatherMs
    try {
      await writing
      for (const { session, kept } of asked) session.kept?.(kept)
    } catch (error) {
      // The disk is full or away: how they stand then is written when it is back.
      for (const session of sessions) {
        changed.add(session)
        session.kept?.(undefined)
      }
      ended.unshift(...gone)
      againMs = patienceMs
      throw error
    } finally {
      writing = undefined
      if (changed.size > 0 || ended.length > 0) writeIn(againMs)
    }
  }

  /** How long a relay was away is known from when it last said that it lives: no session need say so for itself. */
  function sayAlive(): void {
    aliveTimer = clock.at(clock.now() + aliveEveryMs, sayAlive)
    inBackground(log, 'sessions.not-kept', () => store.saveAlive(clock.wallNow()))
  }
  sayAlive()

  return {
    changed(session) {
      changed.add(session)
      writeIn(gatherMs)
    },
    ended(session) {
      ended.push(session)
      writeIn(gatherMs)
    },
    async close() {
      isClosed = true
      aliveTimer?.cancel()
      timer?.cancel()
      // That one has told of itself.
      await writing?.catch(() => {})
      changed.clear()
      if (ended.length === 0) return
      await store.save([], ended).catch((error) => log.error('sessions.not-kept', 'How sessions ended is lost.', error))
    },
  }
}
