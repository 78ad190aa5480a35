/** A job as IPP tells of it (RFC 8011 §5.3). */
import { type Job, type JobState, rangesOf } from '@fairlead/protocol/contract'
import { attributesFrom, type IppAttributes, type IppValue, ipp } from '@fairlead/protocol/ipp'
import { qualityEnums } from './can-do.ts'
import { dateAt, secondsAt, upSeconds } from './times.ts'
import { jobUriOf, uuidOf } from './uris.ts'

/** RFC 8011 §5.3.7. */
export const jobStates = { pending: 3, held: 4, processing: 5, canceled: 7, aborted: 8, completed: 9 } as const

export interface SeenState {
  state: keyof typeof jobStates
  reasons: readonly string[]
  /** One sentence; undefined: the state says all. */
  message: string | undefined
}

type Known = Pick<Job, 'state' | 'states' | 'heldFor' | 'cancelAsked' | 'reason'>

/**
 * Never prettier than what is known: of a job whose end the device has not told, nobody can say that it is completed, and
 * what is known stands in the message.
 */
export function stateOf(job: Known): SeenState {
  const { state, heldFor, cancelAsked, reason } = job
  if (heldFor !== undefined) return { state: 'held', ...held[heldFor], message: reason ?? held[heldFor].message }
  const stopping = cancelAsked ? ['processing-to-stop-point'] : []
  switch (state) {
    case 'waiting':
    case 'notified':
      return { state: 'pending', reasons: ['none'], message: reason ?? 'It waits for the device.' }
    case 'received':
    case 'fetched':
      return { state: 'pending', reasons: cancelAsked ? stopping : ['none'], message: reason ?? 'The device has it.' }
    case 'executing':
      return { state: 'processing', reasons: ['job-printing', ...stopping], message: reason }
    case 'done':
      return { state: 'completed', reasons: ['job-completed-successfully'], message: reason }
    case 'cancelled':
      return { state: 'canceled', reasons: [whoCancelled(job)], message: reason }
    case 'expired':
    case 'failed':
      return { state: 'aborted', reasons: ['aborted-by-system'], message: reason }
    case 'unknown':
      return {
        state: 'aborted',
        reasons: ['aborted-by-system'],
        message: reason ?? 'It is not known whether it was printed: look at the device.',
      }
  }
}

const held = {
  asked: { reasons: ['job-hold-until-specified'], message: 'It is held until somebody releases it.' },
  'device-changed': { reasons: ['resources-are-not-ready'], message: 'The device has changed since it was sent.' },
  document: { reasons: ['job-incoming'], message: 'Its document has not come yet.' },
  person: { reasons: ['job-release-wait'], message: 'It waits until its owner is at the device.' },
} as const

function whoCancelled({ states, cancelAsked, reason }: Known): string {
  const hadIt = states.some(({ state }) => state === 'received')
  if (hadIt && !cancelAsked) return 'job-canceled-at-device'
  return reason === undefined || cancelAsked ? 'job-canceled-by-user' : 'job-canceled-by-operator'
}

export interface JobAttributes {
  description: IppAttributes
  template: IppAttributes
}

/** @param now by the clock of the wall */
export function jobAttributesOf(job: Job, printerUri: string, now: number): JobAttributes {
  const { ticket } = job
  const uri = jobUriOf(printerUri, job.number)
  const seen = stateOf(job)
  const at = (...states: JobState[]) => {
    const found = job.states.find(({ state }) => states.includes(state))
    return found && Date.parse(found.at)
  }
  const created = Date.parse(job.createdAt)
  const began = at('executing')
  const ended = at('done', 'failed', 'cancelled', 'expired', 'unknown')
  const hasDocument = job.format !== ''
  return {
    description: attributesFrom({
      'job-id': ipp.integer(job.number),
      'job-uri': ipp.uri(uri),
      'job-printer-uri': ipp.uri(printerUri),
      'job-uuid': ipp.uri(uuidOf(uri)),
      'job-name': ipp.name(shortened(job.name, 255)),
      // Services print for nobody in particular.
      'job-originating-user-name': ipp.name(shortened(job.user ?? 'anonymous', 255)),
      'job-state': ipp.enum(jobStates[seen.state]),
      'job-state-reasons': ipp.keyword(...seen.reasons),
      'job-state-message': seen.message === undefined ? undefined : ipp.text(shortened(seen.message, 1023)),
      'job-printer-up-time': ipp.integer(upSeconds(now)),
      'time-at-creation': secondsAt(created),
      'time-at-processing': secondsAt(began),
      'time-at-completed': secondsAt(ended),
      'date-time-at-creation': dateAt(created),
      'date-time-at-processing': dateAt(began),
      'date-time-at-completed': dateAt(ended),
      'job-k-octets': ipp.integer(Math.ceil(job.bytes / 1024)),
      'job-impressions-completed': ipp.integer(job.pagesDone ?? 0),
      'number-of-documents': ipp.integer(hasDocument ? 1 : 0),
      'document-format': hasDocument ? ipp.mimeMediaType(job.format) : undefined,
    }),
    template: attributesFrom({
      copies: ipp.integer(ticket.copies ?? 1),
      'job-hold-until': ipp.keyword(job.heldFor === 'asked' ? 'indefinite' : 'no-hold'),
      'job-priority': ipp.integer(job.priority),
      'job-release-action': ipp.keyword(job.for === undefined ? 'none' : 'owner-authorized'),
      media: ticket.media === undefined ? undefined : ipp.keyword(ticket.media),
      sides: ticket.sides === undefined ? undefined : ipp.keyword(ticket.sides),
      'print-color-mode': ticket.color === undefined ? undefined : ipp.keyword(ticket.color),
      'print-quality': ticket.quality === undefined ? undefined : ipp.enum(qualityEnums[ticket.quality]),
      'page-ranges': pageRangesOf(ticket.pages),
    }),
  }
}

function pageRangesOf(pages: string | undefined): readonly IppValue[] | undefined {
  const ranges = pages === undefined ? undefined : rangesOf(pages)
  return (
    ranges && ipp.rangeOfInteger(...ranges.map(([lower, upper]) => ({ lower, upper: Math.min(upper, 2 ** 31 - 1) })))
  )
}

/** What a printer tells of a job that it has just taken (RFC 8011 §4.2.1.2). */
export const ofNewJob = ['job-id', 'job-uri', 'job-state', 'job-state-reasons', 'job-state-message'] as const

/** To so many bytes of UTF-8, without cutting a character in two. */
export function shortened(text: string, mostBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= mostBytes) return text
  let end = mostBytes
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
