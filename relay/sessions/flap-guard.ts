/** Two holders of one credential would replace each other for ever: this notices, and keeps the one that is there. */

/** More replacements than this within a minute, from at least two addresses, is a cloned credential (`safety.md` 6.6). */
const replacementsAMinute = 6
const minuteMs = 60_000

export interface Replacement {
  /** By the clock of whoever saw it; between nodes it travels as how long ago it was. */
  atMs: number
  address: string
}

interface Flapping {
  replacements: Replacement[]
  keepUntilMs: number
}

export interface FlapGuard {
  /** A line replaced another one of the same device. @returns true when this made it a flap: time to raise the alarm */
  replaced(device: string, address: string, nowMs: number): boolean
  /** False while the older line is kept. */
  mayReplace(device: string, nowMs: number): boolean
  /** What was seen of it lately: goes with the device to another node. */
  seenOf(device: string): readonly Replacement[]
  /** What another node saw of it. */
  learn(device: string, seen: readonly Replacement[]): void
}

export function createFlapGuard(): FlapGuard {
  const devices = new Map<string, Flapping>()
  return {
    replaced(device, address, nowMs) {
      const seen = devices.get(device) ?? { replacements: [], keepUntilMs: 0 }
      seen.replacements = seen.replacements.filter(({ atMs }) => nowMs - atMs < minuteMs)
      seen.replacements.push({ atMs: nowMs, address })
      devices.set(device, seen)
      const addresses = new Set(seen.replacements.map((replacement) => replacement.address))
      if (seen.replacements.length <= replacementsAMinute || addresses.size < 2) return false
      seen.keepUntilMs = nowMs + minuteMs
      seen.replacements = []
      return true
    },
    mayReplace(device, nowMs) {
      const seen = devices.get(device)
      if (!seen) return true
      const last = seen.replacements.at(-1)?.atMs ?? 0
      if (nowMs >= seen.keepUntilMs && nowMs - last >= minuteMs) devices.delete(device)
      return nowMs >= seen.keepUntilMs
    },
    seenOf: (device) => devices.get(device)?.replacements ?? [],
    learn(device, replacements) {
      // It has been from node to node, and all that happened on the way with it.
      devices.set(device, { keepUntilMs: devices.get(device)?.keepUntilMs ?? 0, replacements: [...replacements] })
    },
  }
}
