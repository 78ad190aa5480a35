/** Sends what is in the outbox: checked against the device as it is now, and its sender asked if that has changed (E1). */
import { openAsBlob } from 'node:fs'
import { Failure } from '@fairlead/base'
import { type Printing, whyNotFormat, whyNotTicket } from '@fairlead/protocol/contract'
import { createClient, NoRelayError, RelayError, type SentJob } from '@fairlead/sdk'
import type { KnownPrinting } from './known-printing.ts'
import type { KeptJob, Outbox } from './outbox.ts'

export type Sent =
  | { is: 'sent'; job: SentJob }
  /** No relay answers, or it has no room now: it is to be tried again. */
  | { is: 'kept'; why: string }
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

export async function sendKept(kept: KeptJob, { outbox, known, now, onProgress }: SendingNeeds): Promise<Sent> {
  const client = createClient(kept.relay)
  let job = kept
  // Asked for at once, it is not made to wait by the moment that this takes.
  const isNow = job.expiresAt === job.createdAt
  const leftSeconds = Math.floor((job.expiresAt - now()) / 1000)
  if (leftSeconds < 0 && !isNow)
    return { is: 'refused', error: new Failure('unavailable', 'It could not be sent in time.') }
  try {
    const printing = await client.printing(job.device)
    await known.keep(job.relay.url, job.device, printing)
    const question = questionOf(job, printing)
    if (question !== undefined) return { is: 'asks', question }
    const { priority, hold, uploadId } = job
    const sent = await client.jobs.send(job.device, await openAsBlob(outbox.documentOf(job)), {
      ...job.ticket,
      name: job.name,
      contentType: job.contentType,
      idempotencyKey: job.id,
      deliverWithinSeconds: isNow ? 0 : Math.max(1, leftSeconds),
      ...(priority !== undefined && { priority }),
      ...(hold !== undefined && { hold }),
      ...(uploadId !== undefined && { uploadId }),
      ...(onProgress && { onProgress }),
      async onUpload(id) {
        job = await outbox.change(job, { uploadId: id })
      },
    })
    await outbox.remove(job)
    return { is: 'sent', job: sent }
  } catch (error) {
    if (error instanceof NoRelayError) return { is: 'kept', why: error.message }
    if (!(error instanceof RelayError)) throw error
    const isPassing = error.status === 503 || error.status === 429 || error.status >= 500
    return isPassing ? { is: 'kept', why: error.message } : { is: 'refused', error }
  }
}

/** @returns undefined: it is as it was checked, or can do it all the same */
function questionOf({ abilities, agreed, ticket, contentType }: KeptJob, printing: Printing): string | undefined {
  if (agreed || abilities === undefined || abilities === printing.version) return undefined
  const told = printing.abilities ?? undefined
  return whyNotFormat(told, contentType) ?? whyNotTicket(told, ticket)
}
