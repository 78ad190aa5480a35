/** Addresses and the networks they are in; whatever cannot be read is in none. */
import { readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

const usualPrefix = { ipv4: 24, ipv6: 64 } as const

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address)
  if (version === 0) return undefined
  return version === 4 ? 'ipv4' : 'ipv6'
}

/** `192.168.1.20/24` without its length. */
export function addressOf(text: string): string {
  return text.split('/')[0] ?? ''
}

/** @param ranges such as `10.0.0.0/8`; without a length: what most local networks have */
function createRanges(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', length] = range.split('/')
    const family = familyOf(address)
    if (family) list.addSubnet(address, length === undefined ? usualPrefix[family] : Number(length), family)
  }
  return (address) => {
    const family = familyOf(address)
    return family !== undefined && list.check(address, family)
  }
}

/** RFC 1918, RFC 4193; link-local: RFC 3927, RFC 4291 §2.5.6. */
export const isPrivate = createRanges([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
])

/** On every link there are such: they say nothing about which link it is (RFC 3927, RFC 4291 §2.5.6). */
const isLinkLocal = createRanges(['169.254.0.0/16', 'fe80::/10'])

/** Those that say where somebody is. */
export function telling(addresses: readonly string[]): string[] {
  return addresses.filter((text) => !isLinkLocal(addressOf(text)))
}

/** RFC 6598: one carrier's NAT, and everybody behind it. */
export const isCarrierNat = createRanges(['100.64.0.0/10'])

export function isIpv6(address: string): boolean {
  return isIP(address) === 6
}

/** Both begin with the same bits. */
export function sharePrefix(one: string, other: string, bits: number): boolean {
  return createRanges([`${one}/${bits}`])(other)
}

/** Does one of them lie in a network of the other's, by the lengths that are told? */
export function shareSubnet(some: readonly string[], others: readonly string[]): boolean {
  const [isNearSome, isNearOthers] = [createRanges(some), createRanges(others)]
  return some.some((text) => isNearOthers(addressOf(text))) && others.some((text) => isNearSome(addressOf(text)))
}

/**
 * Whoever comes from there may be anybody: the gateway of this machine (a container's host), or this machine itself, where
 * a proxy may stand that says of nobody who they are. Loopback is not: who is there is on this machine.
 */
export function hidesOthers(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return gateways().includes(address) || own.some((mine) => !mine.internal && mine.address === address)
}

/** Of IPv4, as Linux tells them: hexadecimal, the last byte first. Elsewhere none are known. */
function gateways(): string[] {
  let table: string
  try {
    table = readFileSync('/proc/net/route', 'utf8')
  } catch {
    return []
  }
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => line.split('\t')[2] ?? [])
    .filter((gateway) => /^[0-9A-F]{8}$/.test(gateway) && gateway !== '00000000')
    .map((gateway) => [...Buffer.from(gateway, 'hex').reverse()].join('.'))
}
