/** Follows a job that a printer has, until it has ended, and asks for as long as the printer is silent. */
import { Failure } from '@fairlead/base'
import { attributesOf, ipp } from '@fairlead/protocol/ipp'
import { type Errand, jobIs, type Outgoing } from './ipp-errand.ts'
import {
  isStillOurs,
  type JobSeen,
  jobAttributes,
  jobState,
  readJob,
  type Verdict,
  verdictOf,
  verdictOfAnew,
  verdictOfGone,
} from './ipp-job.ts'
import { type KnownJob, type Mark, nothingAfter, wasOff } from './ipp-mark.ts'
import { pauseUntil } from './ipp-pause.ts'
import { isOk, says } from './ipp-refusals.ts'
import { type Sending, startSending } from './ipp-sending.ts'
import { number, texts } from './ipp-told.ts'
import { printerState, reasonWord } from './ipp-words.ts'
import type { PrintEnd } from './printing.ts'

const looksPause = { firstMs: 1000, longerByMs: 500, longestMs: 5000 }
const silentPause = { firstMs: 1000, longestMs: 30_000 }
/** So often unanswered, somebody should look at it. */
const looksUnanswered = 3
/** So often after it was to be cancelled, nobody waits for it any longer. */
const looksGivenUp = 20

/**
 * @param document is sent, if it is given
 * @returns a mark of nothing when it is to be handed over anew
 */
export async function followJob(errand: Errand, first: KnownJob, document?: Outgoing): Promise<Mark | PrintEnd> {
  const { clock, follow } = errand
  using sending = document && !follow.cancelled.aborted ? startSending(errand, first.jobId, document) : undefined
  const pursuit = createPursuit(errand, first, sending)
  // What has been handed over in an earlier life may have ended long ago.
  let pauseMs = sending ? looksPause.firstMs : 0
  for (let looks = 0, silent = 0; ; ) {
    await pauseUntil(clock, pauseMs, follow.stopping, follow.cancelled, ...(sending ? [sending.ended] : []))
    try {
      const end = await pursuit.look()
      if (end) return end
      silent = 0
      pauseMs = Math.min(looksPause.longestMs, looksPause.firstMs + looksPause.longerByMs * looks++)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (++silent === looksUnanswered) pursuit.unanswered(error)
      if (follow.cancelled.aborted && silent >= looksGivenUp) return pursuit.givenUp()
      pauseMs = Math.min(silentPause.longestMs, silentPause.firstMs * 2 ** (silent - 1))
    }
  }
}

