/** Single sign-on over HTTP: to the provider, back from it, and which ways of signing in there are. */
import { Failure } from '@fairlead/base'
import { OidcStart, SignInWays } from '@fairlead/protocol/contract'
import { readReturnCookie, returnCookie, setCookie } from '../../http/cookie.ts'
import { nothingHere } from '../../http/paths.ts'
import { type Answer, type Route, route } from '../../http/route.ts'
import type { People } from '../people.ts'
import { from, userOf } from '../session-routes.ts'
import { longestMs } from '../user-sessions.ts'
import { hasName } from '../web-authn.ts'
import { callbackPath, failedUrl, type Oidc } from './oidc.ts'
import { reasonOf } from './refusal.ts'
import { underWayMs } from './under-way.ts'

/** @param publicUrl what browsers call this relay */
export function oidcRoutes({ oidc }: Pick<People, 'oidc'>, publicUrl: () => string): Route[] {
  const isThere = () => oidc !== undefined

  function mustHave(): Oidc {
    if (!oidc) throw nothingHere()
    return oidc
  }

  return [
    route({
      method: 'GET',
      path: '/v1/session/ways',
      operationId: 'showSignInWays',
      summary: 'Which ways of signing in there are',
      access: 'anybody',
      answers: { 200: { description: 'The ways', schema: SignInWays } },
      handle: async () => ({
        status: 200,
        body: { password: true, passkey: hasName(publicUrl()), oidc: oidc ? { name: oidc.name } : null },
      }),
    }),
    route({
      method: 'GET',
      path: '/v1/session/oidc',
      operationId: 'beginOidc',
      summary: 'Sign in by the provider of single sign-on: a browser goes here, and is sent there',
      access: 'anybody',
      isSecret: true,
      isThere,
      work: 'manage',
      answers: { 302: { description: 'To the provider; or to the console, with the reason why not' } },
      problems: ['insecure-transport'],
      handle: () =>
        orSay(async () => {
          const { url, cookie } = await mustHave().begin(publicUrl())
          return goTo(url, [returnCookie(cookie, underWayMs / 1000)])
        }),
    }),
    route({
      method: 'GET',
      path: callbackPath,
      operationId: 'finishOidc',
      summary: 'The provider sends the browser back here',
      access: 'anybody',
      isSecret: true,
      isThere,
      work: 'manage',
      answers: { 302: { description: 'To the console: signed in, by a cookie; or with the reason why not' } },
      problems: ['insecure-transport'],
      handle: (visit) =>
        orSay(async () => {
          const { request } = visit.raw
          const { search } = new URL(request.url ?? '', publicUrl())
          const cookie = readReturnCookie(request.headers)
          const done = await mustHave().finish(search, cookie, publicUrl(), from(visit))
          const session = typeof done === 'string' ? [] : Object.values(setCookie(done.token, longestMs / 1000))
          const page = done === 'proved' ? '#/proved' : ''
          return goTo(`${publicUrl()}/console/${page}`, [...session, returnCookie('', 0)])
        }),
    }),
    route({
      method: 'POST',
      path: '/v1/session/oidc/link',
      operationId: 'linkOidc',
      summary: 'Sign in by the provider from now on: where to go for that',
      access: 'user',
      needsProof: true,
      isThere,
      work: 'manage',
      answers: { 200: { description: 'Afterwards the browser is back in the console', schema: OidcStart } },
      problems: ['forbidden', 'unavailable'],
      async handle({ caller }) {
        return goThere(await mustHave().begin(publicUrl(), { caller: userOf(caller), to: 'link' }))
      },
    }),
    route({
      method: 'POST',
      path: '/v1/session/proof/oidc',
      operationId: 'beginOidcProof',
      summary: 'Prove again who one is, by signing in at the provider once more: where to go for that',
      access: 'user',
      withoutFactor: 'always',
      isThere,
      work: 'manage',
      answers: { 200: { description: 'Afterwards the browser is in the console, at `#/proved`', schema: OidcStart } },
      problems: ['forbidden', 'unavailable'],
      async handle({ caller }) {
        return goThere(await mustHave().begin(publicUrl(), { caller: userOf(caller), to: 'prove' }))
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/session/oidc/link',
      operationId: 'unlinkOidc',
      summary: 'Sign in by the provider no more',
      access: 'user',
      needsProof: true,
      isThere,
      answers: { 204: { description: 'Whoever comes from there is not this user any more' } },
      problems: ['forbidden', 'not-found'],
      async handle({ caller, address }) {
        await mustHave().unlink(userOf(caller), address)
        return { status: 204 }
      },
    }),
  ]

  /** A browser that was sent here shows a page, not a problem. */
  async function orSay(run: () => Promise<Answer>): Promise<Answer> {
    try {
      return await run()
    } catch (error) {
      const reason = reasonOf(error)
      if (reason === undefined || !(error instanceof Failure)) throw error
      const text = { contentType: 'text/plain; charset=utf-8', content: `${error.message}\n` }
      return { ...goTo(failedUrl(publicUrl(), reason)), text }
    }
  }
}

/** For a page that calls: it leads there itself. */
function goThere({ url, cookie }: { url: string; cookie: string }): Answer {
  return { status: 200, body: { url }, headers: { 'set-cookie': returnCookie(cookie, underWayMs / 1000) } }
}

/** The session's cookie is Strict and does not come along on a way that began elsewhere; the console's own calls have it. */
function goTo(location: string, cookies: string[] = []): Answer {
  return { status: 302, headers: { location, ...(cookies.length > 0 && { 'set-cookie': cookies }) } }
}
