/** To prove again who one is, before what does harm; and how a session stands to a second factor that is demanded. */
import { z } from 'zod'
import { ShownPasskey } from './passkey.ts'

/** `POST /v1/session/proof` */
export const Proof = z
  .strictObject({
    password: z.string().min(1).max(512).optional(),
    totp: z.string().min(1).max(64).optional().meta({ description: 'A code of the second factor, or a recovery code' }),
    passkey: ShownPasskey.optional(),
  })
  .refine((proof) => Object.keys(proof).length === 1, 'Give one of password, totp and passkey')
export type Proof = z.infer<typeof Proof>

/** `show`: the account demands one, which this session has not seen yet. `set-up`: the user has none. */
export const FactorState = z.enum(['fine', 'show', 'set-up'])
export type FactorState = z.infer<typeof FactorState>
