/** What a printer says of a job, and what that means for it: nothing asked, nothing waited for. */
import type { IppAttributes } from '@fairlead/protocol/ipp'
import type { KnownJob } from './ipp-mark.ts'
import { number, text, texts } from './ipp-told.ts'
import { reasonWord } from './ipp-words.ts'
import type { PrintEnd } from './printing.ts'

/** RFC 8011 §5.3.7. */
export const jobState = {
  pending: 3,
  held: 4,
  processing: 5,
  stopped: 6,
  canceled: 7,
  aborted: 8,
  completed: 9,
} as const

export const jobAttributes = [
  'job-id',
  'job-uuid',
  'job-name',
  'job-state',
  'job-state-reasons',
  'job-state-message',
  'job-impressions',
  'job-impressions-completed',
  'job-media-sheets-completed',
  'time-at-creation',
  'time-at-processing',
  'time-at-completed',
] as const

export interface JobSeen {
  readonly id: number | undefined
  readonly uuid: string | undefined
  readonly name: string | undefined
  readonly state: number | undefined
  readonly reasons: readonly string[]
  readonly message: string | undefined
  /** Sides that have come out, all copies together; undefined: none, or it does not count them. */
  readonly impressions: number | undefined
  /** The same; where only sheets are counted, those: each has a side at least. */
  readonly pages: number | undefined
  /** Sides of one copy. */
  readonly total: number | undefined
  /** In seconds of the printer's own clock. */
  readonly createdAt: number | undefined
  readonly mayHaveBegun: boolean
  readonly endedAt: number | undefined
}

export function readJob(told: IppAttributes): JobSeen {
  // Many leave one of them at 0, whatever comes out.
  const counted = (name: string) => number(told, name) || undefined
  const impressions = counted('job-impressions-completed')
  return {
    id: number(told, 'job-id'),
    uuid: text(told, 'job-uuid'),
    name: text(told, 'job-name'),
    state: number(told, 'job-state'),
    reasons: texts(told, 'job-state-reasons').filter((reason) => reason !== 'none'),
    message: text(told, 'job-state-message'),
    impressions,
    pages: impressions ?? counted('job-media-sheets-completed'),
    total: counted('job-impressions'),
    createdAt: number(told, 'time-at-creation'),
    // It must say when it began, or that it did not: one that says neither may have.
    mayHaveBegun: !told.has('time-at-processing') || number(told, 'time-at-processing') !== undefined,
    endedAt: number(told, 'time-at-completed'),
  }
}

/** Octets of a name (RFC 8011 §5.1.3). */
const longestName = 255
const tagOf = (jobId: string) => `(fl-${jobId})`

/** By this name a job is found again, so its ID is never cut off here. */
export function jobName(name: string, jobId: string): string {
  const tag = tagOf(jobId)
  const room = longestName - Buffer.byteLength(tag) - 1
  let cut = name.replaceAll(/\p{Cc}/gu, ' ').trim()
  while (Buffer.byteLength(cut) > room) cut = [...cut].slice(0, -1).join('')
  return cut === '' ? tag : `${cut} ${tag}`
}

export type Likeness = 'same' | 'other' | 'unclear'

/** Some printers keep only the beginning of a name, and some none. */
export function likenessOf({ name }: JobSeen, wanted: string): Likeness {
  const tag = wanted.slice(wanted.lastIndexOf('(fl-'))
  if (name?.includes(tag)) return 'same'
  return name === undefined || wanted.startsWith(name) ? 'unclear' : 'other'
}

/** A printer that has forgotten its jobs gives their numbers to others. */
export function isStillOurs(seen: JobSeen, known: KnownJob, wanted: string): boolean {
  if (known.jobUuid !== undefined && seen.uuid !== undefined) return known.jobUuid === seen.uuid
  return likenessOf(seen, wanted) !== 'other'
}

