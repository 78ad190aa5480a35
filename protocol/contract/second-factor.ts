/** The second factor: codes of an authenticator app (RFC 6238), and codes on paper for the day that it is lost. */
import { z } from 'zod'

/** `POST /v1/session/totp` */
export const NewTotp = z
  .object({
    secret: z.string().meta({ description: 'Base32, to be typed into the app' }),
    uri: z.string().meta({ description: '`otpauth://…`, to be shown as a QR code' }),
  })
  .meta({ id: 'NewTotp' })
export type NewTotp = z.infer<typeof NewTotp>

export const FactorCode = z.strictObject({ code: z.string().min(1).max(64) })
export type FactorCode = z.infer<typeof FactorCode>

/** `PUT /v1/session/totp` */
export const RecoveryCodes = z
  .object({
    recoveryCodes: z.array(z.string()).meta({ description: 'Shown this once; each stands for one code of the app' }),
  })
  .meta({ id: 'RecoveryCodes' })
export type RecoveryCodes = z.infer<typeof RecoveryCodes>
