/** What is measured of each server, in the order and the words of the table. */

export const figures = {
  setUpPerSecond: { title: 'sessions set up per second, SCRAM included', better: 'more', digits: 0 },
  setUpPerCpuSecond: { title: "sessions set up per second of the server's processor time", better: 'more', digits: 0 },
  idleKb: { title: 'KB resident per idle session', better: 'less', digits: 1 },
  idlePollMs: { title: 'processor time per idle poll, ms', better: 'less', digits: 3 },
  roundTripsPerSecond: { title: 'round trips per second, 256 in flight', better: 'more', digits: 0 },
  roundTripCpuUs: { title: "the server's processor time per round trip, µs", better: 'less', digits: 0 },
  openP50Ms: { title: 'p50 at 500 a second, ms', better: 'less', digits: 2 },
  openP90Ms: { title: 'p90 at 500 a second, ms', better: 'less', digits: 2 },
  openP99Ms: { title: 'p99 at 500 a second, ms', better: 'less', digits: 2 },
  openMaxMs: { title: 'slowest at 500 a second, ms', better: 'less', digits: 1 },
  busyKb: { title: 'KB resident per session after that traffic', better: 'less', digits: 1 },
  stormSeconds: { title: 'the storm: all log in at once, seconds', better: 'less', digits: 1 },
  comeBackSeconds: { title: 'back after kill -9 and restart, seconds', better: 'less', digits: 1 },
  continuedPercent: { title: 'of them without a log-in, %', better: 'more', digits: 1 },
} as const satisfies Record<string, { title: string; better: 'more' | 'less'; digits: number }>

export type FigureName = keyof typeof figures

export const figureNames = Object.keys(figures) as FigureName[]

/** The cost of a session while so many are held. */
export interface GrowthStep {
  devices: number
  kbPerSession: number
  pollMs: number
}

export interface ServerResult {
  name: string
  title: string
  version: string
  /** Medians; what was not measured is not there. */
  figures: Partial<Record<FigureName, number>>
  growth: GrowthStep[]
  /** Part of its one processor that the generator used in the closed loop: near 1, and it is the limit itself. */
  generatorBusy: number
  /** Answers that were wrong or missing, sessions that were lost: figures with any of them are worth little. */
  failed: number
  lost: number
  /** What the last of them said. */
  trouble: string
  /** Every repeat as it was read. */
  runs: Record<string, unknown>[]
}

export interface BenchResult {
  at: string
  machine: Record<string, string | number>
  plan: object
  servers: ServerResult[]
}

/** This relay, in one of the ways in which it was measured. */
export function isOwn({ name }: ServerResult): boolean {
  return name.startsWith('fairlead')
}

/** How many times better `one` is than `other`: above 1 whatever the figure counts. */
export function ratioOf(name: FigureName, one: number, other: number): number {
  return figures[name].better === 'more' ? one / other : other / one
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}
