/** The devices that were found, from the services that were announced and the answers over SNMP. */

import { type Service, type ServiceType, serviceTypes } from './announcements.ts'
import type { SnmpAnswer } from './ask-snmp.ts'
import { ippAndSnmpWord, ippWord, isQueue, snmpWord } from './driver-word.ts'
import { groupServices, uuidOf } from './grouping.ts'
import { isLinkLocalIpv6 } from './local-networks.ts'
import { plain } from './plain.ts'

export interface FoundDevice {
  name: string
  model: string | null
  place: string | null
  isPrinter: boolean
  isScanner: boolean
  uuid: string | null
  serial: string | null
  hosts: string[]
  /** The best one first. `isLocal`: in a network of this machine; others are not asked, and no driver is named for them. */
  addresses: { address: string; isLocal: boolean }[]
  services: { type: string; port: number }[]
  /** One GET of SNMP version 2c, community `public`. */
  snmp: 'answers' | 'silent' | 'not-asked'
  /** What `--driver` takes; null: there is no driver for what it speaks. */
  driver: string | null
}

export interface DescribingNeeds {
  isLocal(address: string): boolean
  answerOf(address: string): SnmpAnswer | undefined
}

/** In order of their names, those that cannot be reached from here last. */
export function describeDevices(services: readonly Service[], needs: DescribingNeeds): FoundDevice[] {
  const serialAt = (address: string) => serialOf(needs.answerOf(address))
  return groupServices(services, { isLocal: needs.isLocal, serialAt })
    .map((group) => describe(group, needs))
    .sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name, 'en', { numeric: true }))
}

/** One of each host that has an address here: the others are the same machine's. */
export function addressesToAsk(services: readonly Service[], isLocal: (address: string) => boolean): string[] {
  const ofHost = new Map<string, string>()
  for (const { host, addresses } of services) {
    const [best] = inOrder(addresses.filter(isLocal))
    if (best !== undefined) ofHost.set(host, best)
  }
  return [...new Set(ofHost.values())]
}

function describe(group: readonly Service[], { isLocal, answerOf }: DescribingNeeds): FoundDevice {
  const services = [...group].sort((one, other) => preference(one.type) - preference(other.type))
  const all = [...new Set(services.flatMap(({ addresses }) => addresses))]
  const local = inOrder(all.filter(isLocal))
  const answers = local.map(answerOf).filter((answer) => answer !== undefined)
  const first = (...keys: string[]) => firstText(services, keys)
  return {
    name: plain(services[0]?.instance ?? '') || plain(services[0]?.host ?? ''),
    model: first('ty') ?? first('product')?.replace(/^\((.*)\)$/, '$1') ?? first('usb_mdl') ?? null,
    place: first('note') ?? null,
    isPrinter: services.some(({ type }) => !isScan(type)),
    isScanner: services.some(({ type }) => isScan(type)),
    uuid: services.map(uuidOf).find((uuid) => uuid !== undefined) ?? null,
    serial: answers.map(serialOf).find((serial) => serial !== undefined) ?? null,
    hosts: [...new Set(services.map(({ host }) => plain(host)))],
    addresses: [
      ...local.map((address) => ({ address, isLocal: true })),
      ...inOrder(all.filter((address) => !isLocal(address))).map((address) => ({ address, isLocal: false })),
    ],
    services: services.filter(({ port }) => port > 0).map(({ type, port }) => ({ type: `${type}._tcp`, port })),
    snmp: answers.some(({ answers }) => answers) ? 'answers' : answers.length > 0 ? 'silent' : 'not-asked',
    driver: driverFor(services, { isLocal, answerOf }) ?? null,
  }
}

/** IPP over TLS, else without, with SNMP beside it where the same address answers; else SNMP alone: what reaches the most of the device first. */
function driverFor(services: readonly Service[], { isLocal, answerOf }: DescribingNeeds): string | undefined {
  for (const { type, port, texts, addresses } of services) {
    // A URL has no place for the link that such an address needs (WHATWG URL); SNMP's driver reads it.
    const [address] = inOrder(addresses.filter((each) => isLocal(each) && !isLinkLocalIpv6(each)))
    if ((type !== '_ipps' && type !== '_ipp') || port === 0 || address === undefined) continue
    const path = texts.get('rp') ?? 'ipp/print'
    const word = ippWord(type === '_ipps' ? 'ipps' : 'ipp', address, port, path)
    if (word !== undefined) return answerOf(address)?.answers && !isQueue(path) ? ippAndSnmpWord(word) : word
  }
  const speaking = inOrder(services.flatMap(({ addresses }) => addresses).filter(isLocal))
  const address = speaking.find((each) => answerOf(each)?.answers)
  return address === undefined ? undefined : snmpWord(address)
}

function firstText(services: readonly Service[], keys: readonly string[]): string | undefined {
  const texts = keys.flatMap((key) => services.map((service) => plain(service.texts.get(key) ?? '')))
  return texts.find((text) => text !== '')
}

function serialOf(answer: SnmpAnswer | undefined): string | undefined {
  return (answer?.answers && plain(answer.serial ?? '')) || undefined
}

const isScan = (type: ServiceType) => type.startsWith('_uscan')
const preference = (type: ServiceType) => serviceTypes.indexOf(type)
const rank = (device: FoundDevice) => (device.addresses[0]?.isLocal ? 0 : 1)

/** IPv4 first, since people read and write it; link-local ones of IPv6 last, since they need their zone. */
function inOrder(addresses: readonly string[]): string[] {
  const order = (address: string) => (isLinkLocalIpv6(address) ? 2 : address.includes(':') ? 1 : 0)
  return [...addresses].sort((one, other) => order(one) - order(other))
}
