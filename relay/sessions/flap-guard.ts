/** Two holders of one credential would replace each other for ever: this notices, and keeps the one that is there. */

/** More replacements than this within a minute, from at least two addresses, is a cloned credential (`safety.md` 6.6). */
const replacementsAMinute = 6
const minuteMs = 60_000

interface Flapping {
  replacements: { atMs: number; address: string }[]
  keepUntilMs: number
}

export interface FlapGuard {
  /** A line replaced another one of the same device. @returns true when this made it a flap: time to raise the alarm */
  replaced(device: string, address: string, nowMs: number): boolean
  /** False while the older line is kept. */
  mayReplace(device: string, nowMs: number): boolean
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
  }
}
