/** How people come in: the first of a relay, and everybody after. */
import { z } from 'zod'
import { FactorState } from './proof.ts'
import { Timestamp } from './text.ts'
import { Email, NewPassword, Right, Role, User, UserName } from './user.ts'

const Token = z.string().min(1).max(128)

/** What was typed, right or wrong. */
const Typed = z.string().min(1).max(512)

/** `POST /v1/set-up`: the first user of a relay. */
export const SetUp = z.strictObject({ token: Token, email: Email, name: UserName, password: NewPassword })
export type SetUp = z.infer<typeof SetUp>

export const SetUpLink = z.object({ url: z.string() }).meta({ id: 'SetUpLink' })

/** `POST /v1/session` */
export const SignIn = z.strictObject({
  email: z.string().min(1).max(254),
  password: Typed,
  totp: z.string().min(1).max(64).optional().meta({ description: 'A code of the second factor, or a recovery code' }),
})
export type SignIn = z.infer<typeof SignIn>

/** `GET /v1/session` */
export const SessionView = z
  .object({
    user: User,
    scopes: z.array(Right),
    manages: z.array(Role).meta({ description: 'Users of these roles they may invite, change and remove' }),
    provenAt: Timestamp.nullable().meta({ description: 'When this user last proved who they are, in this session' }),
    secondFactor: FactorState,
    requireSecondFactor: z.boolean().meta({ description: 'The account demands one of all its users' }),
  })
  .meta({ id: 'SessionView' })
export type SessionView = z.infer<typeof SessionView>

/** `POST /v1/session/password` */
export const PasswordChange = z.strictObject({ old: Typed, new: NewPassword })
export type PasswordChange = z.infer<typeof PasswordChange>
