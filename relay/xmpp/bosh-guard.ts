/** Who is kept out, or kept waiting: addresses whose log-ins fail, and those that guess (B-065, S-A2, S-D7). */
import { type Clock, InOrder } from '@fairlead/base'

export interface BoshGuard {
  /** False: too many log-ins from there failed or were abandoned. */
  mayCreate(address: string): boolean
  /** A session of that address ended before its log-in. */
  abandoned(address: string): void
  /** Counts a wrong sid or rid; true: that is no accident any more, take your time. */
  isGuessing(address: string): boolean
}

/** Per network, so that thousands of devices behind one address can have a bad hour together (S-D7). */
const mostFailures = 1000
const failuresPerMs = mostFailures / 3_600_000

const mostGuesses = 20
const guessesPerMs = mostGuesses / 60_000

/** Networks remembered; the one that was quiet for the longest is forgotten. */
const mostNetworks = 100_000

/** @param networkOf an address, or the network that counts as one */
export function createBoshGuard(clock: Clock, networkOf: (address: string) => string): BoshGuard {
  const failures = createLeaks(clock, failuresPerMs, 1.1 * mostFailures)
  const guesses = createLeaks(clock, guessesPerMs, 2 * mostGuesses)
  return {
    mayCreate: (address) => failures.level(networkOf(address)) < mostFailures,
    abandoned: (address) => void failures.add(networkOf(address)),
    isGuessing: (address) => guesses.add(networkOf(address)) > mostGuesses,
  }
}

/**
 * Counters that run dry by themselves, at `perMs`.
 *
 * @param highest above it nothing more is counted: a flood must not shut its network out for long after its end
 */
function createLeaks(clock: Clock, perMs: number, highest: number) {
  const levels = new InOrder<string, { level: number; atMs: number }>()
  const levelOf = (key: string, nowMs: number) => {
    const entry = levels.get(key)
    return entry ? Math.max(0, entry.level - (nowMs - entry.atMs) * perMs) : 0
  }
  return {
    level: (key: string) => levelOf(key, clock.now()),
    add(key: string): number {
      const nowMs = clock.now()
      const level = Math.min(highest, levelOf(key, nowMs) + 1)
      levels.add(key, { level, atMs: nowMs })
      levels.limitTo(mostNetworks)
      return level
    },
  }
}
