/** A real OpenID provider (`oidc-provider`) as a process, where whoever comes says themselves who they are. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { type AccountClaims, Provider } from 'oidc-provider'
import { listenOnFreePort } from './listen.ts'

const [clientId = '', clientSecret = ''] = process.argv.slice(2)
const people = new Map<string, AccountClaims>()

let answer: (request: IncomingMessage, response: ServerResponse) => void
const { url } = await listenOnFreePort(createServer((request, response) => answer(request, response)))

const provider = new Provider(url, {
  clients: [
    {
      ...{ client_id: clientId, client_secret: clientSecret, redirect_uris: ['http://localhost/'] },
      ...{ response_types: ['code'], grant_types: ['authorization_code'] },
    },
  ],
  claims: { openid: ['sub', 'amr'], email: ['email', 'email_verified'], profile: ['name'] },
  cookies: { keys: ['of this provider'] },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  findAccount: (_, accountId) => ({ accountId, claims: async () => people.get(accountId) ?? { sub: accountId } }),
  // Nobody is asked whether the relay may know it.
  async loadExistingGrant({ oidc }) {
    const { client, session } = oidc
    if (!client || session?.accountId === undefined) return undefined
    const grant = new oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId })
    grant.addOIDCScope('openid email profile')
    await grant.save()
    return grant
  },
})
// A relay of the tests has another port each time.
provider.Client.prototype.redirectUriAllowed = (uri: string) => new URL(uri).pathname === '/v1/session/oidc/callback'

const serve = provider.callback()
answer = (request, response) => {
  if (request.url?.startsWith('/interaction/')) void interact(request, response)
  else serve(request, response)
}

/** Claims, typed in as JSON; "no" turns back. */
async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html')
    response.end('<form method="post"><input name="who" autofocus><button>Sign in</button></form>')
    return
  }
  const who = new URLSearchParams(await text(request)).get('who') ?? ''
  if (who === 'no') return await provider.interactionFinished(request, response, { error: 'access_denied' })
  const { amr, ...claims } = JSON.parse(who) as AccountClaims & { amr?: string[] }
  people.set(claims.sub, claims)
  await provider.interactionFinished(request, response, {
    login: { accountId: claims.sub, ...(amr && { amr }) },
  })
}

process.stdout.write(`${JSON.stringify({ event: 'provider.ready', url })}\n`)
