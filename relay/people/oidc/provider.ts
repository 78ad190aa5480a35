/** OpenID Connect itself: authorization code flow with PKCE, state, nonce and `iss` (OpenID Connect Core §3.1, RFC 7636, RFC 9207). */
import { type Clock, createSlots, Failure, type Random } from '@fairlead/base'
import type { ClientAuth, Configuration } from 'openid-client'
import { reasonOf, refusal } from './refusal.ts'
import type { UnderWay } from './under-way.ts'
import { hasFactorIn, nameOf, provenAtOf, verifiedEmailOf, type Who } from './who.ts'

export interface ProviderOptions {
  issuer: string
  clientId: string
  clientSecret: string
}

export interface Provider {
  /**
   * Where the browser is to go, and what its answer will be checked by.
   *
   * @param again whoever is signed in at the provider is to sign in there once more
   * @throws {Failure} with a reason: `unreachable`, `mismatch`
   */
  begin(redirectUri: string, again: boolean): Promise<{ url: string; underWay: UnderWay }>
  /**
   * @param answer the address that the provider has sent the browser to
   * @throws {Failure} with a reason: `cancelled`, `mismatch`, `unreachable`
   */
  finish(answer: URL, underWay: UnderWay): Promise<Who>
}

export interface ProviderNeeds {
  options: ProviderOptions
  clock: Clock
  random: Random
}

/** Only when it is needed: a relay without a provider need not read it. */
const library = () => import('openid-client')

const scope = 'openid email profile'
/** Of each call to the provider. */
const timeoutSeconds = 10
/** What the provider says of itself is read anew after so long; its keys sooner, when there is one that is not known. */
const readAnewMs = 3_600_000
const clockToleranceSeconds = 30
/** Whoever sends made-up codes has the relay ask the provider: not for more at once. */
const parallel = 8
const mostWaiting = 64

export function createProvider({ options, clock, random }: ProviderNeeds): Provider {
  const inSlot = createSlots(parallel, mostWaiting)
  let known: { configuration: Promise<Configuration>; until: number } | undefined

  async function discover(): Promise<Configuration> {
    const { discovery, allowInsecureRequests, enableNonRepudiationChecks, clockTolerance, customFetch } =
      await library()
    const issuer = new URL(options.issuer)
    return await discovery(
      issuer,
      options.clientId,
      { [clockTolerance]: clockToleranceSeconds },
      await clientAuthOf(options.clientSecret),
      {
        timeout: timeoutSeconds,
        // The options let in plain HTTP on loopback only. The signature of the ID token is checked beside TLS, not left to it.
        execute: [...(issuer.protocol === 'http:' ? [allowInsecureRequests] : []), enableNonRepudiationChecks],
        [customFetch]: fetchOrSay,
      },
    )
  }

  /** What failed is tried again by whoever comes next. */
  function configuration(): Promise<Configuration> {
    if (known && known.until > clock.now()) return known.configuration
    const asked = { configuration: discover(), until: clock.now() + readAnewMs }
    known = asked
    asked.configuration.catch(() => {
      if (known === asked) known = undefined
    })
    return asked.configuration
  }

  return {
    async begin(redirectUri, again) {
      const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await library()
      const at = await configuration().catch(refuse)
      const underWay = { state: random.token(32), nonce: random.token(32), verifier: random.token(32) }
      const url = buildAuthorizationUrl(at, {
        ...{ redirect_uri: redirectUri, scope, state: underWay.state, nonce: underWay.nonce },
        ...{ code_challenge: await calculatePKCECodeChallenge(underWay.verifier), code_challenge_method: 'S256' },
        // The first asks, the second has it say when (OpenID Connect Core §3.1.2.1).
        ...(again && { prompt: 'login', max_age: '0' }),
      })
      return { url: url.href, underWay }
    },

    finish: (answer, { state, nonce, verifier }) =>
      inSlot(async () => {
        const { authorizationCodeGrant, fetchUserInfo } = await library()
        const at = await configuration()
        const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true }
        const tokens = await authorizationCodeGrant(at, answer, checks)
        const claims = tokens.claims()
        if (!claims) throw new Error('There is no ID token.')
        const { iss: issuer, sub: subject } = claims
        const email = verifiedEmailOf(claims)
        // Claims of a scope stand there (OpenID Connect Core §5.4); some providers put them into the ID token as well.
        const isMore = email === undefined && at.serverMetadata().userinfo_endpoint !== undefined
        const more = isMore ? await fetchUserInfo(at, tokens.access_token, subject) : {}
        const all = { ...more, ...claims }
        return {
          ...{ issuer, subject, email: email ?? verifiedEmailOf(more), name: nameOf(all) },
          ...{ provenAt: provenAtOf(claims), hasFactor: hasFactorIn(claims) },
        }
      }).catch(refuse),
  }
}

/** HTTP Basic unless the provider does not take it: it is the default of OpenID Connect Core §9. */
async function clientAuthOf(secret: string): Promise<ClientAuth> {
  const { ClientSecretBasic, ClientSecretPost } = await library()
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)]
  return (server, ...call) => {
    const ways = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    return (ways.includes('client_secret_basic') ? basic : post)(server, ...call)
  }
}

/** A provider that is down is told from one that says no. */
async function fetchOrSay(url: string, init: object): Promise<Response> {
  const response = await fetch(url, init).catch((error: unknown) => {
    throw refusal('unreachable', error)
  })
  if (response.status < 500 && response.status !== 429) return response
  await response.body?.cancel()
  throw refusal('unreachable', new Error(`It answered ${response.status}.`))
}

const saysNo = [
  'access_denied',
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
]
const isBusy = ['server_error', 'temporarily_unavailable']

/** The library tells by throwing; its error is kept for the log. @throws {Failure} always */
function refuse(error: unknown): never {
  if (error instanceof Failure) throw error
  const { cause, code, error: word } = Object(error)
  if (reasonOf(cause) !== undefined) throw cause
  if (saysNo.includes(word)) throw refusal('cancelled', error)
  throw refusal(isBusy.includes(word) || code === 'OAUTH_TIMEOUT' ? 'unreachable' : 'mismatch', error)
}
