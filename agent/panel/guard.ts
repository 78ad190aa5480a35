/** Who may speak to the panel page: browsers that were really pointed at this device, and forms that it made itself. */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { hostname } from 'node:os'

/**
 * A foreign name in `Host` is DNS rebinding: a web page elsewhere whose name was made to point here.
 *
 * @param listenHost the name that `--listen` gave
 */
export function isOwnHost(host: string | undefined, listenHost: string): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false
  const name = new URL(`http://${host}`).hostname
  // An address is no name that anybody could have pointed here.
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0) return true
  const own = hostname().toLowerCase()
  return [listenHost.toLowerCase(), 'localhost', own, `${own}.local`].includes(name)
}

/** A form of our own page, sent by our own page. Source: Fetch Metadata; RFC 6454 for browsers without it. */
export function isOwnForm({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return false
  return headers.origin === undefined || headers.origin === `http://${headers.host}`
}
