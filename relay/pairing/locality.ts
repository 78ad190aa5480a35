/**
 * Are device and terminal on one local network (C3)? A hint and never the only factor (S-R6): who sits in the same café
 * passes it. So it is asked together with the PIN, and where the evidence is weak a press at the device is asked for besides.
 */
import type { Doubt } from '@fairlead/protocol/contract'
import {
  addressOf,
  hidesOthers,
  isCarrierNat,
  isIpv6,
  isPrivate,
  sharePrefix,
  shareSubnet,
  telling,
} from './subnets.ts'

export interface Party {
  /** As the relay saw it in this attempt: one of each family at most. */
  seen: readonly string[]
  /** What it says of itself, with prefix lengths. */
  addresses: readonly string[]
  /** A proxy that is not trusted speaks for it: where it is nobody knows. */
  isVeiled: boolean
}

export type Locality =
  | { verdict: 'same' }
  | { verdict: 'weak'; doubts: Doubt[] }
  | { verdict: 'different'; check: 'network' | 'proxy' }

/** So many accounts behind one address, and it is a carrier's or a campus's. */
const mostAccounts = 20

/** @param accountsThere how many accounts have devices behind the terminal's address */
export function judgeLocality(device: Party, terminal: Party, accountsThere: number): Locality {
  if (device.isVeiled || terminal.isVeiled) return { verdict: 'different', check: 'proxy' }
  const matches = device.seen.flatMap((here) => terminal.seen.map((there) => matchOf(here, there, device)))
  const match = (['address', 'link', 'prefix'] as const).find((kind) => matches.includes(kind))
  if (!match) return { verdict: 'different', check: 'network' }
  const doubts = [...doubtsOf(match, device, terminal), ...(accountsThere > mostAccounts ? shared : [])]
  return doubts.length === 0 ? { verdict: 'same' } : { verdict: 'weak', doubts: [...new Set(doubts)] }
}

const shared: Doubt[] = ['shared-address']

/**
 * `address`: one address for both. `link`: the relay is on their network and sees them as they are. `prefix`: of IPv6, where
 * each has an address of its own: one /64 is one link, mostly; one /56 is one customer (safety 6.10).
 */
function matchOf(here: string, there: string, device: Party): 'address' | 'link' | 'prefix' | undefined {
  if (here === there) return 'address'
  const ownOnLink = device.addresses.filter((text) => addressOf(text) === here && isPrivate(here))
  if (ownOnLink.length > 0 && shareSubnet(ownOnLink, [there])) return 'link'
  if (isIpv6(here) && isIpv6(there) && sharePrefix(here, there, 56)) return 'prefix'
  return undefined
}

function doubtsOf(match: 'address' | 'link' | 'prefix', device: Party, terminal: Party): Doubt[] {
  const doubts: Doubt[] = []
  if (match === 'prefix') doubts.push('ipv6-prefix')
  const [own, others] = [telling(device.addresses), telling(terminal.addresses)]
  if (others.length === 0) doubts.push('no-local-address')
  // A VPN, or another network behind the same carrier or campus.
  else if (!shareSubnet(own, others)) doubts.push('other-subnet')
  const everywhere = [...device.seen, ...device.addresses, ...terminal.addresses].map(addressOf)
  if (everywhere.some(isCarrierNat)) doubts.push('carrier-nat')
  const ownAddresses = device.addresses.map(addressOf)
  if (match === 'address' && device.seen.some((seen) => hidesOthers(seen) && !ownAddresses.includes(seen)))
    doubts.push('shared-address')
  return doubts
}
