/** Sessions that are not logged in yet: bounded by the memory they may cost together; more of them wait (B-065, S-D3). */

export interface Stranger {
  /** Bytes; kept up to date here. */
  charge: number
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

export function createStrangers(limits: StrangerLimits = defaultStrangerLimits) {
  let totalBytes = 0
  let waitingBytes = 0
  const waiting: { bytes: number; create: () => void }[] = []

  function admitWaiting(): void {
    while (totalBytes + strangerBase <= limits.maxBytes) {
      const next = waiting.shift()
      if (!next) return
      waitingBytes -= next.bytes
      next.create()
    }
  }

  return {
    /** Calls `create` now, or when there is room, or not at all: then it returns false. */
    admit(bytes: number, create: () => void): boolean {
      if (waiting.length === 0 && totalBytes + strangerBase <= limits.maxBytes) {
        create()
        return true
      }
      if (waiting.length >= limits.maxWaiting || waitingBytes + bytes > limits.maxWaitingBytes) return false
      waitingBytes += bytes
      waiting.push({ bytes, create })
      return true
    },
    /** False: this one costs too much. */
    charge(stranger: Stranger, bytes: number): boolean {
      stranger.charge += bytes
      totalBytes += bytes
      return stranger.charge <= mostPerStranger
    },
    /** It is logged in, or gone. Twice does no harm. */
    release(stranger: Stranger): void {
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
