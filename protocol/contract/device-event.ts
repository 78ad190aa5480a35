/** What devices tell of their own accord: `POST /device/v1/events`. */
import { z } from 'zod'
import { ObjectValues } from './objects.ts'
import { told } from './text.ts'

const maxEvents = 100

const common = {
  /** Made by the device; a repeat does no harm. */
  id: z.string().min(1).max(128),
  at: z.iso.datetime({ offset: true }),
}

export const DeviceEvent = z
  .discriminatedUnion('type', [
    z.object({ ...common, type: z.literal('instruction'), claim: z.string().max(128).optional() }),
    z.object({ ...common, type: z.literal('printed'), pages: z.int().min(0), jobName: told(256).optional() }),
    z.object({ ...common, type: z.literal('objects'), values: ObjectValues }),
    z.object({ ...common, type: z.literal('help'), text: told(1024) }),
    z.object({ ...common, type: z.literal('approach') }),
  ])
  .meta({ id: 'DeviceEvent' })
export type DeviceEvent = z.infer<typeof DeviceEvent>

export const DeviceEvents = z.object({
  events: z
    .array(DeviceEvent)
    .min(1)
    .refine((events) => events.length <= maxEvents, {
      error: `At most ${maxEvents} events at once`,
      params: { code: 'too-large' },
    })
    .meta({ maxItems: maxEvents }),
})
export type DeviceEvents = z.infer<typeof DeviceEvents>
