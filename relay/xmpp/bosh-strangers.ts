/** Sessions that are not logged in yet: bounded by the memory they may cost together; more of them wait (B-065, S-D3). */
import { InOrder } from '@fairlead/base'

export interface Stranger {
  /** Bytes; kept up to date here. */
  charge: number
  /** It has come with its name: so few do who only want to be many. */
  readonly hasBegunLogIn: boolean
}

/** What one may cost before it is logged in. */
export const mostPerStranger = 64 * 1024

/** What a session costs with nothing in it, its connection and its stream included; measured, and rounded up. */
export const strangerBase = 10 * 1024

export interface StrangerLimits {
  /** All sessions that are not logged in. */
  maxBytes: number
  /** Creation requests that wait for room. */
  maxWaiting: number
  maxWaitingBytes: number
}

const defaultStrangerLimits: StrangerLimits = {
  maxBytes: 128 * 1024 * 1024,
  maxWaiting: 20_000,
  maxWaitingBytes: 16 * 1024 * 1024,
}

/** Under a flood whoever has had so long makes room for others, the oldest first; who is at its log-in has longer. */
const silentMs = 500
const begunMs = 2000

export interface StrangersNeeds<Kind extends Stranger> {
  limits?: StrangerLimits | undefined
  now(): number
  /** Ends it: there are too many, and it has had its time. `release` follows in the same turn. */
  dismiss(stranger: Kind): void
}

export function createStrangers<Kind extends Stranger>({
  limits = defaultStrangerLimits,
  now,
  dismiss,
}: StrangersNeeds<Kind>) {
  /** Since when, in order. */
  const silent = new InOrder<Kind, number>()
  const begun = new InOrder<Kind, number>()
  let totalBytes = 0
  let waitingBytes = 0
  const waiting: { bytes: number; create: () => void }[] = []

  const hasRoom = () => totalBytes + strangerBase <= limits.maxBytes

  /** Whoever knocks ten thousand times a second must not keep everybody else out for as long as a log-in may take (S-D3). */
  function makeRoom(): boolean {
    while (!hasRoom()) {
      const oldest = oldestSilent() ?? oldestOf(begun, begunMs)
      if (!oldest) return false
      dismiss(oldest)
    }
    return true
  }

  function oldestSilent(): Kind | undefined {
    for (let oldest = silent.oldest(); oldest; oldest = silent.oldest()) {
      const [stranger, sinceMs] = oldest
      if (!stranger.hasBegunLogIn) return oldestOf(silent, silentMs)
      silent.delete(stranger)
      begun.add(stranger, sinceMs)
    }
    return undefined
  }

  function oldestOf(strangers: InOrder<Kind, number>, leastMs: number): Kind | undefined {
    const first = strangers.oldest()
    return first && now() - first[1] >= leastMs ? first[0] : undefined
  }

  function charge(stranger: Kind, bytes: number): boolean {
    stranger.charge += bytes
    totalBytes += bytes
    return stranger.charge <= mostPerStranger
  }

  function admitWaiting(): void {
    while (hasRoom()) {
      const next = waiting.shift()
      if (!next) return
      waitingBytes -= next.bytes
      next.create()
    }
  }

  return {
    /** Calls `create` now, or when there is room, or not at all: then it returns false. */
    admit(bytes: number, create: () => void): boolean {
      // Those who wait come first, and a queue must not outlast what made it.
      while (waiting.length > 0 && makeRoom()) admitWaiting()
      if (waiting.length === 0 && (hasRoom() || makeRoom())) {
        create()
        return true
      }
      if (waiting.length >= limits.maxWaiting || waitingBytes + bytes > limits.maxWaitingBytes) return false
      waitingBytes += bytes
      waiting.push({ bytes, create })
      return true
    },
    /** Its session is made. */
    enter(stranger: Kind): void {
      silent.add(stranger, now())
      charge(stranger, strangerBase)
    },
    /** False: this one costs too much. */
    charge,
    /** It is logged in, or gone. Twice does no harm. */
    release(stranger: Kind): void {
      silent.delete(stranger)
      begun.delete(stranger)
      totalBytes -= stranger.charge
      stranger.charge = 0
      admitWaiting()
    },
    /** Calls every `create` that waits: the door is closing and each must be told. */
    flush(): void {
      waitingBytes = 0
      for (const { create } of waiting.splice(0)) create()
    },
    get waiting(): number {
      return waiting.length
    },
  }
}
