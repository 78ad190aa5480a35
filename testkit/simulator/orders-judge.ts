/** What an outsider can say of orders (B8), from what devices told, who owned them and what services heard. */
import type { Json, Order } from '@fairlead/protocol/contract'

/** What happened to a device, as whoever stood beside it saw it. */
export type Fact =
  | { at: number; is: 'read'; value: Json }
  | { at: number; is: 'claimed'; account: string }
  | { at: number; is: 'instructed' }
  | { at: number; is: 'released' }

export interface Subscribed {
  id: string
  account: string
  /** From when it was known to be paused until somebody ended that. */
  pauses: [number, number][]
  isPaused: boolean
  pausedAt?: number
}

export interface Seen {
  orders: readonly Order[]
  subscriptions: readonly Subscribed[]
  histories: readonly { id: string; owner: string | undefined; facts: readonly Fact[] }[]
  heard: readonly { id: string; body: string }[]
}

const apartMs = 5_000
const isLow = (value: Json) => typeof value === 'number' && value <= 20
const isNew = (value: Json) => typeof value === 'number' && value >= 30

/** Two that fit follow each other, agree and are far enough apart, and all between them fit as well. */
function hasPair(facts: readonly Fact[], fits: (value: Json) => boolean): boolean {
  const reads = facts.filter((fact) => fact.is === 'read')
  return reads.some((first, at) => {
    const after = reads.slice(at)
    const end = after.findIndex(({ value }) => !fits(value))
    const run = end < 0 ? after : after.slice(0, end)
    return run.some(
      ({ at: later, value }) => later - first.at >= apartMs && Math.abs(Number(value) - Number(first.value)) <= 5,
    )
  })
}

/** @returns what must never be and was */
export function judgeOrders(seen: Seen): string[] {
  const byAge = [...seen.orders].sort((one, other) => one.createdAt.localeCompare(other.createdAt))
  return [...judgeEach(byAge, seen), ...judgeHeard(seen), ...judgeEnd(byAge, seen)]
}

function judgeEach(byAge: readonly Order[], { subscriptions, histories }: Seen): string[] {
  return byAge.flatMap((order, at) => {
    const { device, subscriptionId, life, createdAt } = order
    const before = byAge.slice(0, at).findLast((one) => one.device === device && one.subscriptionId === subscriptionId)
    const facts = histories.find(({ id }) => id === device)?.facts ?? []
    const subscribed = subscriptions.find(({ id }) => id === subscriptionId)
    const wrongs = judgeOne(order, before, facts, subscribed)
    return wrongs.map((wrong) => `${device}, ${subscriptionId}, life ${life}, ${createdAt}: ${wrong}`)
  })
}

function judgeHeard({ orders, heard }: Seen): string[] {
  const known = new Set(orders.map(({ orderId }) => orderId))
  const told = new Set(heard.map(({ id }) => id))
  return [
    ...[...told].filter((id) => !known.has(id)).map((id) => `a service heard of an order ${id} that is not there`),
    ...orders.filter(({ state }) => state !== 'taken').map(({ orderId, state }) => `${orderId} is ${state} at the end`),
    ...orders.filter(({ orderId }) => !told.has(orderId)).map(({ orderId }) => `nobody heard of order ${orderId}`),
  ]
}

/** In the calm at the end whoever owns a device got what they wait for. */
function judgeEnd(byAge: readonly Order[], { subscriptions, histories }: Seen): string[] {
  return histories.flatMap(({ id, owner, facts }) => {
    const calmAt = facts.findLast((fact) => fact.is === 'instructed')?.at ?? 0
    const has = (subscription: string) =>
      byAge.some(
        (order) =>
          order.device === id && order.subscriptionId === subscription && Date.parse(order.createdAt) >= calmAt,
      )
    const lacking = subscriptions.filter(({ account, id: subscription }) => account === owner && !has(subscription))
    return lacking.map(({ id: subscription }) => `nothing was ordered for ${id} by ${subscription} in the end`)
  })
}

function judgeOne(
  { createdAt, account, life, reasons }: Order,
  before: Order | undefined,
  facts: readonly Fact[],
  subscribed: Subscribed | undefined,
): string[] {
  const madeAt = Date.parse(createdAt)
  const sofar = facts.filter(({ at }) => at <= madeAt)
  const owned = sofar.findLast((fact) => fact.is === 'claimed' || fact.is === 'released')
  const wrong: string[] = []
  if (owned?.is !== 'claimed' || owned.account !== account) wrong.push('it is not its owner’s')
  const since = sofar.slice(owned ? sofar.indexOf(owned) : 0)
  const pressed = since.findIndex(({ is }) => is === 'instructed')
  if (pressed < 0) wrong.push('nobody has pressed since it was claimed')
  if (!hasPair(pressed < 0 ? [] : since.slice(pressed), isLow)) wrong.push('no two readings agree that it is low')
  if (subscribed?.pauses.some(([from, to]) => from <= madeAt && madeAt < to)) wrong.push('it was paused')
  if (!subscribed) wrong.push('nobody has subscribed to it')
  if (reasons.length < 2) wrong.push('it has no reasons')
  if (life !== (before?.life ?? 0) + 1) wrong.push(`the life before it was ${before?.life ?? 'none'}`)
  const between = before && sofar.filter(({ at }) => at > Date.parse(before.createdAt))
  if (between && !hasPair(between, isNew)) wrong.push('it is the same cartridge')
  return wrong
}
