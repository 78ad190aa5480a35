/** Services and orders as they are known here: read whole or page by page, and put right as orders change. */
import type { Order, Subscription } from '@fairlead/protocol/contract'
import type { OrdersFilter } from '@fairlead/sdk'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { relay } from '../relay.ts'
import { allOf } from './all-of.ts'
import { useGathered } from './gathered.ts'
import { useEvents } from './stream.ts'

/** Several changes within this time are one read. */
const gatherMs = 200

export interface Services {
  /** By age; undefined: not read yet. */
  items: readonly Subscription[] | undefined
  error: unknown
  reload(): void
}

/** An account has few: all of them are read. */
export function useServices(): Services {
  const [items, setItems] = useState<readonly Subscription[]>()
  const [error, setError] = useState<unknown>()
  const read = useCallback(async () => {
    try {
      setItems(await allOf(relay.subscriptions.list))
      setError(undefined)
    } catch (thrown) {
      setError(thrown)
    }
  }, [])
  useEffect(() => void read(), [read])
  const readSoon = useGathered(() => void read(), gatherMs)
  useEvents(({ type }) => {
    if (type === 'order.changed' || type === 'reset') readSoon()
  })
  return { items, error, reload: () => void read() }
}

export type OrderFilter = Pick<OrdersFilter, 'device' | 'subscription' | 'state'>

export interface Orders {
  /** The newest first; undefined: not read yet. */
  items: readonly Order[] | undefined
  error: unknown
  hasMore: boolean
  readMore(): void
  reload(): void
}

export function useOrders(filter: OrderFilter, limit = 50): Orders {
  const key = JSON.stringify(filter)
  const [items, setItems] = useState<readonly Order[]>()
  const [cursor, setCursor] = useState<string>()
  const [error, setError] = useState<unknown>()
  const newest = useRef(key)
  newest.current = key

  const read = useCallback(
    async (from: string | undefined) => {
      try {
        const page = await relay.orders.list({ ...filter, limit, ...(from !== undefined && { cursor: from }) })
        if (newest.current !== key) return
        setItems((before) => (from === undefined ? page.items : merged(before ?? [], page.items)))
        setCursor(page.nextCursor ?? undefined)
        setError(undefined)
      } catch (thrown) {
        if (newest.current === key) setError(thrown)
      }
    },
    [key, limit],
  )
  useEffect(() => {
    setItems(undefined)
    setError(undefined)
    void read(undefined)
  }, [read])

  async function note(orderId: string): Promise<void> {
    try {
      const order = await relay.orders.find(orderId)
      if (newest.current !== key) return
      // One that is shown stays, though it may have come into another state: it is what somebody looks at.
      setItems((before) => {
        const isShown = before?.some((one) => one.orderId === orderId)
        return before && (isShown || fits(order, filter)) ? merged(before, [order]) : before
      })
    } catch (thrown) {
      setError(thrown)
    }
  }
  useEvents(({ type, data }) => {
    if (type === 'reset') return void read(undefined)
    if (type !== 'order.changed' || (filter.device !== undefined && data.device !== filter.device)) return
    void note(String(data['orderId']))
  })

  return {
    items,
    error,
    hasMore: cursor !== undefined,
    readMore: () => void (cursor !== undefined && read(cursor)),
    reload: () => void read(undefined),
  }
}

function fits({ device, subscriptionId, state }: Order, filter: OrderFilter): boolean {
  const { device: ofDevice = device, subscription = subscriptionId, state: in_ = state } = filter
  return ofDevice === device && subscription === subscriptionId && in_ === state
}

/** @param others take the place of those that are the same orders */
function merged(some: readonly Order[], others: readonly Order[]): Order[] {
  const byId = new Map([...some, ...others].map((order) => [order.orderId, order]))
  return [...byId.values()].sort(newestFirst)
}

function newestFirst(one: Order, other: Order): number {
  const byTime = Date.parse(other.createdAt) - Date.parse(one.createdAt)
  return byTime === 0 ? (one.orderId < other.orderId ? 1 : -1) : byTime
}
