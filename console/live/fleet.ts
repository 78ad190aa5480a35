/** The list of devices page by page, and how many there are in each state; changes come in without moving what one reads. */
import type { DeviceCounts, Json } from '@fairlead/protocol/contract'
import type { RelayEvent } from '@fairlead/sdk'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { relay } from '../relay.ts'
import { useStore } from '../store.ts'
import { learn } from './known-devices.ts'
import { type Filter, isMet } from './search.ts'
import { connection, useEvents } from './stream.ts'

export interface Fleet {
  /** By ID; undefined: not read yet. */
  ids: readonly string[] | undefined
  error: unknown
  /** There is more to read at the relay. */
  hasMore: boolean
  /** Others would be in the list, were it read now. */
  isOutdated: boolean
  counts: DeviceCounts | undefined
  readMore(): void
  reload(): void
}

const pageSize = 100
/** Counts are asked for at most so often, whatever happens; the first time soon, and once for what happens together. */
const countEveryMs = 500
/** Where the relay has to look into what devices have told. */
const countObjectsEveryMs = 5_000
const gatherMs = 50

interface Page {
  ids: readonly string[] | undefined
  cursor: string | undefined
  error: unknown
  isOutdated: boolean
}

const nothing: Page = { ids: undefined, cursor: undefined, error: undefined, isOutdated: false }

/** @param inserted told with the place of a device that has just come into the list */
export function useFleet(filter: Filter, inserted: (at: number) => void): Fleet {
  const { state: _, ...others } = filter
  const key = JSON.stringify(filter)
  const [page, setPage] = useState<Page>(nothing)
  const current = useRef({ key, page })
  current.current.key = key
  // At once and not with the next drawing: several events may come before that.
  const update = (edit: (page: Page) => Page) => {
    current.current.page = edit(current.current.page)
    setPage(current.current.page)
  }
  const isReading = useRef<string | undefined>(undefined)

  const read = useCallback(
    async (cursor: string | undefined) => {
      const reading = `${key} ${cursor ?? ''}`
      if (isReading.current === reading) return
      isReading.current = reading
      try {
        const askedAtMs = performance.now()
        const { items, nextCursor } = await relay.devices.list({
          ...filter,
          limit: pageSize,
          ...(cursor && { cursor }),
        })
        if (current.current.key !== key) return
        for (const device of items) learn(device, askedAtMs)
        const ids = items.map(({ id }) => id)
        update(({ ids: before, isOutdated }) => ({
          ids: cursor === undefined ? ids : [...(before ?? []), ...ids],
          cursor: nextCursor ?? undefined,
          error: undefined,
          isOutdated: cursor !== undefined && isOutdated,
        }))
      } catch (error) {
        if (current.current.key === key) update((before) => ({ ...before, error }))
      } finally {
        if (isReading.current === reading) isReading.current = undefined
      }
    },
    [key],
  )

  useEffect(() => {
    // What was there stays until the other list has come.
    update(({ ids }) => ({ ...nothing, ids }))
    void read(undefined)
  }, [read])

  const [counts, recount] = useCounts(others)

  const { is: connected } = useStore(connection)
  useEffect(() => {
    // What could not be read while the relay was lost.
    if (connected === 'connected' && current.current.page.error !== undefined) void read(undefined)
  }, [connected])

  useEvents((event) => {
    if (event.type === 'reset') {
      void read(undefined)
      recount()
      return
    }
    if (/^device\.(online|offline|asleep|registered|removed)$/.test(event.type) || bearsOn(event, filter)) recount()
    const { ids, cursor } = current.current.page
    const id = event.data.device
    if (ids === undefined || id === undefined || ids.includes(id) || !maySay(event, filter)) return
    const isAll = Object.values(filter).every((one) => one === undefined)
    // Which of the others fits is for the relay to say: it is offered, and nothing moves by itself.
    if (!isAll) return update((before) => ({ ...before, isOutdated: true }))
    const at = ids.findIndex((other) => other > id)
    if (at < 0 && cursor !== undefined) return
    const place = at < 0 ? ids.length : at
    update((before) => ({ ...before, ids: ids.toSpliced(place, 0, id) }))
    inserted(place)
  })

  return {
    ids: page.ids,
    error: page.error,
    hasMore: page.cursor !== undefined,
    isOutdated: page.isOutdated,
    counts,
    readMore: () => void (page.cursor !== undefined && read(page.cursor)),
    reload() {
      void read(undefined)
      recount()
    },
  }
}

/** Whether it says of a device that is not in the list that it may belong there. */
function maySay(event: RelayEvent, { state, tag = [], where = [] }: Filter): boolean {
  const { type, data } = event
  if (type === 'device.registered' || (state !== undefined && type === `device.${state}`)) return true
  if (type === 'device.changed' && Array.isArray(data['tags'])) {
    const tags: unknown[] = data['tags']
    return tag.length > 0 && [tag].flat().every((one) => tags.includes(one))
  }
  const told = valuesIn(event)
  return told !== undefined && where.some((one) => isMet(one, (object) => told[object]))
}

/** What a device has just told, if it did. */
function valuesIn({ type, data }: RelayEvent): Readonly<Record<string, Json>> | undefined {
  return type === 'device.event' ? (data['event'] as { values?: Record<string, Json> } | undefined)?.values : undefined
}

/** Whether more or fewer may fit, besides by their states. */
function bearsOn(event: RelayEvent, { tag, where }: Filter): boolean {
  if (event.type === 'device.changed') return tag !== undefined
  return where !== undefined && valuesIn(event) !== undefined
}

function useCounts(filter: Omit<Filter, 'state'>): [DeviceCounts | undefined, () => void] {
  const key = JSON.stringify(filter)
  const [counts, setCounts] = useState<DeviceCounts>()
  const waiting = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const countedAt = useRef(0)
  const count = useCallback(async () => {
    countedAt.current = performance.now()
    try {
      setCounts(await relay.devices.count(filter))
    } catch {
      // The list beside it tells what is wrong; the old numbers stay until there are new ones.
    }
  }, [key])
  useEffect(() => {
    void count()
    return () => {
      clearTimeout(waiting.current)
      waiting.current = undefined
    }
  }, [count])
  const recount = () => {
    const everyMs = filter.where === undefined ? countEveryMs : countObjectsEveryMs
    const restMs = countedAt.current + everyMs - performance.now()
    waiting.current ??= setTimeout(
      () => {
        waiting.current = undefined
        void count()
      },
      Math.max(gatherMs, restMs),
    )
  }
  return [counts, recount]
}
