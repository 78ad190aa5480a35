/** Readings of levels as steps: what was read, what the device did not know, where nothing was read, and when it may be empty. */
import type { Reading } from '@fairlead/protocol/contract'

export interface Step {
  fromMs: number
  /** Read for the last time. */
  untilMs: number
  /** undefined: the device did not know how much. */
  percent: number | undefined
  /** As the device said it. */
  told: Reading['value']
}

export interface Level {
  object: string
  /** `black` of `toner.black`. */
  color: string
  /** By time; at least one. */
  steps: readonly Step[]
}

export interface Prediction {
  emptyAtMs: number
  /** Of so many days, whole ones. */
  days: number
  /** Where its line begins: the last that was read. */
  fromMs: number
  percent: number
}

export const dayMs = 24 * 3_600_000

/** `toner.black.1` is under the plain name as well. */
const levelName = /^(?:toner|ink)\.([a-z-]+)$/

export function levelsOf(readings: readonly Reading[]): Level[] {
  const byObject = Map.groupBy(readings, ({ object }) => object)
  return [...byObject]
    .flatMap(([object, mine]) => {
      const color = levelName.exec(object)?.[1]
      return color === undefined ? [] : [{ object, color, steps: mine.map(stepOf) }]
    })
    .sort((one, other) => placeOf(one.color) - placeOf(other.color) || (one.object < other.object ? -1 : 1))
}

/** As they stand in a printer. */
const order = ['black', 'cyan', 'magenta', 'yellow']
const placeOf = (color: string) => order.indexOf(color) + 1 || order.length + 1

function stepOf({ value, at, untilAt }: Reading): Step {
  const percent = typeof value === 'number' && value >= 0 && value <= 100 ? value : undefined
  return { fromMs: Date.parse(at), untilMs: Date.parse(untilAt), percent, told: value }
}

/** What held at that moment, as far as anybody knows. @param gapMs nothing was read for longer: it is not known what held meanwhile */
export function stepAt(steps: readonly Step[], atMs: number, gapMs: number): Step | undefined {
  const place = steps.findLastIndex(({ fromMs }) => fromMs <= atMs)
  const step = steps[place]
  if (!step || atMs <= step.untilMs) return step
  const nextMs = steps[place + 1]?.fromMs ?? atMs
  return nextMs - step.untilMs <= gapMs ? step : undefined
}

export interface Gap {
  fromMs: number
  toMs: number
}

/** Between two readings. */
export function gapsIn(steps: readonly Step[], gapMs: number): Gap[] {
  return steps.flatMap(({ untilMs }, at) => {
    const next = steps[at + 1]
    return next && next.fromMs - untilMs > gapMs ? [{ fromMs: untilMs, toMs: next.fromMs }] : []
  })
}

/** Further back it was perhaps another time of the year. */
const basisDays = 21
/** Fewer days or readings, or a smaller fall, say nothing of what comes. */
const [fewestDays, fewestReadings, smallestFall] = [3, 4, 4]
/** So much higher, and it is another cartridge. */
const refill = 5
/** Beyond that nobody plans. */
const furthestDays = 730

/**
 * By how far it fell on the average of the last 21 days, or since its cartridge was changed.
 *
 * @returns undefined: too few readings say so, or it does not fall
 */
export function predictionOf(steps: readonly Step[], nowMs: number, gapMs: number): Prediction | undefined {
  const last = steps.at(-1)
  if (last?.percent === undefined || nowMs - last.untilMs > gapMs) return undefined
  const basis = sinceRefill(steps.filter(({ untilMs }) => untilMs >= nowMs - basisDays * dayMs))
  const [first] = basis
  if (!first || basis.length < fewestReadings) return undefined
  const fromMs = Math.max(first.fromMs, nowMs - basisDays * dayMs)
  const spanMs = last.untilMs - fromMs
  const fall = first.percent - last.percent
  if (spanMs < fewestDays * dayMs || fall < smallestFall) return undefined
  const restMs = (last.percent / fall) * spanMs
  if (restMs > furthestDays * dayMs) return undefined
  const days = Math.round(spanMs / dayMs)
  return { emptyAtMs: last.untilMs + restMs, days, fromMs: last.untilMs, percent: last.percent }
}

/** Those that say how much, of the cartridge that is in it now. */
function sinceRefill(steps: readonly Step[]): { fromMs: number; percent: number }[] {
  const known = steps.flatMap(({ fromMs, percent }) => (percent === undefined ? [] : [{ fromMs, percent }]))
  const last = known.findLastIndex(({ percent }, at) => percent - (known[at - 1]?.percent ?? percent) >= refill)
  return known.slice(Math.max(0, last))
}
