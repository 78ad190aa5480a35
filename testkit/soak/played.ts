/** What a kind of fault is, to the program and the tests: something that is played for so many rounds, and what came of it. */
import type { Lie } from './history.ts'
import type { Soak } from './soak.ts'

/**
 * What the relay of today is known not to keep. Each is to be true with the change that mends it; `--strict` plays as if
 * all were, and so shows what is missing.
 */
const keptToday = {
  /** An outcome that the disk refused is not told before it is written: a kill makes nothing `unknown` that was `answered`. */
  outcomesOverFullDisk: false,
}

export interface PlayOptions {
  seed: number
  rounds: number
  /** Every bound in time is multiplied by this: 1 for what the contract says, more on a machine that others use as well. */
  patience: number
  strict: boolean
  /** A test: what takes long is as short as it may be. */
  isShort?: boolean
  /** Progress, for people. */
  tell(line: string): void
}

export interface Played {
  kind: string
  rounds: number
  calls: number
  executions: number
  promises: number
  lost: number
  lies: readonly Lie[]
  /** Figures of this kind alone, by name. */
  notes: Readonly<Record<string, string>>
}

export type Play = (options: PlayOptions) => Promise<Played>

export function kept({ strict }: PlayOptions): typeof keptToday {
  return strict ? { outcomesOverFullDisk: true } : keptToday
}

export function played(kind: string, rounds: number, soak: Soak, notes: Played['notes']): Played {
  const { calls, lost } = soak.load.counts
  const { executions, promises } = soak.counts
  return { kind, rounds, calls, executions, promises, lost, lies: soak.lies, notes }
}

/** `p50 / p99 / max` of milliseconds; what never came counts as infinite. */
export function renderSpread(timesMs: readonly (number | undefined)[]): string {
  const sorted = timesMs.map((ms = Number.POSITIVE_INFINITY) => ms).sort((a, b) => a - b)
  const at = (part: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed()
  return `${at(0.5)} / ${at(0.99)} / ${at(1)}`
}
