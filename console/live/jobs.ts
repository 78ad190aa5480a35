/** Jobs as they are known here: read page by page, and put right as they change. */
import type { EventData, Job } from '@fairlead/protocol/contract'
import type { JobsFilter } from '@fairlead/sdk'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { relay } from '../relay.ts'
import { useGathered } from './gathered.ts'
import { useEvents } from './stream.ts'

/** Several new jobs within this time are one read. */
const gatherMs = 300

export type JobFilter = Pick<JobsFilter, 'device'> & { state?: 'open' | 'ended' }

export interface Jobs {
  /** The newest first; undefined: not read yet. */
  items: readonly Job[] | undefined
  error: unknown
  hasMore: boolean
  readMore(): void
  reload(): void
}

export function useJobs(filter: JobFilter, limit = 50): Jobs {
  const key = JSON.stringify(filter)
  const [items, setItems] = useState<readonly Job[]>()
  const [cursor, setCursor] = useState<string>()
  const [error, setError] = useState<unknown>()
  const newest = useRef(key)
  newest.current = key
  const shown = useRef<ReadonlySet<string>>(new Set())
  shown.current = new Set(items?.map(({ jobId }) => jobId))
  /** What was told while a page was on its way: it may be newer than the page. */
  const heard = useRef<EventData[]>([])
  const reads = useRef(0)

  const read = useCallback(
    async (how: { from?: string; keep?: boolean } = {}) => {
      reads.current++
      try {
        const page = await relay.jobs.list({ ...filter, limit, ...(how.from !== undefined && { cursor: how.from }) })
        if (newest.current !== key) return
        const told = heard.current.reduce(apply, page.items as readonly Job[])
        setItems((before) => (how.from === undefined && !how.keep ? told : merged(before ?? [], told)))
        // What is new stands before the pages that are read already.
        if (!how.keep) setCursor(page.nextCursor ?? undefined)
        setError(undefined)
      } catch (thrown) {
        if (newest.current === key) setError(thrown)
      } finally {
        if (--reads.current === 0) heard.current = []
      }
    },
    [key, limit],
  )
  useEffect(() => {
    setItems(undefined)
    setCursor(undefined)
    setError(undefined)
    void read()
  }, [read])
  const readNew = useGathered(() => void read({ keep: true }), gatherMs)

  useEvents(({ type, data }) => {
    if (type === 'reset') return void read()
    if (type !== 'job.changed' || (filter.device !== undefined && data.device !== filter.device)) return
    if (reads.current > 0) heard.current.push(data)
    // One that is shown stays, though it may have come into another state: it is what somebody looks at.
    setItems((before) => before && apply(before, data))
    if (!shown.current.has(String(data['jobId']))) readNew()
  })

  return {
    items,
    error,
    hasMore: cursor !== undefined,
    readMore: () => void (cursor !== undefined && read({ from: cursor })),
    reload: () => void read(),
  }
}

/** What an event says of a job is all that a list shows of its change. */
function apply(items: readonly Job[], data: EventData): readonly Job[] {
  const at = items.findIndex(({ jobId }) => jobId === data['jobId'])
  const job = items[at]
  if (!job) return items
  const { pagesDone: _pages, reason: _reason, heldFor: _held, ...rest } = job
  const { state, cancelAsked, pagesDone, reason, heldFor } = data as unknown as Job
  return items.with(at, {
    ...{ ...rest, state, cancelAsked },
    ...(pagesDone !== undefined && { pagesDone }),
    ...(reason !== undefined && { reason }),
    ...(heldFor !== undefined && { heldFor }),
  })
}

/** @param others take the place of those that are the same jobs */
function merged(some: readonly Job[], others: readonly Job[]): Job[] {
  const byId = new Map([...some, ...others].map((job) => [job.jobId, job]))
  return [...byId.values()].sort(newestFirst)
}

function newestFirst(one: Job, other: Job): number {
  const byTime = Date.parse(other.createdAt) - Date.parse(one.createdAt)
  return byTime === 0 ? (one.jobId < other.jobId ? 1 : -1) : byTime
}

/** One job, with its whole life. */
export function useJob(jobId: string) {
  const [job, setJob] = useState<Job>()
  const [error, setError] = useState<unknown>()
  const newest = useRef(jobId)
  newest.current = jobId
  /** Answers may overtake one another: the one that was asked for last stands. */
  const turn = useRef(0)
  const read = useCallback(async () => {
    const mine = ++turn.current
    const isOld = () => newest.current !== jobId || turn.current !== mine
    try {
      const found = await relay.jobs.find(jobId)
      if (isOld()) return
      setJob(found)
      setError(undefined)
    } catch (thrown) {
      if (!isOld()) setError(thrown)
    }
  }, [jobId])
  useEffect(() => {
    setJob(undefined)
    setError(undefined)
    void read()
  }, [read])
  const readSoon = useGathered(() => void read(), gatherMs)
  useEvents(({ type, data }) => {
    if (type === 'reset' || (type === 'job.changed' && data['jobId'] === jobId)) readSoon()
  })
  return { job, error, reload: () => void read() }
}