function createPursuit(errand: Errand, first: KnownJob, sending: Sending | undefined) {
  const { client, follow, keep, read, clock } = errand
  let known = first
  let pagesTold = 0
  let waitsFor: string | undefined
  const stop = follow.stopping
  const operation = jobIs(errand, first.jobId)

  const isSending = () => sending?.state().is === 'running'

  /** Again with each look, until it has ended: one that was off in between may have forgotten it. */
  async function cancel(): Promise<void> {
    // Some read one connection at a time: that with the document would keep the word from them.
    sending?.[Symbol.dispose]()
    await client.ask('Cancel-Job', { operation, stop })
  }

  /** Kept before anything is concluded from it. */
  function noteSending(): PrintEnd | undefined {
    const state = sending?.state()
    if (state?.is === 'whole' && known.document !== 'whole') known = keep({ ...known, document: 'whole' })
    if (state?.is === 'cut' && state.untouched && known.document === 'begun')
      known = keep({ ...known, document: 'none' })
    return state?.is === 'refused' ? { state: 'failed', reason: state.reason, pages: known.pages } : undefined
  }

  function note(seen: JobSeen): void {
    const pages = Math.max(known.pages ?? 0, seen.pages ?? 0) || undefined
    const more = { pages, total: seen.total ?? known.total, jobUuid: known.jobUuid ?? seen.uuid }
    if (more.pages !== known.pages || more.total !== known.total || more.jobUuid !== known.jobUuid)
      known = keep({ ...known, ...more })
    if (pages === undefined || pages <= pagesTold) return
    pagesTold = pages
    follow.pages(pages)
  }

  function waitFor(reason: string | undefined): void {
    if (reason === waitsFor) return
    waitsFor = reason
    follow.waits(reason)
  }

  async function look(): Promise<Mark | PrintEnd | undefined> {
    // Before the question: what ends while it is on its way is not in the answer.
    const wasSending = isSending()
    const refused = noteSending()
    if (refused || follow.cancelled.aborted) await cancel()
    if (refused) return refused
    const answer = await client.ask('Get-Job-Attributes', {
      operation: { ...operation, 'requested-attributes': ipp.keyword(...jobAttributes) },
      stop,
    })
    if (says(answer, 'client-error-not-found', 'client-error-gone')) return await gone()
    if (!isOk(answer)) throw new Failure('device-timeout', 'The printer does not say how the job is.')
    const seen = readJob(attributesOf(answer.groups, 'job'))
    if (!isStillOurs(seen, known, errand.name)) return await gone()
    note(seen)
    const verdict = verdictOf(seen, known, wasSending)
    return await act(verdict.is === 'anew' ? verdictOfAnew(known, await hasBeenOff()) : verdict, seen)
  }

  /** Since it was handed the job. */
  async function hasBeenOff(): Promise<boolean> {
    const upSeconds = number(await read(['printer-up-time'], stop), 'printer-up-time')
    return wasOff(known, { atMs: clock.wallNow(), upSeconds })
  }

  async function gone(): Promise<Mark | PrintEnd> {
    const verdict = verdictOfGone(known, errand.job.ticket.copies ?? 1, await hasBeenOff())
    return (await act(verdict)) ?? keep(nothingAfter(known))
  }

  async function act(verdict: Verdict, seen?: JobSeen): Promise<Mark | PrintEnd | undefined> {
    switch (verdict.is) {
      case 'end':
        return ended(verdict.end)
      case 'anew':
        waitFor(undefined)
        return keep(nothingAfter(known))
      case 'lacking':
        known = keep({ ...known, anew: true })
        await cancel()
        return undefined
      default:
        if (seen) waitFor(await reasonOf(seen))
        return undefined
    }
  }

  /** A job that is given up after it was to be cancelled has been cancelled. What was seen of its pages stays seen. */
  function ended(end: PrintEnd): PrintEnd {
    if (end.state === 'suspended') return end
    const pages = end.state === 'done' ? end.pages : (end.pages ?? known.pages)
    return end.state === 'failed' && follow.cancelled.aborted ? { state: 'cancelled', pages } : { ...end, pages }
  }

  async function reasonOf({ state, reasons }: JobSeen): Promise<string | undefined> {
    const told = await read(['printer-state', 'printer-state-reasons'], stop)
    const all = texts(told, 'printer-state-reasons').filter((reason) => reason !== 'none')
    const isStopped = state === jobState.stopped || number(told, 'printer-state') === printerState.stopped
    const errors = all.filter((reason) => reason.endsWith('-error') || reason === 'media-needed')
    const [why] = isStopped ? [...errors, ...all, ...reasons, 'paused'] : errors
    if (why !== undefined) return reasonWord(why)
    return state === jobState.held && !isSending() ? reasons.map(reasonWord)[0] : undefined
  }

  return {
    look,
    givenUp(): PrintEnd {
      const reason =
        'It was cancelled, and the printer, which has it, does not answer: it may come out when the printer is on again.'
      return { state: 'unknown', reason, pages: known.pages }
    },
    unanswered({ message }: Failure) {
      // A printer that reads a document may answer nobody else meanwhile.
      if (!isSending()) waitFor(client.refusedKey() ? message : 'timed-out')
    },
  }
}