export type Verdict =
  | { readonly is: 'end'; readonly end: PrintEnd }
  | { readonly is: 'wait' }
  /** It has none of its document and never will have: it is to be cancelled, and printed anew. */
  | { readonly is: 'lacking' }
  /** It has ended, and nothing has come out as the printer says: it can be printed anew (`verdictOfAnew`). */
  | { readonly is: 'anew' }

/** Some end a job whose document never came as if that were all, and some do not tell what they did. */
const neverBegan: PrintEnd = {
  state: 'unknown',
  reason: 'The printer says that it is done, and not that it ever began: look whether it has come out.',
  pages: undefined,
}

const wait: Verdict = { is: 'wait' }
const anew: Verdict = { is: 'anew' }
const end = (end: PrintEnd): Verdict => ({ is: 'end', end })

/** @param isSending its document is on its way now */
export function verdictOf(seen: JobSeen, known: KnownJob, isSending: boolean): Verdict {
  const { pages } = seen
  const isUntouched = pages === undefined && !seen.mayHaveBegun
  switch (seen.state) {
    case jobState.completed:
      return known.document !== 'whole' && isUntouched ? end(neverBegan) : completed(seen)
    case jobState.canceled:
      if (!known.anew) return end({ state: 'cancelled', pages })
      if (isUntouched) return anew
      return end({ state: 'failed', reason: 'The document broke off on its way to the printer.', pages })
    case jobState.aborted:
      if (known.document !== 'whole' && isUntouched) return anew
      return end({ state: 'failed', reason: `The printer has given it up${becauseOf(seen)}`, pages })
    case jobState.pending:
    case jobState.held:
      // It prints only what is here whole; one that is at work may print what it has, and knows best.
      return known.document !== 'whole' && !isSending && pages === undefined && lacksDocument(seen)
        ? { is: 'lacking' }
        : wait
    default:
      return wait
  }
}

const lacksDocument = ({ reasons }: JobSeen) =>
  reasons.some((reason) => reason === 'job-incoming' || reason === 'job-data-insufficient')

/** A printer that counts, and has counted less than it said that there is, has lost some. */
function completed(seen: JobSeen): Verdict {
  const { impressions: pages, total, reasons } = seen
  if (reasons.includes('job-completed-with-errors'))
    return end({ state: 'failed', reason: `The printer has had errors with it${becauseOf(seen)}`, pages })
  if (pages !== undefined && total !== undefined && pages < total) {
    const reason = `The printer says that it is done, and has counted ${pages} of ${total} pages.`
    return end({ state: 'unknown', reason, pages })
  }
  return end({ state: 'done', pages })
}

/** `: MESSAGE.`, from its own words, or else from its reasons. */
function becauseOf({ message, reasons }: JobSeen): string {
  const why = message?.slice(0, 300).replace(/\.$/, '') || reasons.map(reasonWord).join(', ')
  return why === '' ? '.' : `: ${why}.`
}

/** A printer may have lost with its power that it had begun: that it never did counts only if it was on all the time. */
export function verdictOfAnew({ document, pages }: KnownJob, wasOff: boolean): Verdict {
  if (document === 'none' || !wasOff) return anew
  const reason =
    'The printer has been off meanwhile, and has given the job up: look at what lies in its tray before it is printed again.'
  return end({ state: 'unknown', reason, pages })
}

/** What is known of a job that the printer knows no more. @param copies as ordered */
export function verdictOfGone(known: KnownJob, copies: number, wasOff: boolean): Verdict {
  if (known.document === 'none' || (known.anew && !wasOff)) return anew
  const { pages, total } = known
  if (pages !== undefined && total !== undefined && pages >= total * copies) return end({ state: 'done', pages })
  const what = wasOff ? 'The printer has been off meanwhile and knows' : 'The printer knows'
  const last = pages === undefined ? '' : ` Before, it had told of ${pages} ${pages === 1 ? 'page' : 'pages'}.`
  const reason = `${what} nothing of the job any more: look at what lies in its tray before it is printed again.${last}`
  return end({ state: 'unknown', reason, pages })
}
