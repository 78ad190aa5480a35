/** What has become of a job, in words. */
import type { Job } from '@fairlead/protocol/contract'
import { timeInWords } from '../times.ts'
import { harmless } from '../words.ts'

const ended: ReadonlySet<string> = new Set(['done', 'failed', 'cancelled', 'expired', 'unknown'])

export const hasJobEnded = ({ state }: Pick<Job, 'state'>) => ended.has(state)

const words: Readonly<Record<Job['state'], string>> = {
  waiting: 'waits for the device',
  notified: 'the device is being told',
  received: 'the device has taken it',
  fetched: 'the device has the document',
  executing: 'printing',
  done: 'printed',
  failed: 'failed',
  cancelled: 'cancelled',
  expired: 'expired',
  unknown: 'not known whether it was printed',
}

export function stateInWords({ state, pagesDone, heldFor, cancelAsked, for: person = 'its person' }: Job): string {
  if (heldFor === 'person') return `waits for ${harmless(person)} at the device`
  if (heldFor === 'asked') return 'held'
  if (heldFor === 'document') return 'waits for its document'
  if (heldFor === 'device-changed') return 'waits for your word'
  const pages = pagesDone === undefined || pagesDone === 0 ? '' : `, ${pagesDone} ${pagesDone === 1 ? 'page' : 'pages'}`
  const cancel = cancelAsked && !ended.has(state) ? ', to be cancelled' : ''
  return `${words[state]}${pages}${cancel}`
}

export function jobLine(job: Job): string {
  const reason = job.reason === undefined ? '' : `: ${harmless(job.reason)}`
  return `${job.jobId}: ${harmless(job.name)} on ${job.device}: ${stateInWords(job)}${reason}`
}

/** All of its life. */
export function jobInWords(job: Job, now: number): string {
  const { ticket, bytes, format, priority, createdAt, expiresAt, states, againOf, againAs, documentUntil } = job
  const asked = Object.entries(ticket).map(([name, value]) => `${name} ${value}`)
  return [
    jobLine(job),
    `  ${format}, ${bytes} bytes, priority ${priority}${asked.length > 0 ? `, ${asked.join(', ')}` : ''}`,
    `  sent ${timeInWords(createdAt, now)}`,
    ...states.slice(1).map(({ state, at }) => `  ${words[state]} ${timeInWords(at, now)}`),
    ...(againOf === undefined ? [] : [`  prints ${againOf} again`]),
    ...(againAs === undefined ? [] : [`  printed again as ${againAs}`]),
    ...(documentUntil === undefined || againAs !== undefined
      ? []
      : [`  \`fairlead jobs again ${job.jobId}\` prints it again, until ${timeInWords(documentUntil, now)}`]),
    ...(hasJobEnded(job) || states.length > 2 ? [] : [`  the device must take it by ${timeInWords(expiresAt, now)}`]),
  ].join('\n')
}

export function goneInWords({ name, device }: { name: string; device: string }): string {
  return `${harmless(name)} has been sent to ${device} by another process meanwhile: \`fairlead jobs --device ${device}\` shows it.`
}
