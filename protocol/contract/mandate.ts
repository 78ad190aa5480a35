/** Whether services are performed for a device (B8), and if not, what is missing: `GET /v1/mandates`. */
import { z } from 'zod'
import { AccountId } from './account.ts'
import { DeviceId } from './device.ts'
import { pageQuery } from './page.ts'
import { Timestamp } from './text.ts'

export const Mandate = z
  .object({
    device: z.string(),
    account: z.string(),
    missing: z.enum(['owner', 'instruction', 'consent']).nullable().meta({
      description:
        '`owner`: it is to be claimed, paired or enrolled; `instruction`: the press at the device after its claim; `consent`: the word of the owner. null: services are performed',
    }),
    kind: z.enum(['instruction', 'consent']).nullable().meta({ description: 'Why services may be performed for it' }),
    sinceAt: Timestamp.nullable(),
  })
  .meta({ id: 'Mandate' })
export type Mandate = z.infer<typeof Mandate>

export const MandatesQuery = z.strictObject({
  account: AccountId.optional(),
  device: DeviceId.optional(),
  missing: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: '`true`: only devices for which something is missing; `false`: only the others' }),
  ...pageQuery,
})
export type MandatesQuery = z.infer<typeof MandatesQuery>
