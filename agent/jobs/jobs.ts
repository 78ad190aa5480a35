/**
 * The jobs of one device (M1): the notification goes to disk, and only because it is there the relay is asked for the job
 * information; then the document is fetched, printed, and told of. Each step is on disk before the next one, so that a crash
 * between any two neither loses a job nor does it twice: what a printer was handed is asked of the printer.
 */
import { type Clock, Failure, type Log, type Random } from '@fairlead/base'
import { type JobInformation, type Json, mostJobsTold } from '@fairlead/protocol/contract'
import { z } from 'zod'
import type { Follow, Printing } from '../drivers/printing.ts'
import type { RelayDoor } from '../uplink/relay-door.ts'
import { createAgain } from './again.ts'
import type { Documents } from './fetching.ts'
import { hasEnded, type JobStore, type KeptJob, type KeptState } from './job-store.ts'
import { createLearning } from './learning.ts'
import { createReporting, progressMs } from './reporting.ts'

export interface Jobs {
  /** The notification. @returns what is on disk now @throws {Failure} `device-refused`: it prints no documents, or this is none */
  notified(args: Readonly<Record<string, Json>>): Json
  /** Prints what is here, and tells the relay nothing of it. One whose ID is known already is not printed again. */
  printOwn(document: OwnDocument): void
  /** Also when it has ended; undefined: it is not known (any more). */
  find(id: string): JobView | undefined
  /** Goes on with what an earlier life has left, and with all that waits, now. */
  hurry(): void
  /** What is in hand, the most urgent first. */
  view(): readonly JobView[]
  /** Something is being done, or can be done now. @param isOnline the relay is there: what it does not know yet is something, too */
  isBusy(isOnline: boolean): boolean
  /** Somebody at the device wants it cancelled. */
  cancel(id: string): void
  /** What is being printed goes on at the printer, and is asked about at the next start. */
  stop(): Promise<void>
}

export interface OwnDocument {
  /** As a job's of the relay; nobody else may guess it. */
  id: string
  name: string
  format: string
  /** It may go when `printOwn` returns. */
  file: string
  bytes: number
}

export interface JobView {
  id: string
  name: string | undefined
  user: string | undefined
  state: KeptState
  pages: number | undefined
  reason: string | undefined
  /** Somebody wants it cancelled, and the printer has not said that it is. */
  isUnwanted: boolean
}

export interface JobsNeeds {
  store: JobStore
  /** Undefined: the device prints no documents. */
  printing: Printing | undefined
  documents: Documents
  door: Pick<RelayDoor, 'call' | 'look'>
  /** It has a secret, and may speak to the relay. */
  mayCall(): boolean
  clock: Clock
  random: Random
  log: Log
}

const Notification = z.strictObject({
  jobIds: z
    .array(z.string().regex(/^[\w.-]{1,64}$/))
    .min(1)
    .max(mostJobsTold),
})

/** What came otherwise than it was sent may have been the way's fault, this often. */
const mostDamaged = 3
/** A notification may come again, from a relay that was put back to an older state. */
const rememberedMs = 30 * 24 * 3_600_000

/** Somebody stands before the device and waits: it comes before what was sent from elsewhere. */
const ownPriority = 100

type Ended = 'done' | 'failed' | 'cancelled' | 'unknown'

