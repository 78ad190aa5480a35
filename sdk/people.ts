/** People over the API: users and invitations with a key, and what a page of the relay does for whoever has signed in. */
import type {
  Acceptance,
  AppPassword,
  CreatedInvitation,
  CreatedPasswordReset,
  Invitation,
  MadeAppPassword,
  NewAppPassword,
  NewInvitation,
  NewPasskey,
  NewTotp,
  NewView,
  OidcStart,
  Page,
  Passkey,
  PasskeySignIn,
  PasswordChange,
  PasswordReset,
  Proof,
  RecoveryCodes,
  SessionView,
  SetUp,
  SignIn,
  SignInWays,
  User,
  UserChange,
  UserSession,
  View,
} from '@fairlead/protocol/contract'
import { type Call, call, type Relay } from './call.ts'

export interface PeopleFilter {
  account?: string
  limit?: number
  cursor?: string
}

/** Options as `PublicKeyCredential.parseCreationOptionsFromJSON` and its like read them. */
export interface PasskeyAsked {
  challenge: string
}

export function createPeople(relay: Relay) {
  const segment = (id: string) => encodeURIComponent(id)

  async function ask<Body>(method: Call['method'], path: string, body?: unknown): Promise<Body> {
    return (await call<Body>(relay, { ...(method && { method }), path, body })).body
  }

  async function list<Item>(path: string, filter: PeopleFilter): Promise<Page<Item>> {
    return (await call<Page<Item>>(relay, { path, query: { ...filter } })).body
  }

  return {
    users: {
      list: (filter: PeopleFilter = {}) => list<User>('/v1/users', filter),
      change: (userId: string, change: UserChange) => ask<User>('PATCH', `/v1/users/${segment(userId)}`, change),
      remove: (userId: string) => ask<void>('DELETE', `/v1/users/${segment(userId)}`),
      /** A link by which they set a new password. @param endSecondFactor they have lost that as well */
      reset: (userId: string, endSecondFactor = false) =>
        ask<CreatedPasswordReset>('POST', `/v1/users/${segment(userId)}/reset`, { endSecondFactor }),
      /** Signs them out, wherever they are signed in. */
      endSessions: (userId: string) => ask<void>('DELETE', `/v1/users/${segment(userId)}/sessions`),
    },

    invitations: {
      /** The link is in the answer, this once. */
      add: (invitation: NewInvitation) => ask<CreatedInvitation>('POST', '/v1/invitations', invitation),
      list: (filter: PeopleFilter = {}) => list<Invitation>('/v1/invitations', filter),
      remove: (invitationId: string) => ask<void>('DELETE', `/v1/invitations/${segment(invitationId)}`),
      /** Signs in as well. */
      accept: (acceptance: Acceptance) => ask<{ user: User }>('POST', '/v1/invitations/accept', acceptance),
    },

    /** Searches of the fleet that have a name: of whoever has signed in, and of their account. */
    views: {
      list: () => list<View>('/v1/views', { limit: 500 }),
      /** @param viewId of one's own making; saved again under the same ID it is replaced, or back */
      save: (viewId: string, view: NewView) => ask<View>('PUT', `/v1/views/${segment(viewId)}`, view),
      remove: (viewId: string) => ask<void>('DELETE', `/v1/views/${segment(viewId)}`),
    },

    setUp: {
      /** For the first user; with the admin key. @throws {RelayError} `not-found`: there are users */
      newLink: () => ask<{ url: string }>('POST', '/v1/set-up/link'),
      /** Signs in as well. */
      take: (order: SetUp) => ask<{ user: User }>('POST', '/v1/set-up', order),
    },

    /** Of whoever has signed in on this page: the browser keeps the cookie. */
    session: {
      /** @throws {RelayError} `second-factor`: again with `totp` */
      begin: (order: SignIn) => ask<{ user: User }>('POST', '/v1/session', order),
      show: () => ask<SessionView>('GET', '/v1/session'),
      /** What a page for signing in has to offer. By `oidc` one signs in by going to `/v1/session/oidc`. */
      ways: () => ask<SignInWays>('GET', '/v1/session/ways'),
      /** The browser is to go there; whoever has signed in may come from there afterwards. */
      linkOidc: () => ask<OidcStart>('POST', '/v1/session/oidc/link'),
      unlinkOidc: () => ask<void>('DELETE', '/v1/session/oidc/link'),
      end: () => ask<void>('DELETE', '/v1/session'),
      /** Again, for what does harm. @throws {RelayError} `forbidden`: it is not right; `too-many-requests` */
      prove: (proof: Proof) => ask<SessionView>('POST', '/v1/session/proof', proof),
      /** For `navigator.credentials.get`. */
      beginPasskeyProof: () => ask<PasskeyAsked>('POST', '/v1/session/proof/options'),
      /** A browser is to go there, and ends at `#/proved` of the console. */
      proveByOidc: () => ask<OidcStart>('POST', '/v1/session/proof/oidc'),
      /** By a link that an owner has made; nobody is signed in by it. @throws {RelayError} `no-match`: it is good no more */
      resetPassword: (reset: PasswordReset) => ask<void>('POST', '/v1/session/reset', reset),
      changePassword: (change: PasswordChange) => ask<{ user: User }>('POST', '/v1/session/password', change),
      beginTotp: () => ask<NewTotp>('POST', '/v1/session/totp'),
      confirmTotp: (code: string) => ask<RecoveryCodes>('PUT', '/v1/session/totp', { code }),
      /** For `navigator.credentials.create`. */
      beginPasskey: () => ask<PasskeyAsked>('POST', '/v1/session/passkeys/options'),
      addPasskey: (passkey: NewPasskey) => ask<Passkey>('POST', '/v1/session/passkeys', passkey),
      passkeys: () => list<Passkey>('/v1/session/passkeys', {}),
      removePasskey: (passkeyId: string) => ask<void>('DELETE', `/v1/session/passkeys/${segment(passkeyId)}`),
      /** For `navigator.credentials.get`. */
      beginWithPasskey: () => ask<PasskeyAsked>('POST', '/v1/session/passkey/options'),
      withPasskey: (shown: PasskeySignIn) => ask<{ user: User }>('POST', '/v1/session/passkey', shown),
      endTotp: (code: string) => ask<void>('DELETE', '/v1/session/totp', { code }),
    },

    /** Of whoever has signed in: what their computers print with (`ipps://RELAY:443/ipp/print/ID`). */
    appPasswords: {
      list: () => list<AppPassword>('/v1/app-passwords', {}),
      /** The password is in the answer, this once. */
      add: (order: NewAppPassword) => ask<MadeAppPassword>('POST', '/v1/app-passwords', order),
      remove: (appPasswordId: string) => ask<void>('DELETE', `/v1/app-passwords/${segment(appPasswordId)}`),
    },

    /** Where whoever has signed in on this page is signed in. */
    sessions: {
      list: () => list<UserSession>('/v1/sessions', {}),
      end: (sessionId: string) => ask<void>('DELETE', `/v1/sessions/${segment(sessionId)}`),
      endOthers: () => ask<void>('DELETE', '/v1/sessions'),
    },
  }
}
