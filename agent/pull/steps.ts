/** The steps of one pull, from the touch to its end: each is on disk before the next. */
import type { Clock, Log } from '@fairlead/base'
import type { Printing } from '../drivers/printing.ts'
import type { Again } from '../jobs/again.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { endingOf, type Scanner, ScanSettings } from '../scanning/scanner.ts'
import { type Downloaded, download } from './downloading.ts'
import type { PullFiles } from './files.ts'
import { type EndState, isOpen, type KeptPull, type PullStore } from './pull-store.ts'
import { createScanning } from './scanning.ts'
import type { CallService } from './service-call.ts'
import { lookAtFate, type Sent, sendScan } from './uploading.ts'
import { noRoom, type Why } from './why.ts'

export interface Steps {
  /** As far as it goes now. @returns false: to be tried again after a pause that grows */
  walk(pull: KeptPull, givenUp: AbortSignal, again: Pick<Again, 'within'>): Promise<boolean>
  /** On disk when it returns. */
  end(pull: KeptPull, state: EndState, more?: Partial<KeptPull>): void
}

export interface StepsNeeds {
  store: PullStore
  files: PullFiles
  callService: CallService
  printing: Printing | undefined
  scanner: Scanner | undefined
  jobs: Pick<Jobs, 'printOwn'>
  clock: Clock
  log: Log
  stopping: AbortSignal
  limits?: PullLimits
}

export interface PullLimits {
  /** Of one content. */
  contentBytes: number
  /** Of all that is kept. */
  shelfBytes: number
  shelfContents: number
  /** From the touch until content is there: nobody waits longer. */
  fetchMs: number
  /** From a touch or press until the scanner is free, and until somebody says how it goes on: then somebody else's page may lie there. */
  scanMs: number
  scanPages: number
  /** Of all pages of one scan. */
  scanBytes: number
  /** So long a service is asked what became of a scan that it passes on. */
  lookMs: number
}

export const usualLimits: PullLimits = {
  contentBytes: 256 * 1024 * 1024,
  shelfBytes: 1024 * 1024 * 1024,
  shelfContents: 100,
  fetchMs: 3_600_000,
  scanMs: 600_000,
  scanPages: 200,
  scanBytes: 256 * 1024 * 1024,
  lookMs: 24 * 3_600_000,
}

/** What a step leads to: the next one at once, a pause of its own, or one that grows. */
type Outcome = 'next' | 'later' | { afterMs: number }

/** Of a service that does not say when: a fourth of the time that it has been asked for, within these. */
const lookAgainMs = { least: 5_000, most: 300_000 }

/** The job that prints what a pull has brought: one, whatever is done twice. */
export const ownJobId = (pullId: string) => `own-${pullId}`

