/** Why nobody was signed in by single sign-on. A file of its own: a browser takes it without the schemas. */

/** The last word of `/console/#/sign-in/oidc-failed/REASON`: what happened, and what to do. */
export const oidcReasons = {
  cancelled:
    'The provider let nobody in: you cancelled there, or may not use this relay. Try again, or sign in in another way.',
  expired:
    'This sign-in was not begun in this browser, took longer than 10 minutes, or another was begun after it. Begin again.',
  linked:
    'Another user of this relay signs in by that account of the provider already. Sign out at the provider, and take another.',
  mismatch:
    'What the provider answered does not fit what was asked. Begin again; if it stays so, the log of the relay says why.',
  other:
    'At the provider you are signed in as somebody else than here. Sign out there, then sign in as the one that you are here.',
  removed: 'Your user here has been removed. Ask an owner or admin of the account for an invitation.',
  stale:
    'The provider does not say that you have just signed in there. Sign out here and come in again, or prove it by a passkey or your password.',
  stranger:
    'Nobody has invited you here. Ask an owner or admin of the account for an invitation of the address that the provider has.',
  taken:
    'There is a user with your e-mail address already. Sign in as that user in another way, then link the provider there.',
  unreachable: 'The provider cannot be reached at the moment. Try again in a minute, or sign in in another way.',
  unverified: 'The provider does not say that your e-mail address is yours. Verify it there, then come again.',
} as const
export type OidcReason = keyof typeof oidcReasons
