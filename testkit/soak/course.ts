/** The course of a long load: what its samples say of memory, file descriptors and latency; pure. */
import type { Lie } from './history.ts'

export interface Sample {
  /** Since the load began. */
  seconds: number
  rssKilobytes: number
  descriptors: number
  /** Answers since the sample before, and how long they took. */
  calls: number
  p50Ms: number
  p99Ms: number
  loopLagSeconds: number
  online: number
}

export interface Quarter {
  rssMegabytes: number
  /** The middle one, as of the times. */
  descriptors: number
  p50Ms: number
  p99Ms: number
}

export interface Course {
  hours: number
  /** Of the memory's mean, by the line through all samples after the warm-up; undefined: there are too few of them. */
  slopePercentPerHour: number | undefined
  quarters: readonly Quarter[]
}

/** What is kept for ten minutes is all there by then. */
const warmUpSeconds = 900
const shortestSeconds = 1800
/** A slope over half an hour says less than over hours: the noise of a heap is some percent of it. */
const steepestPercentPerHour = 1
const longEnoughHours = 1.5

export function summarize(samples: readonly Sample[]): Course {
  const quarterLength = Math.ceil(samples.length / 4)
  const quarters = [0, 1, 2, 3].map((at) => samples.slice(at * quarterLength, (at + 1) * quarterLength))
  const warm = samples.filter(({ seconds }) => seconds >= warmUpSeconds)
  const last = samples.at(-1)?.seconds ?? 0
  return {
    hours: last / 3600,
    slopePercentPerHour: last - warmUpSeconds < shortestSeconds ? undefined : slopeOf(warm),
    quarters: quarters.filter((quarter) => quarter.length > 0).map(quarterOf),
  }
}

function quarterOf(samples: readonly Sample[]): Quarter {
  const middle = (of: (sample: Sample) => number) => samples.map(of).sort((a, b) => a - b)[samples.length >> 1] ?? 0
  return {
    rssMegabytes: middle(({ rssKilobytes }) => rssKilobytes) / 1024,
    descriptors: middle(({ descriptors }) => descriptors),
    p50Ms: middle(({ p50Ms }) => p50Ms),
    p99Ms: middle(({ p99Ms }) => p99Ms),
  }
}

/** Least squares. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const [hours, size] = [mean(({ seconds }) => seconds / 3600), mean(({ rssKilobytes }) => rssKilobytes)]
  const over = mean(({ seconds, rssKilobytes }) => (seconds / 3600 - hours) * (rssKilobytes - size))
  const under = mean(({ seconds }) => (seconds / 3600 - hours) ** 2)
  return (100 * over) / under / size
}

export function checkCourse({ hours, slopePercentPerHour, quarters }: Course): Lie[] {
  const lies: Lie[] = []
  if (hours >= longEnoughHours && slopePercentPerHour !== undefined && slopePercentPerHour > steepestPercentPerHour)
    lies.push({ rule: 'grows', words: `Memory grows by ${slopePercentPerHour.toFixed(2)} % an hour.` })
  const [first, last] = [quarters[0], quarters.at(-1)]
  // Connections come and go by a few; a leak does not stop at some.
  if (first && last && last.descriptors > first.descriptors * 1.2 + 10)
    lies.push({ rule: 'grows', words: `File descriptors went from ${first.descriptors} to ${last.descriptors}.` })
  return lies
}
