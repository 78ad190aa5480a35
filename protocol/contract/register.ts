/** What a device tells when it registers (A2) and when it shows that it lives (A5). */
import { z } from 'zod'
import { Registration } from './device.ts'
import { ObjectValues } from './objects.ts'
import { PrintAbilities } from './print.ts'
import { told } from './text.ts'

const list = z.array(told(128)).max(256)

/** All of it optional. Unknown fields are dropped, not refused: a newer device must not be shut out by an older relay. */
export const Capabilities = z
  .object({
    serial: told(128).optional(),
    model: told(256).optional(),
    firmware: told(256).optional(),
    memoryBytes: z.int().min(0).optional(),
    media: list.optional(),
    supplies: list.optional(),
    features: list.optional(),
    // What a device says wrongly here must not keep it out.
    printing: PrintAbilities.optional().catch(undefined),
  })
  .meta({ id: 'Capabilities' })
export type Capabilities = z.infer<typeof Capabilities>

export const RegisterBody = z.object({
  capabilities: Capabilities.optional(),
  objects: ObjectValues.optional(),
  addresses: z.array(told(64)).max(64).optional(),
})
export type RegisterBody = z.infer<typeof RegisterBody>

export const Registered = z
  .object({
    registration: Registration,
    survivalTimeoutSeconds: z.int().meta({ description: 'The survival timer; 0 is off' }),
    jid: z.string(),
  })
  .meta({ id: 'Registered' })
export type Registered = z.infer<typeof Registered>

/** `sid` of BOSH; on WebSocket the stream's id. */
export const SurvivalBody = z.object({ sid: z.string().min(1).max(256) })
export type SurvivalBody = z.infer<typeof SurvivalBody>

export const SurvivalAnswer = z.object({ recognized: z.boolean() }).meta({ id: 'SurvivalAnswer' })
export type SurvivalAnswer = z.infer<typeof SurvivalAnswer>
