/** What services hear of: `GET /v1/events`. */
import { z } from 'zod'
import { DeviceParams } from './device.ts'
import { Timestamp } from './text.ts'

export const EventType = z.enum([
  'device.registered',
  'device.online',
  'device.offline',
  'device.asleep',
  'device.changed',
  'device.removed',
  'device.event',
  'request.finished',
  'claim.changed',
  'pairing.changed',
  'job.changed',
  'order.changed',
  'reset',
])
export type EventType = z.infer<typeof EventType>

export const EventsQuery = z.strictObject({
  device: DeviceParams.shape.id.optional(),
  type: EventType.optional(),
})
export type EventsQuery = z.infer<typeof EventsQuery>

/** The data of one event; each type adds its own fields. `reset`: events were missed, look again at what matters. */
export const EventData = z
  .looseObject({ at: Timestamp, account: z.string(), device: z.string().optional() })
  .meta({ id: 'EventData' })
export type EventData = z.infer<typeof EventData>
