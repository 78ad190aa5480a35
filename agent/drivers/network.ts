/** Where the device is on its network: hardware address, IP addresses and their prefix lengths. */
import type { Json } from '@fairlead/protocol/contract'
import type { Cell, Cells } from './cell.ts'
import { column, numberOf, rowIndexes } from './oid.ts'
import { addresses, interfaces } from './printer-mib.ts'

export const networkColumns = [...Object.values(interfaces), ...Object.values(addresses)] as const

/** IANAifType: ethernetCsmacd, iso88023Csmacd, the two fastEther, ieee80211, gigabitEthernet. */
const ethernetTypes = new Set([6, 7, 62, 69, 71, 117])
const loopbackType = 24
const up = 1

export function networkOf(cells: Cells): Record<string, Json> {
  const card = cardOf(cells)
  const known = addressesOf(cells)
  const first = known.find((each) => each.card === card?.index && !isLinkLocal(each.ip)) ?? known[0]
  return {
    ...(card && { mac: card.mac }),
    ...(first && { ip: first.ip }),
    ...(known.length > 0 && { addresses: known.map((each) => (each.prefix ? `${each.ip}/${each.prefix}` : each.ip)) }),
  }
}

/** The first Ethernet interface that is up, else the best there is: some devices fill in only half of the table. */
function cardOf(cells: Cells): { index: number; mac: string } | undefined {
  const types = column(cells, interfaces.type)
  const states = column(cells, interfaces.operStatus)
  const macs = column(cells, interfaces.physAddress)
  const cards = rowIndexes([macs]).flatMap((row) => {
    const mac = macOf(macs.get(row))
    const type = numberOf(types.get(row))
    if (!mac || type === loopbackType) return []
    const isEthernet = ethernetTypes.has(type ?? 0)
    return [{ index: Number(row), mac, rank: (isEthernet ? 0 : 2) + (numberOf(states.get(row)) === up ? 0 : 1) }]
  })
  const best = Math.min(...cards.map((card) => card.rank))
  return cards.find((card) => card.rank === best)
}

function macOf(cell: Cell | undefined): string | undefined {
  if (cell?.type !== 'octets' || cell.value.length !== 6) return undefined
  const isReal = cell.value.some((octet) => octet !== 0) && cell.value.some((octet) => octet !== 0xff)
  return isReal ? hexOctets(cell.value).join(':') : undefined
}

const hexOctets = (bytes: Uint8Array) => [...bytes].map((octet) => octet.toString(16).padStart(2, '0'))

interface Address {
  ip: string
  prefix: number | undefined
  /** ifIndex, as far as it can be believed: some devices name an interface that is not the one. */
  card: number | undefined
}

/** IPv4 first, each address once, link-local ones last; neither loopback nor unspecified nor broadcast ones. */
function addressesOf(cells: Cells): Address[] {
  const found = new Map<string, Address>()
  for (const address of [...ipv4Of(cells), ...ipAddressTableOf(cells), ...ipv6Of(cells)])
    if (isOwn(address.ip) && !found.get(address.ip)?.prefix) found.set(address.ip, address)
  const all = [...found.values()]
  return [...all.filter((each) => !isLinkLocal(each.ip)), ...all.filter((each) => isLinkLocal(each.ip))]
}

function ipv4Of(cells: Cells): Address[] {
  const cards = column(cells, addresses.ipAdEntIfIndex)
  const masks = column(cells, addresses.ipAdEntNetMask)
  return rowIndexes([cards, masks])
    .filter((row) => isOctets(row.split('.'), 4))
    .map((ip) => ({ ip, prefix: prefixOfMask(masks.get(ip)), card: numberOf(cards.get(ip)) }))
}

/** Undefined for masks that are no prefix, and for 0.0.0.0, which is what devices write that do not know. */
function prefixOfMask(mask: Cell | undefined): number | undefined {
  if (mask?.type !== 'ip') return undefined
  const bits = mask.value
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('')
  return /^1+0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined
}

const broadcastType = 3

/** Rows are indexed by InetAddressType, the length of the address and its octets (RFC 4293, RFC 4001). */
function ipAddressTableOf(cells: Cells): Address[] {
  const cards = column(cells, addresses.ipAddressIfIndex)
  const types = column(cells, addresses.ipAddressType)
  const prefixes = column(cells, addresses.ipAddressPrefix)
  return rowIndexes([cards, types, prefixes]).flatMap((row) => {
    const ip = ipOfIndex(row.split('.'))
    if (!ip || numberOf(types.get(row)) === broadcastType) return []
    const prefixRow = prefixes.get(row)
    // A RowPointer into ipAddressPrefixTable; the last number of that row's index is the prefix length.
    const prefix = prefixRow?.type === 'oid' ? Number(prefixRow.value.split('.').at(-1)) : 0
    return [{ ip, prefix: prefix > 0 && prefix <= 128 ? prefix : undefined, card: numberOf(cards.get(row)) }]
  })
}

function ipOfIndex([type, length, ...octets]: string[]): string | undefined {
  if (Number(length) !== octets.length) return undefined
  if ((type === '1' && isOctets(octets, 4)) || (type === '3' && isOctets(octets, 8)))
    return octets.slice(0, 4).join('.')
  // Types 2 and 4 are IPv6; 4 has four octets of zone after the address.
  if ((type === '2' && isOctets(octets, 16)) || (type === '4' && isOctets(octets, 20)))
    return ipv6Text(octets.slice(0, 16))
  return undefined
}

/** Rows are indexed by ifIndex and the 16 octets of the address, on some devices with their number before them. */
function ipv6Of(cells: Cells): Address[] {
  return [...column(cells, addresses.ipv6AddrPfxLength)].flatMap(([row, cell]) => {
    const [card, ...rest] = row.split('.')
    const octets = rest.slice(-16)
    const prefix = numberOf(cell) ?? 0
    if (!isOctets(octets, 16)) return []
    return [{ ip: ipv6Text(octets), prefix: prefix > 0 && prefix <= 128 ? prefix : undefined, card: Number(card) }]
  })
}

const isOctets = (parts: string[], count: number) =>
  parts.length === count && parts.every((part) => Number(part) <= 255)

/** RFC 5952: URL parsing compresses it as that asks. */
function ipv6Text(octets: string[]): string {
  const hex = octets.map((octet) => Number(octet).toString(16).padStart(2, '0')).join('')
  return new URL(`http://[${hex.replaceAll(/(.{4})(?=.)/g, '$1:')}]`).hostname.slice(1, -1)
}

const isOwn = (ip: string) => !/^(?:0\.|127\.|22[4-9]\.|23\d\.|255\.|::1?$|ff)/.test(ip)
const isLinkLocal = (ip: string) => /^(?:169\.254\.|fe[89ab])/.test(ip)
