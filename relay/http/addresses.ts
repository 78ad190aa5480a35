/** Who really knocks: addresses and schemes as trusted proxies tell them; nobody else is believed (safety 6.10). */
import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIP, SocketAddress } from 'node:net'
import type { ClientCertificate } from './client-certificates.ts'

/** What of an HTTP request is looked at. */
export interface Knock {
  socket: { remoteAddress?: string | undefined; encrypted?: boolean }
  headers: IncomingHttpHeaders
}

export interface Origin {
  /** Canonical; IPv4-mapped IPv6 as IPv4. */
  address: string
  /** This machine, with nobody between: secrets may travel in the clear. */
  loopback: boolean
  /** TLS, here or as far as a trusted proxy tells. */
  secure: boolean
  /** Somebody not trusted speaks for others, or two contradict each other: who really knocks is not known. */
  isVeiled: boolean
  /** Of this very connection, verified; never one that a proxy tells of. */
  certificate?: ClientCertificate
}

export interface Addresses {
  originOf(request: Knock): Origin
  addressOf(request: Knock): string
  isSecure(request: Knock): boolean
}

/**
 * @param trustedProxies CIDRs, or single addresses
 * @param certificateOf the verified client certificate of a connection
 */
export function createAddresses(
  trustedProxies: readonly string[],
  certificateOf: (socket: object) => ClientCertificate | undefined = () => undefined,
): Addresses {
  const trusts = trustIn(trustedProxies)

  function originOf(request: Knock): Origin {
    const peer = readAddress(request.socket.remoteAddress ?? '') ?? ''
    const encrypted = request.socket.encrypted === true
    // A trusted proxy speaks for many: a certificate of its own would make all of them one device (S-A5).
    if (trusts(peer)) return originBehind(peer, encrypted, request.headers, trusts)
    const isVeiled = speaksForOthers(request.headers)
    const loopback = isLoopback(peer) && !isVeiled
    const certificate = encrypted ? certificateOf(request.socket) : undefined
    return { address: peer, loopback, secure: encrypted, isVeiled, ...(certificate && { certificate }) }
  }

  return {
    originOf,
    addressOf: (request) => originOf(request).address,
    isSecure: (request) => originOf(request).secure,
  }
}

type Trusts = (address: string) => boolean

function trustIn(cidrs: readonly string[]): Trusts {
  if (cidrs.length === 0) return () => false
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    list.addSubnet(address, prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix), family)
  }
  return (address) => address !== '' && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
}

/**
 * Behind a trusted proxy. A proxy sets one kind of header and passes on whatever else the client sent, and which kind
 * it sets is not known here: so where two kinds disagree, somebody lies, and only the proxy's own address is certain.
 */
function originBehind(peer: string, encrypted: boolean, headers: IncomingHttpHeaders, trusts: Trusts): Origin {
  const claims = [
    hopsOf(headers['x-forwarded-for'], (text) => text.split(',')),
    hopsOf(headers['forwarded'], (text) => readForwarded(text).map((element) => element.get('for') ?? '')),
    hopsOf(headers['x-real-ip'], (text) => [text]),
  ].filter((hops) => hops !== undefined)
  const clients = new Set(claims.map((hops) => clientOf(hops, trusts)))
  // A chain of nothing but proxies (X-Real-IP of an inner one) says nothing where another header says more.
  if (clients.size > 1) for (const client of clients) if (client !== undefined && trusts(client)) clients.delete(client)

  const [client] = clients
  if (clients.size === 1 && client !== undefined)
    return { address: client, loopback: isLoopback(client), secure: isSecure(headers, encrypted), isVeiled: false }
  const silent = !speaksForOthers(headers)
  return {
    address: peer,
    loopback: silent && isLoopback(peer),
    secure: isSecure(headers, encrypted) && clients.size <= 1,
    isVeiled: !silent,
  }
}

type Hops = readonly (string | undefined)[]

function hopsOf(header: string | string[] | undefined, split: (text: string) => string[]): Hops | undefined {
  if (header === undefined) return undefined
  return split(Array.isArray(header) ? header.join(',') : header).map(readAddress)
}

/** The rightmost hop that is no trusted proxy: each proxy appends the peer it saw, so all further left may be made up. */
function clientOf(hops: Hops, trusts: Trusts): string | undefined {
  for (let at = hops.length - 1; at >= 0; at--) {
    const hop = hops[at]
    if (hop === undefined || !trusts(hop)) return hop
  }
  return hops[0]
}

/** Every scheme that is told must be a secure one; told by nobody, our own connection counts. */
function isSecure(headers: IncomingHttpHeaders, encrypted: boolean): boolean {
  const schemes = [
    ...listOf(headers['x-forwarded-proto']),
    ...readForwarded(listOf(headers['forwarded']).join(',')).flatMap((element) => element.get('proto') ?? []),
  ]
  if (schemes.length === 0) return encrypted
  return schemes.every((scheme) => /^(https|wss)$/i.test(scheme))
}

function listOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return []
  return (Array.isArray(header) ? header.join(',') : header).split(',').map((item) => item.trim())
}

/** RFC 7239 §4: `for=192.0.2.60;proto=http, for="[2001:db8::1]:4711"`. */
function readForwarded(text: string): Map<string, string>[] {
  if (text === '') return []
  const elements = text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []
  return elements.map((element) => {
    const pairs = new Map<string, string>()
    for (const [, name = '', value = ''] of element.matchAll(/([\w-]+)=("(?:[^"\\]|\\.)*"|[^;\s]*)/g))
      pairs.set(name.toLowerCase(), value.replace(/^"(.*)"$/, '$1'))
    return pairs
  })
}

/** Any header by which a proxy speaks for somebody else; from a peer that is not trusted it makes the origin unknown. */
function speaksForOthers(headers: IncomingHttpHeaders): boolean {
  for (const name in headers)
    if (name === 'forwarded' || name === 'x-real-ip' || name.startsWith('x-forwarded-')) return true
  return false
}

/** `1.2.3.4`, `1.2.3.4:5`, `::1`, `[::1]:5`; not what some readers take otherwise: leading zeros, zone IDs. */
function readAddress(text: string): string | undefined {
  const trimmed = text.trim()
  const bare = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(trimmed)?.[1] ?? trimmed
  const family = isIP(bare)
  if (family === 0 || bare.includes('%')) return undefined
  if (family === 4) return bare
  const canonical = new SocketAddress({ address: bare, family: 'ipv6' }).address
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(canonical)?.[1] ?? canonical
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

/** One key for what one party usually has: an IPv4 address, an IPv6 /64 (S-D7). */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [before = '', after] = address.split('::')
  const left = before === '' ? [] : before.split(':')
  const right = after ? after.split(':') : []
  const groups = [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  return `${groups.slice(0, 4).join(':')}::/64`
}
