/** What a device read over time: all pages of it, thinned by the relay so that a year is some two thousand readings. */
import type { Reading } from '@fairlead/protocol/contract'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { relay } from '../relay.ts'
import { useGathered } from './gathered.ts'
import { useEvents } from './stream.ts'

export const ranges = [7, 30, 400] as const
export type RangeDays = (typeof ranges)[number]

const daySeconds = 86_400
/** Of a span of that length the last reading is enough for a line. */
const everySecondsOf: Record<RangeDays, number> = { 7: 1_800, 30: 7_200, 400: daySeconds }
/** Counters are told apart by days, wherever those begin for the reader. */
const everySecondsOfCounter = 21_600
/** Several tellings within this time are read once. */
const gatherMs = 1_000

export interface History {
  readings: readonly Reading[]
  fromMs: number
  toMs: number
  /** Nothing was read for longer, at least a day: it is not known what held. */
  gapMs: number
}

export function useHistory(device: string, days: RangeDays) {
  const [history, setHistory] = useState<History>()
  const [error, setError] = useState<unknown>()
  const wanted = useRef(days)
  wanted.current = days
  const read = useCallback(async () => {
    try {
      const made = await readHistory(device, days)
      if (wanted.current !== days) return
      setHistory(made)
      setError(undefined)
    } catch (thrown) {
      setError(thrown)
    }
  }, [device, days])
  useEffect(() => void read(), [read])
  const readSoon = useGathered(() => void read(), gatherMs)
  useEvents(({ type, data }) => {
    const isNews = data.device === device && (type === 'device.event' || type === 'device.registered')
    if (isNews || type === 'reset') readSoon()
  })
  return { history, error, reload: () => void read() }
}

async function readHistory(device: string, days: RangeDays): Promise<History> {
  const toMs = Date.now()
  const fromMs = toMs - days * daySeconds * 1000
  const everySeconds = everySecondsOf[days]
  const span = { from: new Date(fromMs).toISOString() }
  const all = await readAll(device, { ...span, everySeconds })
  const readings = everySeconds <= everySecondsOfCounter ? all : await withCounters(device, span, all)
  return { readings, fromMs, toMs, gapMs: (daySeconds + 2 * everySeconds) * 1000 }
}

const counters = ['pages', 'printed']

async function withCounters(device: string, span: { from: string }, all: readonly Reading[]): Promise<Reading[]> {
  const object = counters.find((name) => all.some((one) => one.object === name))
  if (object === undefined) return [...all]
  const counted = await readAll(device, { ...span, object, everySeconds: everySecondsOfCounter })
  return [...all.filter((one) => one.object !== object), ...counted]
}

async function readAll(
  device: string,
  filter: NonNullable<Parameters<typeof relay.devices.readings>[1]>,
): Promise<Reading[]> {
  const readings: Reading[] = []
  let cursor: string | null | undefined
  do {
    const page = await relay.devices.readings(device, { ...filter, limit: 500, ...(cursor && { cursor }) })
    readings.push(...page.items)
    cursor = page.nextCursor
  } while (cursor)
  return readings
}
