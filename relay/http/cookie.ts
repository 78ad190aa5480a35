/** The cookie of somebody who has signed in, and whether a call that brings it comes from a page of ours (S-A7). */
import type { IncomingHttpHeaders } from 'node:http'

/** The prefix: set over HTTPS or on this machine, for this host and all of it, by this host alone (RFC 6265bis §4.1.3.2). */
const name = '__Host-fairlead'

const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict'

/** Of a sign-in that is under way at a provider: it has to come along when that one's page leads back, so it is Lax. */
const returnName = '__Host-fairlead-oidc'
const returnAttributes = 'Path=/; Secure; HttpOnly; SameSite=Lax'

export function setCookie(token: string, maxAgeSeconds: number): Record<string, string> {
  return { 'set-cookie': `${name}=${token}; Max-Age=${maxAgeSeconds}; ${attributes}` }
}

export function clearCookie(): Record<string, string> {
  return setCookie('', 0)
}

/** One of a kind beside `setCookie`: a value of the header, not the header. */
export function returnCookie(value: string, maxAgeSeconds: number): string {
  return `${returnName}=${value}; Max-Age=${maxAgeSeconds}; ${returnAttributes}`
}

export function readReturnCookie(headers: IncomingHttpHeaders): string | undefined {
  return readNamed(headers, returnName)
}

export function readCookie(headers: IncomingHttpHeaders): string | undefined {
  return readNamed(headers, name)
}

/** @returns undefined: there is none, or more than one, of which nobody knows which counts */
function readNamed(headers: IncomingHttpHeaders, name: string): string | undefined {
  const values = (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 && values[0] !== '' ? values[0] : undefined
}

/** A page of our own made this call: browsers say so, and no page can say it for another. */
export function isFromOurPage(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const { origin, host } = headers
  if (origin === undefined) return headers['sec-fetch-site'] === 'same-origin'
  return origin === publicUrl || (URL.canParse(origin) && host !== undefined && new URL(origin).host === host)
}

/** A page of another site made this call; programs say nothing of where they come from. */
export function isFromElsewhere(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const { origin } = headers
  const site = headers['sec-fetch-site']
  return (origin !== undefined || (site !== undefined && site !== 'none')) && !isFromOurPage(headers, publicUrl)
}
