/** Waits until every node knows what this one has written: whoever is told that something is done can go to any of them. */
import type { Clock } from '@fairlead/base'

export interface Everywhere {
  /** This node has written up to this event. */
  wrote(seq: number): void
  /** That node knows everything up to this event. */
  heard(from: string, seq: number): void
  /** Resolves when all nodes know what this one has written so far, or have not said so in time. */
  settled(): Promise<void>
}

/** A node that says nothing is waited for once; it reads what it has missed before it does anything again. */
const patienceMs = 1_000

/** @param others the nodes that live, as far as is known, by their names on the bus */
export function createEverywhere(clock: Clock, others: () => readonly string[]): Everywhere {
  const known = new Map<string, number>()
  const slow = new Set<string>()
  let waiting: (() => void)[] = []
  let written = 0

  const missing = (seq: number) => others().filter((node) => !slow.has(node) && (known.get(node) ?? 0) < seq)

  return {
    wrote(seq) {
      written = Math.max(written, seq)
    },
    heard(from, seq) {
      known.set(from, Math.max(known.get(from) ?? 0, seq))
      if (seq >= written) slow.delete(from)
      for (const look of waiting) look()
    },
    settled() {
      const seq = written
      if (missing(seq).length === 0) return Promise.resolve()
      return new Promise((resolve) => {
        const look = () => {
          if (missing(seq).length === 0) finish()
        }
        const timer = clock.at(clock.now() + patienceMs, () => {
          for (const node of missing(seq)) slow.add(node)
          finish()
        })
        function finish(): void {
          timer.cancel()
          waiting = waiting.filter((one) => one !== look)
          resolve()
        }
        waiting.push(look)
      })
    },
  }
}
