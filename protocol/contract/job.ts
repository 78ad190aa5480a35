/** Jobs: a document that is to come out of a device (contract part 6), as services see them and as devices do (M1). */
import { z } from 'zod'
import { DeviceId } from './device.ts'
import { pageQuery } from './page.ts'
import { MediaType, PrintAbilities, PrintTicket, ticketQuery } from './print.ts'
import { line, Timestamp, told } from './text.ts'
import { Email } from './user.ts'

/** In the order of a job's life; the last five are its ends, and `unknown` may still become another one. */
export const JobState = z.enum([
  'waiting',
  'notified',
  'received',
  'fetched',
  'executing',
  'done',
  'failed',
  'cancelled',
  'expired',
  'unknown',
])
export type JobState = z.infer<typeof JobState>

/**
 * Why a job that could go waits: somebody asked for it, the device is not any more what it was checked against (E1), its
 * document has not come yet, as IPP allows, or its person is not at the device yet (H1).
 */
export const HeldFor = z.enum(['asked', 'device-changed', 'document', 'person'])
export type HeldFor = z.infer<typeof HeldFor>

/** A week, as for deferred requests (contract part 3). */
const longestWaitSeconds = 604_800
export const usualWaitSeconds = 86_400

const priority = z.coerce.number().int().min(1).max(100)
const truth = z.enum(['true', 'false']).transform((text) => text === 'true')

export const NewJobQuery = z.strictObject({
  name: line(255).optional().meta({ description: 'For people; the document is called so at the device' }),
  ...ticketQuery,
  deliverWithinSeconds: z.coerce
    .number()
    .int()
    .min(0)
    .max(longestWaitSeconds)
    .default(usualWaitSeconds)
    .meta({ description: 'How long it may wait for its device; 0: now, or not at all' }),
  priority: priority.default(50).meta({ description: '1 to 100: the highest goes first' }),
  hold: truth.default(false).meta({ description: 'It waits until it is released' }),
  release: z.enum(['none', 'person']).optional().meta({
    description:
      '`person`: it waits until its person is at the device; `none`: it does not, also where the device has people do so',
  }),
  for: Email.optional().meta({ description: 'With a key: whose it is, as they sign in; needs `release=person`' }),
  upload: z.string().min(1).max(64).optional().meta({ description: 'The document was uploaded before; no body then' }),
})
export type NewJobQuery = z.infer<typeof NewJobQuery>

export const NewJobAnswer = z.object({ jobId: z.string(), state: JobState }).meta({ id: 'NewJobAnswer' })

export const JobParams = z.object({ jobId: z.string() })

export const Job = z
  .object({
    jobId: z.string(),
    device: z.string(),
    account: z.string(),
    number: z.int().meta({ description: 'Of this device: 1, 2, 3 and so on; its job-id in IPP' }),
    name: z.string(),
    user: z.string().optional().meta({ description: 'Who printed it, where a person did' }),
    for: z.string().optional().meta({ description: 'The name of whom it comes out for, once they are at the device' }),
    state: JobState,
    states: z.array(z.object({ state: JobState, at: Timestamp })).meta({ description: 'Its life so far' }),
    pagesDone: z.int().optional().meta({ description: 'That are known to have come out, of all copies' }),
    reason: z.string().optional().meta({ description: 'In a sentence: why it ended so, or what it waits for' }),
    heldFor: HeldFor.optional(),
    cancelAsked: z.boolean().meta({ description: 'The device has been asked to cancel it' }),
    priority: z.int(),
    format: z.string(),
    bytes: z.int(),
    ticket: PrintTicket,
    documentUntil: Timestamp.optional().meta({
      description: 'Of one that has ended: until then it can be printed again; absent: its document is gone',
    }),
    againOf: z.string().optional().meta({ description: 'The job that this one prints again' }),
    againAs: z.string().optional().meta({ description: 'The newest job that prints this one again' }),
    createdAt: Timestamp,
    expiresAt: Timestamp.meta({ description: 'The device must have recorded it by then' }),
  })
  .meta({ id: 'Job' })
export type Job = z.infer<typeof Job>

export const JobsQuery = z.strictObject({
  device: DeviceId.optional(),
  state: z
    .enum([...JobState.options, 'open', 'ended'])
    .optional()
    .meta({ description: '`open`: all that have not ended; `ended`: all that have' }),
  number: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .optional(),
  user: line(255).optional(),
  ...pageQuery,
})
export type JobsQuery = z.infer<typeof JobsQuery>

export const JobChanges = z
  .strictObject({
    hold: z.boolean().optional().meta({ description: 'false releases it, whatever it was held for' }),
    priority: z.int().min(1).max(100).optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must change something')
export type JobChanges = z.infer<typeof JobChanges>

export const JobAgain = z.strictObject({
  pages: z.enum(['all', 'rest']).default('all').meta({ description: '`rest`: behind those that came out for sure' }),
})
export type JobAgain = z.infer<typeof JobAgain>

/** What a device can do with documents, as the relay last heard (E1): a job may be checked against it without the device. */
export const Printing = z
  .object({
    abilities: PrintAbilities.nullable().meta({ description: 'null: the device has not told' }),
    version: z.string().meta({ description: 'Another one when the abilities are others' }),
    state: z.string(),
    lastSeenAt: Timestamp.nullable(),
    maxBytes: z.int().meta({ description: 'Of a document' }),
  })
  .meta({ id: 'Printing' })
export type Printing = z.infer<typeof Printing>

/** The notification (M1): `{"command": "jobs", "arguments": {"jobIds": […]}}` is pushed; the device records them, then asks for each. */
export const jobsCommand = 'jobs'
export const mostJobsTold = 100

/** The job information, asked for by the device because it has recorded the notification. */
export const JobInformation = z
  .object({
    jobId: z.string(),
    name: z.string(),
    user: z.string().nullable(),
    format: z.string(),
    bytes: z.int(),
    sha256: z.string(),
    ticket: PrintTicket,
    priority: z.int(),
    number: z.int(),
    cancel: z.boolean(),
  })
  .meta({ id: 'JobInformation' })
export type JobInformation = z.infer<typeof JobInformation>

const reportedStates = ['fetched', 'executing', 'done', 'failed', 'cancelled', 'unknown'] as const

/** What a device tells of a job: all that it has not told yet, the oldest first. The same again does no harm. */
export const JobReport = z.object({
  states: z.array(z.object({ state: z.enum(reportedStates), at: z.iso.datetime() })).max(8),
  pagesDone: z.int().min(0).max(1_000_000_000).optional(),
  reason: told(1024).optional(),
})
export type JobReport = z.infer<typeof JobReport>

export const JobReported = z
  .object({ cancel: z.boolean().meta({ description: 'Somebody wants it cancelled' }) })
  .meta({ id: 'JobReported' })

/** A document that comes in parts, each on disk when it is answered, so that a cut connection costs one part. */
export const NewUpload = z.strictObject({ bytes: z.int().min(1), contentType: MediaType })
export type NewUpload = z.infer<typeof NewUpload>

export const Upload = z
  .object({ uploadId: z.string(), offset: z.int(), bytes: z.int(), contentType: z.string(), expiresAt: Timestamp })
  .meta({ id: 'Upload' })
export type Upload = z.infer<typeof Upload>

export const UploadParams = z.object({ uploadId: z.string() })
