/** The words that a search of devices can be completed with. */
import { z } from 'zod'

/** `GET /v1/device-words` */
export const DeviceWords = z
  .object({
    tags: z.array(z.string()),
    models: z.array(z.string()),
    objects: z.array(z.string()).meta({ description: 'As one device of each model has told' }),
  })
  .meta({ id: 'DeviceWords' })
export type DeviceWords = z.infer<typeof DeviceWords>
