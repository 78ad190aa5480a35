/** Who the provider says has come: what its claims are worth here. */
import { Email, UserName } from '@fairlead/protocol/contract'

/** Somebody as the provider knows them. */
export interface Who {
  /** Who they are, for ever (OpenID Connect Core §5.7); nothing else is. */
  issuer: string
  subject: string
  /** Undefined: there is none that the provider has verified. */
  email: string | undefined
  name: string | undefined
  /** When they showed the provider who they are, by its clock, in milliseconds; undefined: it does not say. */
  provenAt: number | undefined
  /** The provider says that it was by more than one factor (RFC 8176). */
  hasFactor: boolean
}

export type Claims = Readonly<Record<string, unknown>>

/**
 * @returns undefined: there is none, or nobody says that it is theirs. Whoever may write any address into their profile
 *   would take the invitation of another
 */
export function verifiedEmailOf(claims: Claims): string | undefined {
  const { data: email } = Email.safeParse(claims['email'])
  return email !== undefined && isVerified(claims) ? email : undefined
}

function isVerified({ iss, email_verified: verified, xms_edov: ownsDomain }: Claims): boolean {
  // Some providers write it as text.
  if (verified !== undefined) return verified === true || verified === 'true'
  // Entra ID says nothing of it for organisations, but, where it is asked to, whether the tenant has shown that the domain is its own.
  const isEntra = typeof iss === 'string' && iss.startsWith('https://login.microsoftonline.com/')
  return isEntra && [true, 'true', 1, '1'].some((yes) => yes === ownsDomain)
}

export function provenAtOf({ auth_time: at }: Claims): number | undefined {
  return typeof at === 'number' ? at * 1000 : undefined
}

/** Nothing but this word: which of the others stand for two factors differs from provider to provider. */
export function hasFactorIn({ amr }: Claims): boolean {
  return Array.isArray(amr) && amr.includes('mfa')
}

export function nameOf(claims: Claims): string | undefined {
  return [claims['name'], claims['preferred_username']]
    .map((name) => UserName.safeParse(typeof name === 'string' ? name.trim() : name).data)
    .find((name) => name !== undefined)
}
