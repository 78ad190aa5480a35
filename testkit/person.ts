/** Somebody at a browser: what the relay sets as a cookie comes back with every call, and with where the page is from. */
import { callRelay, type Service, serviceOf } from './service.ts'

export interface Person extends Service {
  /** As the browser keeps it: `__Host-fairlead=…`; undefined when signed out. */
  cookie(): string | undefined
  /** The same person, at another node. */
  at(relayUrl: string): Person
}

/** @param cookie of somebody who has signed in before */
export function createPerson(relayUrl: string, cookie?: string): Person {
  const service = serviceOf(async (method, path, body, headers) => {
    const reply = await callRelay(relayUrl, method, path, body, {
      origin: relayUrl,
      ...(cookie !== undefined && { cookie }),
      ...headers,
    })
    for (const set of reply.headers.getSetCookie().filter((each) => each.startsWith('__Host-fairlead=')))
      cookie = /max-age=0/i.test(set) ? undefined : set.split(';')[0]
    return reply
  })
  return { ...service, cookie: () => cookie, at: (otherUrl) => createPerson(otherUrl, cookie) }
}

export const goodPassword = 'four words nobody says'

/** Invites somebody, who comes. @param inviter may be the admin key */
export async function invite(
  relayUrl: string,
  inviter: Pick<Service, 'post'>,
  order: { email: string; role: string; account?: string },
): Promise<{ person: Person; userId: string }> {
  const { body } = await inviter.post('/v1/invitations', order)
  const token = tokenOf(Object(body).url)
  const person = createPerson(relayUrl)
  const { status, body: made } = await person.post('/v1/invitations/accept', {
    ...{ token, name: order.email, password: goodPassword },
  })
  if (status !== 201) throw new Error(`${order.email} cannot come in: ${status} ${JSON.stringify([body, made])}`)
  return { person, userId: Object(made).user.userId }
}

/** What stands at the end of a link for people. */
export function tokenOf(url: unknown): string {
  return String(url).split('/').at(-1) ?? ''
}

/** The token of the link that a relay prints as long as it has no user. */
export function setUpTokenIn(stderr: string): string | undefined {
  return [...stderr.matchAll(/\/console\/#\/set-up\/([A-Za-z0-9_-]+)/g)].at(-1)?.[1]
}
