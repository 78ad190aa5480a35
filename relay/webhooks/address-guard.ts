/** Which addresses a webhook may go to (S-W2): the public internet, and the private networks that the operator has named. */
import { BlockList, isIP } from 'node:net'

/** @param address IPv4 or IPv6; whatever else it is, it is not reachable */
export type MayReach = (address: string) => boolean

/** IANA's special-purpose registry for IPv4 (RFC 6890), multicast (RFC 5771) and what is reserved. 169.254.169.254 tells of cloud machines. */
const notPublicV4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24'],
  ...['203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
]

/**
 * All there is of global IPv6 is in 2000::/3 (RFC 4291 §2.4): that leaves out loopback, mapped IPv4, ULA, link-local, multicast
 * and NAT64. Of it, these lead elsewhere: Teredo and other protocols (2001::/23), documentation, 6to4 (2002::/16).
 */
const publicV6 = '2000::/3'
const notPublicV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

/** @param allowed CIDRs, or single addresses */
export function createAddressGuard(allowed: readonly string[]): MayReach {
  const named = listOf(allowed)
  const [closed4, open6, closed6] = [listOf(notPublicV4), listOf([publicV6]), listOf(notPublicV6)]
  return (told) => {
    const address = unmapped(told)
    const family = isIP(address)
    if (family === 0) return false
    if (named(address)) return true
    return family === 4 ? !closed4(address) : open6(address) && !closed6(address)
  }
}

function listOf(cidrs: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/')
    const [family, whole] = isIP(address) === 4 ? (['ipv4', 32] as const) : (['ipv6', 128] as const)
    list.addSubnet(address, prefix === undefined ? whole : Number(prefix), family)
  }
  return (address) => list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}

/** `::ffff:127.0.0.1` is 127.0.0.1 to the system, however it is written; a URL has it in hexadecimal. */
function unmapped(address: string): string {
  const text = address.toLowerCase()
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1]
  if (dotted !== undefined) return dotted
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(text) ?? []
  if (high === undefined || low === undefined) return address
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return [a >> 8, a & 255, b >> 8, b & 255].join('.')
}