export function createJobs(needs: JobsNeeds): Jobs {
  const { store, printing, documents, clock, log } = needs
  const stopping = new AbortController()
  /** What is being fetched or printed now, and how to break it off. */
  let current: { id: string; cancelled: AbortController } | undefined
  let damaged = 0
  /** Somebody wants these cancelled, and the printer may have them: it is asked to, when they go on. */
  const unwanted = new Set<string>()

  const reporting = createReporting({ ...needs, cancel })
  const working = createAgain({ ...needs, event: 'jobs.failed', run: work })
  const learning = createLearning({
    ...needs,
    learned(job, information) {
      if (job.state === 'recorded') change(job, 'waiting', { information })
      if (information.cancel) cancel(job.id)
      working.hurry()
    },
    over(job) {
      // What was begun is told to its end.
      if (job.state === 'executing') return
      if (current?.id === job.id) current.cancelled.abort()
      store.remove(job.id)
      documents.remove(job.id)
    },
  })

  documents.keepOnly(new Set(store.open().map(({ id }) => id)))

  function change(job: KeptJob, state: KeptState, more: Partial<KeptJob> = {}): void {
    const at = clock.wallNow()
    const isNews = state !== job.state && state !== 'recorded' && state !== 'waiting'
    const news = isNews ? [{ state, at: new Date(at).toISOString() }] : []
    store.keep(job, { ...more, state, changedAt: at, happened: [...job.happened, ...news] })
    if (state !== 'waiting') reporting.hurry()
  }

  function end(job: KeptJob, state: Ended, more: Partial<KeptJob> = {}): void {
    change(job, state, { reason: undefined, ...more })
    documents.remove(job.id)
  }

  /** The one that was begun before all others; then by priority, and in the order in which they were sent. */
  function next(): KeptJob | undefined {
    const ready = store.open().filter(({ state, information }) => {
      const isHere = state === 'executing' || state === 'fetched'
      return information !== undefined && !hasEnded(state) && (isHere || needs.mayCall())
    })
    return ready.toSorted(inOrder)[0]
  }

  /** All that can be done now. @returns false: something is to be tried again later */
  async function work(): Promise<boolean> {
    for (let job = next(); job?.information && printing && !stopping.signal.aborted; job = next()) {
      const cancelled = new AbortController()
      current = { id: job.id, cancelled }
      if (unwanted.delete(job.id)) cancelled.abort()
      try {
        const isDone =
          job.state === 'waiting'
            ? await fetch(job, job.information, cancelled.signal)
            : await print(job, job.information, printing, cancelled.signal)
        if (!isDone) return false
      } finally {
        current = undefined
      }
    }
    return true
  }

  async function fetch(job: KeptJob, information: JobInformation, cancelled: AbortSignal): Promise<boolean> {
    const signal = AbortSignal.any([cancelled, stopping.signal])
    const fetched = await documents.fetch(information, signal)
    // It may have been cancelled, or withdrawn by the relay, meanwhile.
    if (store.find(job.id) !== job || hasEnded(job.state)) return true
    if (cancelled.aborted) end(job, 'cancelled')
    else if (fetched.state === 'whole') {
      damaged = 0
      change(job, 'fetched', { reason: undefined })
    } else if (fetched.state === 'damaged' && ++damaged >= mostDamaged)
      end(job, 'failed', { reason: 'The document arrived otherwise than it was sent, again and again.' })
    else {
      if (fetched.state === 'refused') learning.lookAgain([job.id])
      const reason = fetched.state === 'no-room' ? `The agent cannot keep the document: ${fetched.reason}` : undefined
      if (job.reason !== reason) noteWaiting(job, reason)
      return false
    }
    return true
  }

  function noteWaiting(job: KeptJob, reason: string | undefined): void {
    store.keep(job, { reason, changedAt: clock.wallNow() })
    reporting.hurry()
  }

  async function print(
    job: KeptJob,
    information: JobInformation,
    by: Printing,
    cancelled: AbortSignal,
  ): Promise<boolean> {
    if (job.state !== 'executing') change(job, 'executing')
    const { name, user, format, bytes, ticket } = information
    const document = {
      id: job.id,
      name,
      user: user ?? undefined,
      format,
      file: documents.fileOf(job.id),
      bytes,
      ticket,
    }
    let ended: Awaited<ReturnType<Printing['print']>>
    try {
      ended = await by.print(document, job.mark, followOf(job, cancelled))
    } catch (error) {
      return breakOff(job, error, cancelled)
    }
    if (ended.state === 'suspended') return true
    const reason = 'reason' in ended ? ended.reason : undefined
    end(job, ended.state, { pages: ended.pages ?? job.pages, reason })
    return true
  }

  /** @returns false: the printer was not there, and it is to be tried again */
  function breakOff(job: KeptJob, error: unknown, cancelled: AbortSignal): boolean {
    const hasBegun = job.mark !== undefined
    if (error instanceof Failure) {
      // Nothing was handed over: it need not go there now, or ever.
      if (cancelled.aborted && !hasBegun) end(job, 'cancelled')
      else noteWaiting(job, error.message)
      return false
    }
    log.error('jobs.driver-failed', 'The driver broke while it printed a job.', error, { jobId: job.id })
    // It has perhaps handed something over before.
    const reason = 'The agent failed while it printed this; its log says why.'
    end(job, hasBegun ? 'unknown' : 'failed', { reason })
    return true
  }

  function followOf(job: KeptJob, cancelled: AbortSignal): Follow {
    /** The printing goes on, whatever the disk says to it; what comes next is kept again. */
    function note(keep: () => void): void {
      try {
        keep()
      } catch (error) {
        log.error('jobs.not-noted', 'How far a job is could not be written to the disk.', error, { jobId: job.id })
      }
    }
    return {
      mark(mark) {
        try {
          store.keep(job, { mark })
        } catch (cause) {
          throw new Failure('unavailable', 'The agent cannot write to its disk.', { cause })
        }
      },
      pages(done) {
        if (done <= (job.pages ?? -1)) return
        note(() => store.keep(job, { pages: done, changedAt: clock.wallNow() }))
        reporting.within(progressMs)
      },
      waits(reason) {
        if (reason !== job.reason) note(() => noteWaiting(job, reason))
      },
      cancelled,
      stopping: stopping.signal,
    }
  }

  function cancel(id: string): void {
    if (current?.id === id) current.cancelled.abort()
    const job = store.find(id)
    if (!job || current?.id === id || hasEnded(job.state)) return
    // What the printer may have is its word: it is asked when its turn comes.
    if (job.mark === undefined) end(job, 'cancelled')
    else unwanted.add(id)
  }

  return {
    notified(args) {
      if (!printing) throw new Failure('device-refused', 'This device prints no documents.')
      const read = Notification.safeParse(args)
      if (!read.success)
        throw new Failure('device-refused', 'A notification names 1 to 100 jobs by their IDs, as jobIds.')
      const { jobIds } = read.data
      try {
        store.record(jobIds, clock.wallNow())
        for (const id of jobIds) tellEndAgain(id)
      } catch (error) {
        // Nothing is promised: the relay tells of them again.
        log.error('jobs.not-recorded', 'The agent could not record a notification of jobs on its disk.', error)
        return { recorded: [] }
      }
      learning.lookAgain(jobIds)
      return { recorded: jobIds }
    },
    printOwn({ id, name, format, file, bytes }) {
      if (!printing) throw new Failure('device-refused', 'This device prints no documents.')
      if (store.find(id)) return
      // A second name for the same bytes: after a crash behind this it is nobody's, and made again.
      documents.lay(id, file)
      const nowMs = clock.wallNow()
      store.own(
        {
          ...{ jobId: id, name, user: null, format, bytes, sha256: '', ticket: {}, cancel: false },
          // In the order in which they were asked for.
          ...{ priority: ownPriority, number: nowMs },
        },
        nowMs,
      )
      working.hurry()
    },
    find(id) {
      const job = store.find(id)
      return job && viewOf(job)
    },
    hurry() {
      store.forget(clock.wallNow() - rememberedMs)
      for (const each of [learning, working, reporting]) each.hurry()
    },
    view: () =>
      store
        .open()
        .filter(({ state }) => !hasEnded(state))
        .toSorted(inOrder)
        .map(viewOf),
    isBusy: (isOnline) => store.open().some(({ state }) => isOnline || state === 'fetched' || state === 'executing'),
    cancel,
    async stop() {
      stopping.abort()
      for (const each of [learning, working, reporting]) await each.stop()
    },
  }

  function viewOf({ id, state, information, pages, reason }: KeptJob): JobView {
    const isUnwanted = unwanted.has(id) || (current?.id === id && current.cancelled.signal.aborted)
    return { id, name: information?.name, user: information?.user ?? undefined, state, pages, reason, isUnwanted }
  }

  /** The relay has perhaps been put back to an older state: it does not know. */
  function tellEndAgain(id: string): void {
    const job = store.find(id)
    if (!job || !hasEnded(job.state)) return
    store.keep(job, { told: 0 })
    reporting.hurry()
  }
}

function inOrder(one: KeptJob, other: KeptJob): number {
  return (
    Number(other.state === 'executing') - Number(one.state === 'executing') ||
    (other.information?.priority ?? 0) - (one.information?.priority ?? 0) ||
    (one.information?.number ?? 0) - (other.information?.number ?? 0)
  )
}
