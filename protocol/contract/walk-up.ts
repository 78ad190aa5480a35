/** Walk-ups (H1): a person at a device shows who they are, and what waits for them there is released to it. */
import { z } from 'zod'
import { Timestamp } from './text.ts'

/** `POST /device/v1/sleep`: the device goes into its low-power mode; network and session are down in it. */
export const SleepBody = z.object({})

/** `POST /device/v1/walk-ups`: what was typed or read, or nothing: then a telephone says who it is. Whatever comes is a try. */
export const NewWalkUp = z
  .object({ pin: z.string().min(1).max(64).optional(), badge: z.string().min(1).max(64).optional() })
  .refine(({ pin, badge }) => pin === undefined || badge === undefined, 'Tell a PIN or a badge, not both')
export type NewWalkUp = z.infer<typeof NewWalkUp>

export const WalkUpState = z.enum(['waiting', 'authenticated'])
export type WalkUpState = z.infer<typeof WalkUpState>

export const WalkUp = z
  .object({
    walkUpId: z.string(),
    state: WalkUpState,
    person: z.object({ name: z.string() }).optional().meta({ description: 'Who it is, once that is known' }),
    url: z.string().optional().meta({ description: 'To show as a QR code, while nobody has confirmed it' }),
    expiresAt: Timestamp.meta({ description: 'It is over then; each call about a person who is known puts it off' }),
  })
  .meta({ id: 'WalkUp' })
export type WalkUp = z.infer<typeof WalkUp>

export const WalkUpParams = z.object({ walkUpId: z.string() })

export const WalkUpWait = z.strictObject({
  wait: z.coerce.number().min(0).max(30).default(0).meta({ description: 'Seconds to wait until it is another' }),
})
export type WalkUpWait = z.infer<typeof WalkUpWait>

/** What waits for that person at this device, the oldest first, and for nobody else. */
export const WalkUpJobs = z
  .object({
    jobs: z.array(
      z.object({
        jobId: z.string(),
        name: z.string(),
        copies: z.int(),
        bytes: z.int(),
        format: z.string(),
        createdAt: Timestamp,
      }),
    ),
  })
  .meta({ id: 'WalkUpJobs' })
export type WalkUpJobs = z.infer<typeof WalkUpJobs>

export const ChosenJobs = z.object({ jobIds: z.array(z.string().min(1).max(64)).min(1).max(100) })
export type ChosenJobs = z.infer<typeof ChosenJobs>

const not = z.array(z.object({ jobId: z.string(), reason: z.string().meta({ description: 'In a sentence' }) }))

export const ReleasedJobs = z.object({ released: z.array(z.string()), not }).meta({ id: 'ReleasedJobs' })
export type ReleasedJobs = z.infer<typeof ReleasedJobs>

export const CancelledJobs = z.object({ cancelled: z.array(z.string()), not }).meta({ id: 'CancelledJobs' })
export type CancelledJobs = z.infer<typeof CancelledJobs>

/** `POST /v1/walk-ups/look` and `/confirm`, by whoever has opened the QR code and signed in. */
export const WalkUpToken = z.strictObject({ token: z.string().min(1).max(128) })
export type WalkUpToken = z.infer<typeof WalkUpToken>

/** Which device it is, to be shown before somebody says that they stand there. */
export const WalkUpAtDevice = z
  .object({
    device: z.string(),
    name: z.string().nullable().meta({ description: 'As it tells itself' }),
    location: z.string().nullable(),
    model: z.string().nullable(),
    expiresAt: Timestamp,
  })
  .meta({ id: 'WalkUpAtDevice' })
export type WalkUpAtDevice = z.infer<typeof WalkUpAtDevice>
