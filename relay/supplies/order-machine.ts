/**
 * When something is ordered for a device (B8): only while its owner wants it, when every condition holds by two readings that
 * agree, and once for each cartridge. A cartridge is a new one when its level has risen again, by two readings as well.
 */
import type { Condition, Json, ReadingSource } from '@fairlead/protocol/contract'
import { agree, isMetBy, isRenewedBy } from './conditions.ts'

export interface Told {
  value: Json
  /** Milliseconds since 1970. */
  at: number
  source: ReadingSource
}

/** That a condition holds, reading after reading. */
export interface Evidence {
  /** Since then, without a break. */
  since: Told
  /** What the next one is held against. */
  first: Told
  /** It agrees with one before it, that far away from it in time. */
  pair: readonly [Told, Told] | null
  last: Told
}

export interface OrderMachine {
  readonly conditions: readonly Condition[]
  /** Which cartridge it is, from 1. */
  life: number
  /** For this one. */
  ordered: boolean
  /** The first reading that speaks for a new one. */
  renewed: Told | null
  /** Of each condition; null: it does not hold, as far as is known. */
  evidence: (Evidence | null)[]
  /** When each object was read last: what comes later and is older says nothing. */
  newest: Record<string, number>
}

export interface OrderEvent {
  kind: 'read'
  /** Each object once. What was read together is weighed together: the one may speak against the other. */
  told: readonly (Told & { object: string })[]
  /** Since when the owner wants services to be performed; undefined: they are not. */
  wantedSinceAt: number | undefined
  isPaused: boolean
}

export type OrderEffect =
  /** @see OrderMachine.life */
  | { kind: 'order'; life: number; evidence: readonly Evidence[] }
  /** Read it again at this moment: what was read needs another reading beside it. */
  | { kind: 'look'; atMs: number }

/** What a printer says twice within a moment, it may say for one and the same reason. */
export const apartMs = 5_000
/** How it was so long ago is no evidence of how it is. */
const staleMs = 3_600_000

export function newOrderMachine(conditions: readonly Condition[]): OrderMachine {
  return { conditions, life: 1, ordered: false, renewed: null, evidence: conditions.map(() => null), newest: {} }
}

export function step(state: OrderMachine, event: OrderEvent, now: number, effects: OrderEffect[]): void {
  const news = new Map<string, Told>()
  for (const { object, ...told } of event.told) {
    // Of before the relay's clock was put back, everything would be old.
    if (told.at < Math.min(state.newest[object] ?? 0, now) || !isAwaited(state, object)) continue
    state.newest[object] = told.at
    news.set(object, told)
  }
  if (news.size === 0) return
  const wantedSinceAt = event.isPaused ? undefined : event.wantedSinceAt
  state.evidence = state.evidence.map((before, place) => {
    const condition = state.conditions[place] as Condition
    const told = news.get(condition.object)
    if (!told) return before
    const counts = wantedSinceAt !== undefined && told.at >= wantedSinceAt && isMetBy(condition, told.value)
    return counts ? withAnother(before, told, wantedSinceAt) : null
  })
  if (state.ordered) lookForNewCartridge(state, news, effects)
  else if (wantedSinceAt !== undefined) lookForOrder(state, wantedSinceAt, now, effects)
}

function isAwaited({ conditions }: OrderMachine, object: string): boolean {
  return conditions.some((condition) => condition.object === object)
}

function withAnother(before: Evidence | null, told: Told, wantedSinceAt: number): Evidence {
  const isBroken = before && (told.at < before.last.at || told.at - before.last.at > staleMs)
  if (!before || isBroken || before.since.at < wantedSinceAt)
    return { since: told, first: told, pair: null, last: told }
  const { since, first, pair } = before
  if (!agree(first.value, told.value)) return { since, first: told, pair: null, last: told }
  return told.at - first.at < apartMs
    ? { since, first, pair, last: told }
    : { since, first: told, pair: [first, told], last: told }
}

function lookForOrder(state: OrderMachine, wantedSinceAt: number, now: number, effects: OrderEffect[]): void {
  const evidence = state.evidence.filter((each) => each !== null)
  if (evidence.length < state.conditions.length) return
  const isStale = ({ since, last }: Evidence) => since.at < wantedSinceAt || now - last.at > staleMs
  if (evidence.some(isStale)) {
    // Only now: it has to be read again. Once, for its device may not tell it any more.
    state.evidence = evidence.map((each) => (isStale(each) ? null : each))
    effects.push({ kind: 'look', atMs: now })
    return
  }
  const lateMs = state.conditions.map((condition, place) => whenEnough(condition, evidence[place] as Evidence))
  const next = lateMs.filter((atMs) => atMs !== undefined)
  if (next.length === 0) {
    state.ordered = true
    effects.push({ kind: 'order', life: state.life, evidence })
    return
  }
  // Before it is stale: that it held without a break is known of what was read only.
  effects.push({ kind: 'look', atMs: Math.min(Math.max(...next), now + staleMs / 2) })
}

/** @returns when another reading may complete it; undefined: it is complete */
function whenEnough({ forSeconds }: Condition, { since, first, pair, last }: Evidence): number | undefined {
  const untilMs = since.at + forSeconds * 1000
  if (!pair) return Math.max(first.at + apartMs, untilMs)
  return last.at >= untilMs ? undefined : untilMs
}

/** The first condition is about what is ordered. */
function lookForNewCartridge(state: OrderMachine, news: ReadonlyMap<string, Told>, effects: OrderEffect[]): void {
  const [first] = state.conditions
  const told = first && news.get(first.object)
  if (!told) return
  if (!isRenewedBy(first, told.value)) state.renewed = null
  else if (!state.renewed || !agree(state.renewed.value, told.value)) state.renewed = told
  else if (told.at - state.renewed.at >= apartMs) {
    state.life++
    state.ordered = false
    state.renewed = null
    return
  }
  if (state.renewed) effects.push({ kind: 'look', atMs: state.renewed.at + apartMs })
}
