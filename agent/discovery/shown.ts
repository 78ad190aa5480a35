/** What was found, for people: a table to copy a driver from, or what to look at where nothing was found. */
import type { Found, FoundDevice } from './discovery.ts'

export type DrawTable = (head: readonly string[], rows: readonly string[][]) => string

/** Lines for standard output. Two tables, since one would be too wide to read; what is copied stands first, where it is whole. */
export function showFound(found: Found, seconds: number, table: DrawTable): string[] {
  const { devices, isCut } = found
  if (devices.length === 0) return nothingFound(found, seconds)
  const words = devices.map(wordOf)
  const remarks = [
    ...(devices.some(({ driver }) => driver !== null) ? [startingAnAgent] : []),
    ...(words.includes(speaksNeither) ? [switchingOn] : []),
    ...(isCut ? ['More was announced than is shown: something on this network announces far too much.'] : []),
  ]
  return [
    table(['ADDRESS', 'NAME', 'MODEL', 'PLACE', 'WHAT', 'SNMP'], devices.map(rowOf)),
    '',
    table(
      ['DRIVER', 'OF'],
      devices.map(({ name }, i) => [words[i] ?? '', name]),
    ),
    ...(remarks.length > 0 ? ['', ...remarks] : []),
  ]
}

const startingAnAgent = 'Start an agent with one: fairlead agent --relay URL --id ID --secret S --driver DRIVER'
const switchingOn = 'Where there is none, switch on IPP or SNMP at the device.'
const speaksNeither = 'none: no usable IPP, no answer to SNMP'

function rowOf({ name, model, place, addresses, hosts, isPrinter, isScanner, snmp }: FoundDevice): string[] {
  const what = [...(isPrinter ? ['printer'] : []), ...(isScanner ? ['scanner'] : [])].join(', ')
  const answer = { answers: 'yes', silent: 'no answer', 'not-asked': 'not asked' }[snmp]
  return [addresses[0]?.address ?? hosts[0] ?? '', name, model ?? '', place ?? '', what, answer]
}

/** What is typed behind `--driver`; or why there is nothing to type. */
function wordOf({ driver, addresses }: FoundDevice): string {
  // Brackets of an IPv6 address, and the mark before SNMP's options, are patterns to some shells.
  if (driver !== null) return /[[?]/.test(driver) ? `'${driver}'` : driver
  if (addresses.length === 0) return 'none: nobody told its address'
  return addresses.some(({ isLocal }) => isLocal) ? speaksNeither : 'none: in no network of this machine'
}

function nothingFound({ interfaces }: Found, seconds: number): string[] {
  if (interfaces.length === 0)
    return ['No printer was looked for: this machine has no network but its own loopback. Connect it, and try again.']
  return [
    `No printer has announced itself within ${seconds} s on ${interfaces.join(', ')}. What to look at:`,
    '- Is the printer on, and on the same network as this machine? A guest network or another VLAN is another network.',
    '- Does the access point keep its devices apart ("client isolation")? It then keeps announcements (multicast) back as well.',
    '- Does a firewall on this machine let UDP port 5353 in?',
    '- Does this run in a container? It has a network of its own, unless it is started with that of the machine.',
    '- Is Bonjour (mDNS, AirPrint) switched off at the printer? Then name its address by hand:',
    '  fairlead agent --print-objects --driver snmp://ADDRESS',
  ]
}
