/** Invitations: whoever has the link becomes a user of that account, with that role. */
import { z } from 'zod'
import { AccountId } from './account.ts'
import { Timestamp } from './text.ts'
import { Email, NewPassword, Role, UserName } from './user.ts'

export const NewInvitation = z.strictObject({ email: Email, role: Role, account: AccountId.optional() })
export type NewInvitation = z.infer<typeof NewInvitation>

export const Invitation = z
  .object({
    invitationId: z.string(),
    account: z.string(),
    email: z.string(),
    role: Role,
    createdAt: Timestamp,
    expiresAt: Timestamp,
  })
  .meta({ id: 'Invitation' })
export type Invitation = z.infer<typeof Invitation>

export const CreatedInvitation = Invitation.extend({
  url: z.string().meta({ description: 'Shown this once: whoever opens it is invited' }),
}).meta({ id: 'CreatedInvitation' })
export type CreatedInvitation = z.infer<typeof CreatedInvitation>

export const InvitationParams = z.object({ invitationId: z.string() })

/** `POST /v1/invitations/accept` */
export const Acceptance = z.strictObject({
  token: z.string().min(1).max(128),
  name: UserName,
  password: NewPassword,
})
export type Acceptance = z.infer<typeof Acceptance>
