/** The tables of people: users, their sessions, second factors and providers, who is invited, who sets a new password, who was removed, and views that they saved. */
import type { Selectable } from 'kysely'

export interface PeopleTables {
  account_user: AccountUserTable
  app_password: AppPasswordTable
  invitation: InvitationTable
  oidc_identity: OidcIdentityTable
  passkey: PasskeyTable
  password_reset: PasswordResetTable
  recovery_code: RecoveryCodeTable
  removed_user: RemovedUserTable
  saved_view: SavedViewTable
  spent_challenge: SpentChallengeTable
  user_session: UserSessionTable
}

/** Somebody with a role in an account. */
export interface AccountUserTable {
  user_id: string
  account: string
  /** As it was given. */
  email: string
  /** The same for all ways to write it; unique over the relay. */
  email_lower: string
  name: string
  /** `viewer`, `operator`, `admin` or `owner`. */
  role: string
  /** 1: acts as the admin key does. */
  is_relay_admin: number
  /** Argon2id in the PHC form; null: signs in by other ways only. */
  password: string | null
  /** Encrypted with a key of this relay. */
  totp_secret: string | null
  /** Since when the second factor is asked for; null: the secret has not been shown to be known yet. */
  totp_since: number | null
  /** The newest time step that a code was taken for: none is good twice. */
  totp_step: number | null
  created_at: number
  last_signed_in_at: number | null
}

/** Somebody is signed in. Whoever has the token is let in as that user, as long as this row stands. */
export interface UserSessionTable {
  /** SHA-256 of the token, hexadecimal. */
  key: string
  user_id: string
  created_at: number
  /** To the minute. */
  seen_at: number
  /** When the user last proved who they are; null: begun at a node of an older version. */
  proven_at: number | null
  /** When a second factor was last shown in it; null: never. */
  factor_at: number | null
  /** Where it was begun: an IPv4 address, or an IPv6 /64. */
  network: string | null
  /** In words, from what it said itself. */
  browser: string | null
}

/** Whoever has the token sets the password of that user, once. */
export interface PasswordResetTable {
  /** One for each: another ends it. */
  user_id: string
  /** SHA-256 of the token, hexadecimal. */
  hash: string
  /** 1: codes of an app and passkeys go with the old password. */
  ends_factor: number
  /** The user, or `admin`. */
  made_by: string
  created_at: number
  expires_at: number
}

/** Whoever has the token becomes a user of that account, once. */
export interface InvitationTable {
  invitation_id: string
  account: string
  email: string
  role: string
  /** SHA-256 of the token, hexadecimal. */
  hash: string
  /** The user, the key, or `admin`. */
  invited_by: string
  created_at: number
  expires_at: number
}

/** Instead of a code of the second factor, each once. */
export interface RecoveryCodeTable {
  user_id: string
  /** SHA-256, hexadecimal: it has 80 bits of chance. */
  hash: string
}

/** What a print client of a user shows. */
export interface AppPasswordTable {
  app_password_id: string
  user_id: string
  name: string
  /** SHA-256 of it without its hyphens, hexadecimal: it has 125 bits of chance. */
  hash: string
  created_at: number
  /** To the minute. */
  last_used_at: number | null
}

/** A WebAuthn credential. */
export interface PasskeyTable {
  /** The credential's ID, base64url. */
  passkey_id: string
  user_id: string
  name: string
  /** COSE, base64url. */
  public_key: string
  counter: number
  created_at: number
  last_used_at: number | null
}

/** Somebody as a provider of single sign-on knows them: by issuer and subject, never by an address (OpenID Connect Core §5.7). */
export interface OidcIdentityTable {
  issuer: string
  subject: string
  /** Null: that user was removed. */
  user_id: string | null
  created_at: number
  last_used_at: number | null
}

/** Whoever was removed comes in by an invitation only, whatever domains are let in. */
export interface RemovedUserTable {
  account: string
  /** SHA-256 of the address in lower case, hexadecimal. */
  email_hash: string
  removed_at: number
}

/** A search of the fleet with a name. */
export interface SavedViewTable {
  view_id: string
  account: string
  /** null: of the whole account. */
  user_id: string | null
  name: string
  /** As it is typed. */
  search: string
  changed_at: number
}

/** Challenges that were answered: none is good twice. */
export interface SpentChallengeTable {
  challenge: string
  /** When it is old enough to be refused for that. */
  until: number
}

export type AccountUserRow = Selectable<AccountUserTable>
export type InvitationRow = Selectable<InvitationTable>
export type OidcIdentityRow = Selectable<OidcIdentityTable>
export type AppPasswordRow = Selectable<AppPasswordTable>
export type PasskeyRow = Selectable<PasskeyTable>
export type PasswordResetRow = Selectable<PasswordResetTable>
export type SavedViewRow = Selectable<SavedViewTable>
export type UserSessionRow = Selectable<UserSessionTable>
