/** What the audit log is told of people: who came in, and what they did to themselves. */
import type { Act } from '../audit/act.ts'

/** Where somebody comes from, the network that this counts as, and with what. */
export interface From {
  address: string
  network: string
  /** In words; null: it does not say. */
  browser: string | null
}

export function actOf(
  action: Act['action'],
  user: { user_id: string; account: string },
  { address }: Pick<From, 'address'>,
): Act {
  const { user_id: id, account } = user
  return { action, account, actor: { kind: 'user', id }, subject: id, address }
}

/** Whoever it was: of the user that they said to be, if there is one. */
export function refusedSignIn(user: { user_id: string; account: string } | undefined, { address }: From): Act {
  const [account, subject] = [user?.account ?? null, user?.user_id]
  return {
    action: 'user.sign-in-refused',
    account,
    actor: { kind: 'nobody' },
    subject,
    result: 'unauthorized',
    address,
  }
}
