/** Sends what is in the outbox: checked against the device as it is now, and its sender asked if that has changed (E1). */
import { openAsBlob } from 'node:fs'
import { setTimeout as passing } from 'node:timers/promises'
import { Failure } from '@fairlead/base'
import { type Printing, ticketThatFits, whyNotFormat, whyNotTicket } from '@fairlead/protocol/contract'
import { createClient, NoRelayError, RelayError, type SendOptions, type SentJob } from '@fairlead/sdk'
import type { KnownPrinting } from './known-printing.ts'
import type { KeptJob, Outbox } from './outbox.ts'

export type Sent =
  | { is: 'sent'; job: SentJob }
  /** No relay answers, or it has no room now: it is to be tried again. */
  | { is: 'kept'; why: string }
  /** Another process was quicker. */
  | { is: 'gone' }
  /** The device has changed: whoever sent it is asked. */
  | { is: 'asks'; question: string }
  /** Its time is over, or the relay refuses it, whenever it comes. It stays in the outbox only where nobody is there to be told. */
  | { is: 'refused'; error: Error }

export interface SendingNeeds {
  outbox: Outbox
  known: KnownPrinting
  now(): number
  onProgress?(sent: number, of: number): void
}

/** A line that broke while a relay was there is tried again at once, so often; with one key it stays one job. */
const pausesMs = [100, 400, 1_600]

export async function sendKept(kept: KeptJob, needs: SendingNeeds): Promise<Sent> {
  let job = kept
  const isThere = { yet: false }
  const change = async (more: Partial<KeptJob>) => {
    job = await needs.outbox.change(job, more)
  }
  for (const pauseMs of [...pausesMs, undefined]) {
    const sent = await tryOnce(job, change, isThere, needs)
    if (sent.is !== 'kept' || !isThere.yet || pauseMs === undefined) return sent
    await passing(pauseMs)
  }
  throw new Error('The last try returns.')
}

async function tryOnce(
  job: KeptJob,
  change: (more: Partial<KeptJob>) => Promise<void>,
  isThere: { yet: boolean },
  { outbox, known, now, onProgress }: SendingNeeds,
): Promise<Sent> {
  const client = createClient(job.relay)
  // Asked for at once, it is not made to wait by the moment that this takes.
  const isNow = job.expiresAt === job.createdAt
  const leftSeconds = Math.floor((job.expiresAt - now()) / 1000)
  if (leftSeconds < 0 && !isNow)
    return { is: 'refused', error: new Failure('unavailable', 'It could not be sent in time.') }
  const document = await openDocument(outbox.documentOf(job))
  if (!document) return { is: 'gone' }
  try {
    const printing = await client.printing(job.device)
    isThere.yet = true
    await known.keep(job.relay.url, job.device, printing)
    const question = questionOf(job, printing)
    if (question !== undefined) return { is: 'asks', question }
    const { uploadId } = job
    const sent = await client.jobs.send(job.device, document, {
      ...(job.agreed ? ticketThatFits(printing.abilities ?? undefined, job.ticket) : job.ticket),
      name: job.name,
      contentType: job.contentType,
      idempotencyKey: job.id,
      deliverWithinSeconds: isNow ? 0 : Math.max(1, leftSeconds),
      ...whenOf(job),
      ...(uploadId !== undefined && { uploadId }),
      ...(onProgress && { onProgress }),
      onUpload: (id) => change({ uploadId: id }),
    })
    await outbox.remove(job)
    return { is: 'sent', job: sent }
  } catch (error) {
    if (error instanceof NoRelayError) return { is: 'kept', why: error.message }
    if (!(error instanceof RelayError)) throw error
    const isPassing = error.status === 429 || error.status >= 500
    return isPassing ? { is: 'kept', why: error.message } : { is: 'refused', error }
  }
}

/** When it is to come out, as far as that was said. */
function whenOf({
  priority,
  hold,
  release,
  for: person,
}: KeptJob): Pick<SendOptions, 'priority' | 'hold' | 'release' | 'for'> {
  return {
    ...(priority !== undefined && { priority }),
    ...(hold !== undefined && { hold }),
    ...(release !== undefined && { release }),
    ...(person !== undefined && { for: person }),
  }
}

/** @returns undefined: it is not there any more. What cannot be opened is thrown by `openAsBlob` before there is a promise. */
async function openDocument(path: string): Promise<Blob | undefined> {
  try {
    return await openAsBlob(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** @returns undefined: it is as it was checked, or can do it all the same */
function questionOf({ abilities, agreed, ticket, contentType }: KeptJob, printing: Printing): string | undefined {
  if (agreed || abilities === undefined || abilities === printing.version) return undefined
  const told = printing.abilities ?? undefined
  return whyNotFormat(told, contentType) ?? whyNotTicket(told, ticket)
}
