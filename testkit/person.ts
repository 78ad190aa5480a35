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
    for (const set of reply.headers.getSetCookie()) cookie = /max-age=0/i.test(set) ? undefined : set.split(';')[0]
    return reply
  })
  return { ...service, cookie: () => cookie, at: (otherUrl) => createPerson(otherUrl, cookie) }
}

export const goodPassword = 'four words nobody says'

/** The token of the link that a relay prints as long as it has no user. */
export function setUpTokenIn(stderr: string): string | undefined {
  return [...stderr.matchAll(/\/console\/#\/set-up\/([A-Za-z0-9_-]+)/g)].at(-1)?.[1]
}
