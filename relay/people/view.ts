/** A user as people see one. */
import { Role, type User } from '@fairlead/protocol/contract'
import type { UserRow } from './store.ts'

export function viewOf(row: UserRow): User {
  return {
    userId: row.user_id,
    account: row.account,
    email: row.email,
    name: row.name,
    role: Role.parse(row.role),
    isRelayAdmin: row.is_relay_admin === 1,
    createdAt: new Date(row.created_at).toISOString(),
    lastSignedInAt: row.last_signed_in_at === null ? null : new Date(row.last_signed_in_at).toISOString(),
    hasPassword: row.password !== null,
    hasTotp: row.totp_since !== null,
    passkeys: row.passkeys,
    hasOidc: row.identities > 0,
  }
}
