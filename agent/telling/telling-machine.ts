/**
 * What is told of a device that nobody asked (B7): pages that it has printed, and what has changed of its supplies, alerts and counter.
 * The state is all that must outlast a power cut: what was seen last, and events that the relay may not have yet.
 */
import type { Json } from '@fairlead/protocol/contract'
import { z } from 'zod'

const Event = z.discriminatedUnion('type', [
  z.object({ id: z.string(), type: z.literal('printed'), at: z.string(), pages: z.int() }),
  z.object({ id: z.string(), type: z.literal('objects'), at: z.string(), values: z.record(z.string(), z.json()) }),
])
export type ToldEvent = z.infer<typeof Event>

const Told = z.object({ value: z.json(), toldAtMs: z.number() })

export const TellingState = z.object({
  /** IDs of events begin with it: those of a folder that was lost are never used again. */
  prefix: z.string(),
  count: z.int(),
  serial: z.string().nullable(),
  pages: z.object({ value: z.number(), unit: z.json() }).nullable(),
  /** Null: it has never been looked at. */
  objects: z.record(z.string(), Told).nullable(),
  /** The oldest first. */
  waiting: z.array(Event),
})

export interface Telling extends z.infer<typeof TellingState> {
  /** So many of those that wait, from the front, the relay may have: they stay as they are. */
  tried: number
}

export type TellingInput =
  | { kind: 'looked'; objects: Readonly<Record<string, Json>> }
  /** The relay has so many of the oldest, or will never take them. */
  | { kind: 'done'; events: number }
  /** It is somebody else's now, whom nothing of before concerns. */
  | { kind: 'forget' }

export type TellingEffect = { kind: 'keep' } | { kind: 'tell' }

/** A level that goes up and down all the time is told this often. */
const thinMs = 60_000
/** While the relay is away for long: then the newest event takes in what comes. */
const mostWaiting = 50
/** What one call may hold is 64 KiB. */
const mostBytes = 48 * 1024

export function newTelling(prefix: string): Telling {
  return { prefix, count: 0, serial: null, pages: null, objects: null, waiting: [], tried: 0 }
}

/** Whatever waits may have been sent before the agent ended. */
export function recalled(state: z.infer<typeof TellingState>): Telling {
  return { ...state, tried: state.waiting.length }
}

/** @param nowMs by the wall clock, since it is told and outlasts restarts */
export function step(state: Telling, input: TellingInput, nowMs: number, effects: TellingEffect[]): void {
  switch (input.kind) {
    case 'looked':
      looked(state, input.objects, nowMs, effects)
      return
    case 'done':
      state.waiting.splice(0, input.events)
      state.tried = Math.max(0, state.tried - input.events)
      effects.push({ kind: 'keep' })
      if (state.waiting.length > 0) effects.push({ kind: 'tell' })
      return
    case 'forget':
      Object.assign(state, { serial: null, pages: null, objects: null, waiting: [], tried: 0 })
      effects.push({ kind: 'keep' })
  }
}

/** @returns the oldest that wait, as many as one call holds; from now on the relay may have them */
export function nextToTell(state: Telling, most: number): ToldEvent[] {
  let bytes = 0
  const events = state.waiting.slice(0, most).filter((event, at) => {
    bytes += Buffer.byteLength(JSON.stringify(event))
    return at === 0 || bytes <= mostBytes
  })
  state.tried = Math.max(state.tried, events.length)
  return events
}

function looked(
  state: Telling,
  { serial, ...objects }: Readonly<Record<string, Json>>,
  nowMs: number,
  effects: TellingEffect[],
): void {
  const before = JSON.stringify(state)
  const isReplaced = typeof serial === 'string' && state.serial !== null && serial !== state.serial
  if (typeof serial === 'string') state.serial = serial
  const printed = countPages(state, objects['pages'], isReplaced)
  if (printed > 0) add(state, nowMs, { type: 'printed', pages: printed })
  const changed = changes(state, objects, nowMs)
  if (Object.keys(changed).length > 0) add(state, nowMs, { type: 'objects', values: changed })
  if (JSON.stringify(state) === before) return
  effects.push({ kind: 'keep' })
  if (state.waiting.length > 0) effects.push({ kind: 'tell' })
}

/**
 * How far the counter has gone on. One that has gone back, that counts something else, or that is another device's begins anew;
 * one that is not told now goes on from where it was when it is told again.
 */
function countPages(state: Telling, told: Json | undefined, isReplaced: boolean): number {
  const now = readCounter(told)
  if (!now) return 0
  const { pages: before } = state
  state.pages = now
  if (!before || isReplaced || now.unit !== before.unit) return 0
  return Math.max(0, now.value - before.value)
}

function readCounter(told: Json | undefined): Telling['pages'] | undefined {
  if (told === null || typeof told !== 'object' || Array.isArray(told)) return undefined
  const { value, unit = null } = told
  return Number.isSafeInteger(value) ? { value: value as number, unit } : undefined
}

/** The register process has told all there is: what is seen for the first time is no news. */
function changes(state: Telling, objects: Readonly<Record<string, Json>>, nowMs: number): Record<string, Json> {
  const known = state.objects
  state.objects = { ...known }
  const news: Record<string, Json> = {}
  for (const [name, value] of Object.entries(objects)) {
    const last = known?.[name]
    const isNews = known !== null && JSON.stringify(last?.value) !== JSON.stringify(value)
    if (known !== null && (!isNews || (last && isTooSoon(name, last.toldAtMs, nowMs)))) continue
    if (isNews) news[name] = value
    state.objects[name] = { value, toldAtMs: isNews ? nowMs : 0 }
  }
  return news
}

/** A clock that was set back keeps nothing from being told. */
function isTooSoon(name: string, toldAtMs: number, nowMs: number): boolean {
  return name !== 'alerts' && toldAtMs <= nowMs && nowMs - toldAtMs < thinMs
}

type News = { type: 'printed'; pages: number } | { type: 'objects'; values: Record<string, Json> }

function add(state: Telling, nowMs: number, news: News): void {
  const at = new Date(nowMs).toISOString()
  const last = state.waiting.length < mostWaiting ? undefined : lastOf(state, news.type)
  if (last?.type === 'printed' && news.type === 'printed') Object.assign(last, { at, pages: last.pages + news.pages })
  else if (last?.type === 'objects' && news.type === 'objects')
    Object.assign(last, { at, values: { ...last.values, ...news.values } })
  else state.waiting.push({ id: `${state.prefix} ${++state.count}`, at, ...news })
}

function lastOf({ waiting, tried }: Telling, type: News['type']): ToldEvent | undefined {
  return waiting.findLast((event, at) => at >= tried && event.type === type)
}
