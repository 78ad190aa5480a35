/** A new password for who has forgotten theirs: by a link that an owner or admin makes. */
import { z } from 'zod'
import { Timestamp } from './text.ts'
import { NewPassword } from './user.ts'

/** `POST /v1/users/{userId}/reset` */
export const NewPasswordReset = z.strictObject({
  endSecondFactor: z
    .boolean()
    .default(false)
    .meta({ description: 'For who has lost it, too: codes of an app and passkeys are gone when the link is used' }),
})
export type NewPasswordReset = z.infer<typeof NewPasswordReset>

export const CreatedPasswordReset = z
  .object({
    url: z.string().meta({ description: 'Shown this once: whoever opens it sets the password' }),
    expiresAt: Timestamp,
  })
  .meta({ id: 'CreatedPasswordReset' })
export type CreatedPasswordReset = z.infer<typeof CreatedPasswordReset>

/** `POST /v1/session/reset` */
export const PasswordReset = z.strictObject({ token: z.string().min(1).max(128), password: NewPassword })
export type PasswordReset = z.infer<typeof PasswordReset>
