/** What was announced so far, and what is still to be asked: of all that neighbours say, bounded (RFC 6763). */
import { isIPv4 } from 'node:net'
import type { DnsRecord, Name, Question } from './dns-message.ts'
import { isLinkLocalIpv6 } from './local-networks.ts'

/** What printers and scanners announce; the order is that of what an agent speaks best. */
export const serviceTypes = ['_ipps', '_ipp', '_pdl-datastream', '_printer', '_uscans', '_uscan'] as const
export type ServiceType = (typeof serviceTypes)[number]

/** One service of one device, as it was announced; all of it is what a stranger says. */
export interface Service {
  type: ServiceType
  instance: string
  /** In lower case: DNS names are equal so. */
  host: string
  /** 0: the service is not there, only its name is kept from others (Bonjour Printing Specification §7.2). */
  port: number
  /** Keys in lower case. */
  texts: ReadonlyMap<string, string>
  /** Link-local ones of IPv6 with their zone. */
  addresses: readonly string[]
}

export interface Sender {
  address: string
  zone: string | undefined
}

export interface Announcements {
  take(records: readonly DnsRecord[], sender: Sender): void
  /** Those of which it is known at which host they are. */
  services(): Service[]
  /** What answers so far have left out. Each call is a try, and each service has four. */
  missing(): Question[]
  /** Whether something was left out because it was too much. */
  isCut(): boolean
}

/** Far more than a network has; a neighbour that floods fills its own share alone. */
const bounds = { instances: 2000, hosts: 2000, ofSender: 300, addresses: 16, texts: 64, questions: 1000, tries: 4 }

interface Instance {
  type: ServiceType
  name: Name
  server?: { host: Name; port: number }
  texts?: ReadonlyMap<string, string>
  tries: number
}

export const typeQuestions: readonly Question[] = serviceTypes.map((type) => ({
  name: [type, '_tcp', 'local'],
  type: 'PTR',
}))

export function createAnnouncements(): Announcements {
  const instances = new Map<string, Instance>()
  const hosts = new Map<string, Set<string>>()
  const shares = new Map<string, { instances: number; hosts: number }>()
  let questionsAsked = 0
  let cut = false

  /** What there is by that name, or a new one as long as there is room for it, and as the sender has not had its share. */
  function keep<Kept>(
    kept: Map<string, Kept>,
    kind: 'instances' | 'hosts',
    name: Name,
    sender: Sender,
    make: () => Kept,
  ): Kept | undefined {
    const key = keyOf(name)
    const known = kept.get(key)
    if (known) return known
    const share = shares.get(sender.address) ?? { instances: 0, hosts: 0 }
    if (kept.size >= bounds[kind] || share[kind] >= bounds.ofSender) {
      cut = true
      return undefined
    }
    share[kind]++
    shares.set(sender.address, share)
    const made = make()
    kept.set(key, made)
    return made
  }

  function keepInstance(name: Name, sender: Sender): Instance | undefined {
    const type = typeOf(name)
    return type && keep(instances, 'instances', name, sender, () => ({ type, name, tries: 0 }))
  }

  function take(record: DnsRecord, sender: Sender): void {
    if (record.type === 'PTR') {
      keepInstance(record.target, sender)
    } else if (record.type === 'SRV') {
      // The first word stands: a neighbour cannot take over by saying something else later.
      const instance = keepInstance(record.name, sender)
      if (instance) instance.server ??= { host: record.target, port: record.port }
    } else if (record.type === 'TXT') {
      const instance = keepInstance(record.name, sender)
      if (instance) instance.texts ??= readTexts(record.texts)
    } else {
      const address = withZone(record.address, sender.zone)
      const addresses = keep(hosts, 'hosts', record.name, sender, () => new Set<string>())
      if (addresses && addresses.size < bounds.addresses) addresses.add(address)
    }
  }

  function questionsFor({ name, server, texts }: Instance): Question[] {
    const questions: Question[] = []
    if (!server) questions.push({ name, type: 'SRV' })
    if (!texts) questions.push({ name, type: 'TXT' })
    if (server && isOfMulticast(server.host)) {
      const addresses = [...(hosts.get(keyOf(server.host)) ?? [])]
      // People and programs want the one of IPv4, and an answer over IPv6 may come without it.
      if (!addresses.some((address) => isIPv4(address))) questions.push({ name: server.host, type: 'A' })
      if (addresses.length === 0) questions.push({ name: server.host, type: 'AAAA' })
    }
    return questions
  }

  return {
    take(records, sender) {
      for (const record of records) take(record, sender)
    },
    services: () => [...instances.values()].flatMap((instance) => serviceOf(instance, hosts)),
    missing() {
      const questions = new Map<string, Question>()
      for (const instance of instances.values()) {
        const wanted = questionsFor(instance)
        if (wanted.length === 0 || instance.tries >= bounds.tries) continue
        if (questionsAsked + questions.size >= bounds.questions) break
        instance.tries++
        for (const question of wanted) questions.set(`${question.type} ${keyOf(question.name)}`, question)
      }
      questionsAsked += questions.size
      return [...questions.values()]
    },
    isCut: () => cut,
  }
}

function serviceOf(
  { type, name, server, texts = new Map() }: Instance,
  hosts: ReadonlyMap<string, ReadonlySet<string>>,
): Service[] {
  if (!server) return []
  const host = server.host.join('.').toLowerCase()
  const addresses = [...(hosts.get(keyOf(server.host)) ?? [])]
  return [{ type, instance: name[0] ?? '', host, port: server.port, texts, addresses }]
}

/** Names of other domains are not for multicast (RFC 6762 §3). */
function isOfMulticast(name: Name): boolean {
  return name.at(-1)?.toLowerCase() === 'local'
}

/** `Office._ipp._tcp.local` is an instance of `_ipp`; other names are none of ours. */
function typeOf(name: Name): ServiceType | undefined {
  if (name.length !== 4 || name[0] === '') return undefined
  const [, type, protocol, domain] = name.map((label) => label.toLowerCase())
  return protocol === '_tcp' && domain === 'local' ? serviceTypes.find((known) => known === type) : undefined
}

/** No label holds the character that stands between them here. */
function keyOf(name: Name): string {
  return name.map((label) => label.toLowerCase().replaceAll('\0', '')).join('\0')
}

function withZone(address: string, zone: string | undefined): string {
  return zone !== undefined && isLinkLocalIpv6(address) ? `${address}%${zone}` : address
}

/** RFC 6763 §6.4: keys in any case, and of two that are the same the first one counts. */
function readTexts(texts: readonly Uint8Array[]): Map<string, string> {
  const read = new Map<string, string>()
  for (const bytes of texts.slice(0, bounds.texts)) {
    const text = new TextDecoder().decode(bytes)
    const equals = text.indexOf('=')
    if (equals < 1) continue
    const key = text.slice(0, equals).toLowerCase()
    if (!read.has(key)) read.set(key, text.slice(equals + 1))
  }
  return read
}
