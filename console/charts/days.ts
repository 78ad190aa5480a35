/** A counter as differences per day: what was counted on which day, and where nobody can say on which. */
import type { Json, Reading } from '@fairlead/protocol/contract'

export interface Day {
  /** Its beginning in the reader's zone. */
  fromMs: number
  /** undefined: not read on it. */
  count: number | undefined
}

/** Between two readings that lie too far apart. */
export interface Span {
  /** The beginning of its first day, and the end of its last one. */
  fromMs: number
  toMs: number
  /** undefined: the counter has begun again, so nobody knows. */
  count: number | undefined
}

export interface Counted {
  /** Each from that of the first reading on. */
  days: readonly Day[]
  spans: readonly Span[]
}

interface Count {
  value: number
  fromMs: number
  untilMs: number
}

/**
 * What was counted between two readings is of the day on which the later one was made, unless nothing was read for longer than
 * `gapMs`: then nobody knows of which day it is. Where nothing was counted meanwhile, that is known of each of them.
 */
export function daysOf(readings: readonly Reading[], gapMs: number): Counted {
  const counts = readings.flatMap(countIn)
  const byDay = new Map<number, number>()
  const spans: Span[] = []
  const put = (day: number, count: number) => byDay.set(day, (byDay.get(day) ?? 0) + count)
  const readFrom = (fromMs: number, untilMs: number) => {
    for (let day = startOf(fromMs); day <= untilMs; day = after(day)) put(day, 0)
  }
  for (const [at, now] of counts.entries()) {
    const before = counts[at - 1]
    readFrom(now.fromMs, now.untilMs)
    if (!before) continue
    const more = now.value - before.value
    const span = { fromMs: startOf(before.untilMs), toMs: after(startOf(now.fromMs)) }
    if (more < 0) spans.push({ ...span, count: undefined })
    else if (more === 0) readFrom(before.untilMs, now.fromMs)
    else if (now.fromMs - before.untilMs > gapMs) spans.push({ ...span, count: more })
    else put(startOf(now.fromMs), more)
  }
  return { days: withHoles(byDay), spans }
}

function withHoles(byDay: ReadonlyMap<number, number>): Day[] {
  const [first, last] = [Math.min(...byDay.keys()), Math.max(...byDay.keys())]
  const days: Day[] = []
  for (let day = first; day <= last; day = after(day)) days.push({ fromMs: day, count: byDay.get(day) })
  return days
}

function countIn({ value, at, untilAt }: Reading): Count[] {
  const number = numberIn(value)
  return number === undefined ? [] : [{ value: number, fromMs: Date.parse(at), untilMs: Date.parse(untilAt) }]
}

/** A counter has its unit beside it. */
function numberIn(value: Json): number | undefined {
  const inside = typeof value === 'object' && value !== null && !Array.isArray(value) ? value['value'] : value
  return typeof inside === 'number' ? inside : undefined
}

export function startOf(atMs: number): number {
  return new Date(atMs).setHours(0, 0, 0, 0)
}

/** Days are not all of one length. */
export function after(dayMs: number): number {
  const day = new Date(dayMs)
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime()
}
