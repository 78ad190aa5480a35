/** What is really so of each device's presence: its signs of life, what was pushed to it since, and its mode. */

interface DeviceFacts {
  signMs: number
  /** Time-out of the first push since the last sign of life: nothing ends the session before it (A10). 0: nothing was. */
  pushUntilMs: number
  /** What came last may have been no sign of life: then a later push may count. */
  isUnsure: boolean
  /** When it was last heard with a push in its hands: a silence that was allowed is none that counts. */
  allowedMs: number
  pushedMs: number
}

export interface PresenceFacts {
  /**
   * Something authenticated of it has arrived (A6).
   *
   * @param isTaken by the rules: what comes before its turn may be no sign of life yet
   */
  heard(device: string, isTaken: boolean): void
  pushed(device: string, timeoutMs: number): void
  /** When something was last pushed to it. */
  pushedMs(device: string): number
  /** @param name of the one device, not of its clone */
  switched(name: string, on: boolean): void
  isOff(name: string): boolean
  /** How long ago a silence since `sinceMs` became one of more than `longestMs`; below 0: it has not yet. */
  overMs(device: string, sinceMs: number, longestMs: number): number
  /** The same, since its last sign of life. */
  silentOverMs(device: string, longestMs: number): number
}

export function createPresenceFacts(now: () => number): PresenceFacts {
  const devices = new Map<string, DeviceFacts>()
  const off = new Set<string>()

  function factsOf(device: string): DeviceFacts {
    const known = devices.get(device)
    if (known) return known
    const facts = { signMs: 0, pushUntilMs: 0, isUnsure: false, allowedMs: 0, pushedMs: 0 }
    devices.set(device, facts)
    return facts
  }

  function overMs(device: string, sinceMs: number, longestMs: number): number {
    const { allowedMs, pushUntilMs } = factsOf(device)
    return now() - Math.max(Math.max(sinceMs, allowedMs) + longestMs, pushUntilMs)
  }

  return {
    heard(device, isTaken) {
      const facts = factsOf(device)
      facts.signMs = now()
      facts.isUnsure = !isTaken
      if (!isTaken || facts.pushUntilMs === 0) return
      facts.allowedMs = now()
      facts.pushUntilMs = 0
    },
    pushed(device, timeoutMs) {
      const facts = factsOf(device)
      facts.pushedMs = now()
      if (facts.pushUntilMs === 0 || facts.isUnsure) facts.pushUntilMs = Math.max(facts.pushUntilMs, now() + timeoutMs)
    },
    pushedMs: (device) => factsOf(device).pushedMs,
    switched(name, on) {
      if (on) off.delete(name)
      else off.add(name)
    },
    isOff: (name) => off.has(name),
    overMs,
    silentOverMs: (device, longestMs) => overMs(device, factsOf(device).signMs, longestMs),
  }
}
