/** The networks that this machine is in itself: where it can ask, and which addresses lie in them. */
import { BlockList, isIP } from 'node:net'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** Where this machine is at a network. */
export interface Port {
  /** Of the network interface: `eth0`. */
  name: string
  family: 4 | 6
  address: string
  /** What a link-local IPv6 address of this link has behind its `%`: the interface's name, on Windows its number. */
  zone: string
}

export interface LocalNetworks {
  /** One of each interface and family. */
  ports: readonly Port[]
  /** Whether an address is a neighbour's, or this machine's own; loopback is not. */
  hold(address: string): boolean
  /** Whether a packet from there came from a neighbour, be it one that has found no address but a link-local one. */
  isOnLink(sender: string): boolean
  /** The zone of the link on which that neighbour is; undefined: not known. */
  zoneOf(sender: string): string | undefined
}

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/** A tunnel that says that half of the internet is behind it makes that no local network. */
const shortestPrefix = { 4: 8, 6: 32 } as const
/** A machine has few; one with hundreds of virtual ones is not asked to multicast on each. */
const mostPorts = 32

export function readLocalNetworks(
  interfaces: Interfaces = networkInterfaces(),
  platform: NodeJS.Platform = process.platform,
): LocalNetworks {
  const own = Object.entries(interfaces).flatMap(([name, infos = []]) => {
    const zone = zoneFor(name, infos, platform)
    return infos.filter(({ internal }) => !internal).map((info) => ownNetwork({ name, zone }, info))
  })
  // Names of interfaces may have anything in them; those that have are no part of an address.
  const zones = new Set(own.map(({ zone }) => zone).filter((zone) => /^[\w.-]+$/.test(zone)))

  function hold(text: string): boolean {
    const [address = '', zone] = text.split('%')
    // A link-local address without its link leads nowhere.
    if (isLinkLocalIpv6(address) && !(zone !== undefined && zones.has(zone))) return false
    return own.some((network) => network.holds(address))
  }

  return {
    ports: onePerLink(own).slice(0, mostPorts),
    hold,
    isOnLink: (sender) => hold(sender) || isLinkLocal(sender),
    zoneOf: (sender) => sender.split('%')[1] ?? own.find((network) => network.holds(sender))?.zone,
  }
}

function zoneFor(name: string, infos: readonly NetworkInterfaceInfo[], platform: NodeJS.Platform): string {
  const numbered = infos.find(({ family }) => family === 'IPv6')
  return platform === 'win32' && numbered?.family === 'IPv6' ? String(numbered.scopeid) : name
}

interface OwnNetwork extends Port {
  holds(address: string): boolean
}

function ownNetwork(
  link: Pick<Port, 'name' | 'zone'>,
  { address, cidr, family: told }: NetworkInterfaceInfo,
): OwnNetwork {
  const family = told === 'IPv4' ? 4 : 6
  const prefix = Number(cidr?.split('/')[1] ?? (family === 4 ? 32 : 128))
  const network = new BlockList()
  network.addSubnet(address, prefix, `ipv${family}`)
  const ends = family === 4 ? endsOf(address, prefix) : []
  return {
    ...link,
    family,
    address,
    holds: (other) =>
      prefix >= shortestPrefix[family] &&
      isIP(other) === family &&
      network.check(other, `ipv${family}`) &&
      !ends.includes(other),
  }
}

/** The first and the last address of an IPv4 network are nobody's: the network itself, and everybody in it. */
function endsOf(address: string, prefix: number): string[] {
  if (prefix >= 31) return [] // Both are somebody's there (RFC 3021).
  const size = 2 ** (32 - prefix)
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const first = number - (number % size)
  return [first, first + size - 1].map((end) => [24, 16, 8, 0].map((shift) => (end >>> shift) & 255).join('.'))
}

const linkLocal = new BlockList()
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4')
linkLocal.addSubnet('fe80::', 10, 'ipv6')

export function isLinkLocalIpv6(text: string): boolean {
  const [address = ''] = text.split('%')
  return isIP(address) === 6 && linkLocal.check(address, 'ipv6')
}

function isLinkLocal(text: string): boolean {
  return isLinkLocalIpv6(text) || (isIP(text) === 4 && linkLocal.check(text))
}

function onePerLink(own: readonly Port[]): Port[] {
  const first = new Map<string, Port>()
  for (const { name, family, address, zone } of own) {
    const link = `${name} ${family}`
    if (!first.has(link)) first.set(link, { name, family, address, zone })
  }
  return [...first.values()]
}
