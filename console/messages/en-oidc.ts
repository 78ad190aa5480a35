/** What the console says in English of single sign-on. */
import { type OidcReason, oidcReasons } from '@fairlead/protocol/oidc-reasons'

const reasons: Record<OidcReason, string> = {
  ...oidcReasons,
  taken:
    'There is a user with your e-mail address already. Sign in as that user in another way, then connect the provider under “You”.',
}

export const enOidc = {
  signIn: (provider: string) => `Sign in with ${provider}`,
  failed: 'Nobody was signed in',
  goOn: 'Go on',
  reasons,
  title: (provider: string) => `Sign in with ${provider}`,
  isLinked: 'You sign in by it: whoever is you there is you here.',
  isNotLinked: 'Connect it, and you sign in by it instead of a password.',
  link: 'Connect',
  unlink: 'Disconnect',
  noOtherWay: 'You would have no way in any more. Add a passkey first.',
  otherAccount: 'It is for users of another account.',
}