export function createSteps(needs: StepsNeeds): Steps {
  const { store, files, callService, jobs, clock, log, stopping, limits = usualLimits } = needs
  const nowMs = () => clock.wallNow()

  function keep(pull: KeptPull, more: Partial<KeptPull>): void {
    store.keep(pull, { ...more, changedAtMs: clock.wallNow() })
  }

  function end(pull: KeptPull, state: EndState, more: Partial<KeptPull> = {}): void {
    keep(pull, { why: undefined, ...more, state, authorization: undefined })
    files.removeWork(pull.id)
  }

  const fail = (pull: KeptPull, why: Why) => end(pull, 'failed', { why })
  const scanning = createScanning({ ...needs, limits, keep, fail })

  async function walk(pull: KeptPull, givenUp: AbortSignal, again: Pick<Again, 'within'>): Promise<boolean> {
    const signal = AbortSignal.any([givenUp, stopping])
    let outcome: Outcome = 'next'
    while (outcome === 'next' && isOpen(pull) && !stopping.aborted) outcome = await step(pull, signal)
    // Given up while something was on its way to the disk.
    if (!isOpen(pull)) files.removeWork(pull.id)
    if (!isOpen(pull) || outcome === 'next') return true
    if (outcome === 'later') return false
    again.within(outcome.afterMs)
    return true
  }

  async function step(pull: KeptPull, signal: AbortSignal): Promise<Outcome> {
    switch (pull.state) {
      case 'fetching':
        return await fetch(pull, signal)
      case 'fetched':
        return handOver(pull)
      case 'scanning':
        return await scanning.step(pull, signal)
      case 'sending':
        return await send(pull, signal)
      default:
        return await look(pull, signal)
    }
  }

  function wait(pull: KeptPull, why: Why | undefined, afterMs: number | undefined): Outcome {
    if (isOpen(pull) && !stopping.aborted) keep(pull, { why })
    return afterMs === undefined ? 'later' : { afterMs }
  }

  /** What may be fetched: no more than there is room for. */
  function room(kind: KeptPull['kind']): number {
    if (kind !== 'keep') return limits.contentBytes
    const kept = store.contents()
    const free = limits.shelfBytes - kept.reduce((sum, { bytes }) => sum + bytes, 0)
    return kept.length >= limits.shelfContents ? 0 : Math.min(limits.contentBytes, free)
  }

  async function fetch(pull: KeptPull, signal: AbortSignal): Promise<Outcome> {
    const mostBytes = room(pull.kind)
    const leftMs = pull.atMs + limits.fetchMs - clock.wallNow()
    if (mostBytes <= 0 || leftMs <= 0) {
      fail(pull, { kind: mostBytes <= 0 ? 'shelf-full' : 'too-long' })
      return 'next'
    }
    const late = new AbortController()
    const timer = clock.at(clock.now() + leftMs, () => late.abort())
    try {
      const { url, authorization, begun } = pull
      const got = await download(
        {
          call: { url, authorization, authorizedAt: url, signal: AbortSignal.any([signal, late.signal]) },
          formats: (await needs.printing?.abilities())?.formats ?? [],
          file: files.workOf(pull.id),
          mostBytes,
          begun,
          note: (noted) => keep(pull, { begun: noted }),
          nowMs,
        },
        callService,
      )
      return fetched(pull, got)
    } finally {
      timer.cancel()
    }
  }

  function fetched(pull: KeptPull, got: Downloaded): Outcome {
    if (!isOpen(pull) || stopping.aborted) return 'next'
    switch (got.state) {
      case 'nothing':
        end(pull, 'nothing')
        return 'next'
      case 'failed':
        fail(pull, got.why)
        return 'next'
      case 'whole':
        keep(pull, { state: 'fetched', why: undefined, bytes: got.bytes })
        return 'next'
      default: {
        const paused = wait(pull, got.why, got.afterMs)
        return got.hasGrown ? 'next' : paused
      }
    }
  }

  /** All in one turn: nothing comes between. */
  function handOver(pull: KeptPull): Outcome {
    const { id, kind, title, begun, bytes = 0, content } = pull
    const [name, format] = [begun?.name ?? title, begun?.format ?? '']
    try {
      if (kind === 'print') {
        const file = content === undefined ? files.workOf(id) : files.contentOf(content)
        jobs.printOwn({ id: ownJobId(id), name, format, file, bytes })
      } else if (room(kind) < bytes) {
        // Others were fetched at the same time.
        fail(pull, { kind: 'shelf-full' })
        return 'next'
      } else {
        files.keep(id)
        store.addContent({ id, title, name, format, bytes, atMs: clock.wallNow() })
      }
    } catch (error) {
      log.error('pull.not-handed-over', 'What was fetched could not be kept or printed.', error)
      fail(pull, noRoom(error))
      return 'next'
    }
    end(pull, kind === 'print' ? 'handed' : 'kept')
    return 'next'
  }

  async function send(pull: KeptPull, signal: AbortSignal): Promise<Outcome> {
    const { id, url, authorization, bytes = 0 } = pull
    const { format } = pull.settings ?? ScanSettings.parse({})
    keep(pull, { hasLeft: true })
    const when = new Date(pull.atMs).toISOString().slice(0, 19).replaceAll(':', '-')
    const sent = await sendScan(
      { url, authorization, authorizedAt: url, signal },
      { key: id, file: files.workOf(id), bytes, format, name: `scan-${when}.${endingOf[format]}` },
      callService,
      nowMs,
    )
    return took(pull, sent)
  }

  async function look(pull: KeptPull, signal: AbortSignal): Promise<Outcome> {
    const { url, authorization, lookAt = url, lookUntilMs = 0 } = pull
    if (clock.wallNow() >= lookUntilMs) {
      end(pull, 'not-known')
      return 'next'
    }
    return took(pull, await lookAtFate({ url: lookAt, authorization, authorizedAt: url, signal }, callService, nowMs))
  }

  function lookAgain({ lookUntilMs = 0 }: KeptPull): number {
    const sinceMs = clock.wallNow() - (lookUntilMs - limits.lookMs)
    return Math.min(Math.max(sinceMs / 4, lookAgainMs.least), lookAgainMs.most)
  }

  function took(pull: KeptPull, sent: Sent): Outcome {
    if (!isOpen(pull) || stopping.aborted) return 'next'
    if (sent.state === 'again') return wait(pull, sent.why, sent.afterMs)
    const { state, to = pull.to, message } = sent
    if (state !== 'passing-on') {
      end(pull, state, { to, message, why: sent.why })
      return 'next'
    }
    const begins = sent.lookAt && { lookAt: sent.lookAt, lookUntilMs: clock.wallNow() + limits.lookMs }
    keep(pull, { state, to, message, why: undefined, ...begins })
    files.removeWork(pull.id)
    return { afterMs: sent.afterMs ?? lookAgain(pull) }
  }

  return { walk, end }
}
