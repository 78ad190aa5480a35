/** What a device may announce (C1): a page of its own, at an address that nobody outside its network reaches. */
import { Failure } from '@fairlead/base'
import type { Announcement } from '@fairlead/protocol/contract'
import { addressOf, isPrivate } from './subnets.ts'

/**
 * The address that terminals are sent to: a browser goes there with the connection information, so it must be the device's
 * own, by number, and on a local network.
 *
 * @returns without a fragment
 * @throws {Failure} `invalid-request`
 */
export function localUrlOf({ localUrl, addresses }: Announcement): string {
  const url = new URL(localUrl)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw wrong('must begin with http:// or https://')
  if (url.username !== '' || url.password !== '') throw wrong('must not carry a user')
  if (!isPrivate(host)) throw wrong('must name a private or link-local address, by number')
  if (!addresses.some((text) => isSameAddress(addressOf(text), host)))
    throw wrong('must name one of the addresses that are told with it')
  url.hash = ''
  return url.href
}

/** Of IPv6 there are several ways to write one. */
function isSameAddress(one: string, other: string): boolean {
  return one === other || (one.includes(':') && new URL(`http://[${one}]`).hostname === `[${other}]`)
}

function wrong(why: string): Failure {
  return new Failure('invalid-request', `localUrl ${why}.`)
}
