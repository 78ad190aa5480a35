/** Levels and counters over time (B7): `GET /v1/devices/{id}/readings`. */
import { z } from 'zod'
import { Json } from './json.ts'
import { ObjectName } from './objects.ts'
import { pageQuery } from './page.ts'
import { Timestamp } from './text.ts'

/** `event` and `register`: the device told it of its own accord. `poll`: the relay asked for it. */
export const ReadingSource = z.enum(['event', 'register', 'poll'])
export type ReadingSource = z.infer<typeof ReadingSource>

export const Reading = z
  .object({
    object: z.string(),
    value: Json.meta({ description: 'As the device said it: "unknown" and "some" are not 0' }),
    at: Timestamp.meta({ description: 'Read for the first time' }),
    untilAt: Timestamp.meta({ description: 'Read for the last time, with nothing else in between' }),
    source: ReadingSource.meta({ description: 'Of the first time' }),
  })
  .meta({ id: 'Reading' })
export type Reading = z.infer<typeof Reading>

export const ReadingsQuery = z.strictObject({
  object: ObjectName.optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  everySeconds: z.coerce
    .number()
    .int()
    .min(1)
    .max(604_800)
    .optional()
    .meta({ description: 'Of those readings of an object that begin within one such span only the last one' }),
  ...pageQuery,
})
export type ReadingsQuery = z.infer<typeof ReadingsQuery>
