/** How overloaded a node is: what its heap and its event loop show becomes one level, which rises at once and falls step by step. */

/** 0: it does all that it is asked for. Each level above sheds one kind of work more (`order.ts`). */
export type Level = 0 | 1 | 2 | 3 | 4

/** What was seen since the last sample, some half a second ago. */
export interface Sample {
  /** How late the event loop was at worst. */
  lagMs: number
  /** 0 to 1: of the heap that may be used, what is needed. */
  heapShare: number
}

export interface Load {
  level: Level
  /** All of the last samples but one were at least so late. */
  lagMs: number
  heapShare: number
}

export interface LoadState extends Load {
  /** Of the last samples, the newest last. */
  lagsMs: readonly number[]
  /** Since when all has been well below what made this level. */
  calmSinceMs: number | undefined
}

/** Where the first level begins. */
export interface LoadLimits {
  lagMs: number
  /** 0 to 1. */
  heapShare: number
}

/** Each level begins where the loop is twice as late as at the one before: a relay bears half of what it is asked then. */
const lagSteps = [1, 2, 4, 8] as const
/** The same for the heap, as shares of what was free at the first: from 75 % on these are 78, 81 and 84, since R-12 wants all to be shed before 85. */
const heapSteps = [0, 0.12, 0.24, 0.36] as const

/**
 * Some stalls, stops for the collection of garbage or a machine that is shared, are no overload: all of these but one must be late.
 * What has more to do than it can is late all the time.
 */
const samplesKept = 8
const samplesLate = 7

/** So much below a step it has become calm; at the step itself the level would swing. */
const lagEase = 0.75
const heapEase = 0.12

/** What was shed comes back at once: each level is tried for so long. */
const easeMs = 2000

export const calm: LoadState = { level: 0, lagMs: 0, heapShare: 0, lagsMs: [], calmSinceMs: undefined }

export function step(state: LoadState, { lagMs, heapShare }: Sample, nowMs: number, limits: LoadLimits): LoadState {
  const lagsMs = [...state.lagsMs, lagMs].slice(-samplesKept)
  const seen = { lagMs: lagsMs.toSorted((one, other) => other - one)[samplesLate - 1] ?? 0, heapShare, lagsMs }
  const level = levelOf(seen.lagMs, seen.heapShare, limits)
  if (level > state.level) return { ...seen, level, calmSinceMs: undefined }
  if (state.level === 0 || !isCalm(seen, state.level, limits))
    return { ...seen, level: state.level, calmSinceMs: undefined }
  const calmSinceMs = state.calmSinceMs ?? nowMs
  if (nowMs - calmSinceMs < easeMs) return { ...seen, level: state.level, calmSinceMs }
  return { ...seen, level: below(state.level), calmSinceMs: nowMs }
}

function isCalm({ lagMs, heapShare }: Sample, level: Level, limits: LoadLimits): boolean {
  return levelOf(lagMs / lagEase, heapShare + heapEase * (1 - limits.heapShare), limits) < level
}

function levelOf(lagMs: number, heapShare: number, limits: LoadLimits): Level {
  const byLag = lagSteps.filter((times) => lagMs >= times * limits.lagMs).length
  // A hair's breadth less: these are sums of fractions that no float holds.
  const free = 1 - limits.heapShare
  const byHeap = heapSteps.filter((share) => heapShare >= limits.heapShare + share * free - 1e-9).length
  return Math.max(byLag, byHeap) as Level
}

function below(level: Level): Level {
  return Math.max(0, level - 1) as Level
}
