/**
 * What the relay itself answers to a bound stream: RFC 6121 and its neighbours, as far as stock clients need them.
 *
 * Nobody talks to anybody but the relay here: other addresses are answered as if nobody lived there.
 */
import {
  findChild,
  iqError,
  iqResult,
  isIqRequest,
  ns,
  payloadOf,
  readJid,
  renderJid,
  type Xml,
  xml,
} from '@fairlead/protocol/xmpp'

/** Who speaks, and to whom. */
export interface Speaker {
  domain: string
  bare: string
  full: string
  /** Told to `jabber:iq:version` (XEP-0092). */
  version: string
  /** Features of the connection beside those that every one has (disco#info). */
  features: readonly string[]
}

type Query = (iq: Xml, query: Xml, speaker: Speaker) => Xml

/** To whom a stanza goes; `elsewhere` is everybody but the relay and the device itself. */
type Target = 'domain' | 'bare' | 'full' | 'elsewhere' | 'malformed'

/** A stanza's `from` must be the sender's own, or absent (RFC 6120 §8.1.2.1, X-012). */
export function isForged(stanza: Xml, speaker: Speaker): boolean {
  const from = stanza.attributes.get('from')
  if (from === undefined) return false
  const jid = normalised(from)
  return jid !== speaker.bare && jid !== speaker.full
}

/** An answer to the relay: one to anybody else goes nowhere. */
export function isForRelay(iq: Xml, speaker: Speaker): boolean {
  const target = targetOf(iq, speaker)
  return target === 'domain' || target === 'bare'
}

/** The one answer that every IQ get and set receives (RFC 6120 §8.2.3, X-010). */
export function answerIq(iq: Xml, speaker: Speaker): Xml {
  const query = payloadOf(iq)
  if (!isIqRequest(iq) || !iq.attributes.get('id') || !query) return iqError(iq, 'modify', 'bad-request')
  const target = targetOf(iq, speaker)
  if (target === 'malformed') return iqError(iq, 'modify', 'jid-malformed')
  if (target === 'elsewhere') return unavailable(iq)
  const answer = queriesAnswered.get(`${iq.attributes.get('type')} ${query.name} ${query.ns}`)
  return answer ? answer(iq, query, speaker) : unavailable(iq)
}

/**
 * Presence asks for nothing here: a device is ONLINE by its connection (A4), not by what it announces.
 * @returns the answer to a subscription: nobody can be subscribed to
 */
export function answerPresence(presence: Xml): Xml | undefined {
  const to = presence.attributes.get('to')
  if (presence.attributes.get('type') !== 'subscribe' || to === undefined) return undefined
  return xml('presence', ns.client, { type: 'unsubscribed', from: to, id: presence.attributes.get('id') })
}

/** RFC 6121 §8.5.1: there is nobody to take a message; an error is never answered by an error. */
export function answerMessage(message: Xml): Xml | undefined {
  const type = message.attributes.get('type')
  return type === 'error' || type === 'headline' || type === 'groupchat' ? undefined : unavailable(message)
}

const queriesAnswered: ReadonlyMap<string, Query> = new Map([
  // RFC 3921 §3: older clients open a session after bind and wait for its answer.
  [`set session ${ns.session}`, (iq) => iqResult(iq)],
  // One stream is one resource.
  [`set bind ${ns.bind}`, (iq) => iqError(iq, 'cancel', 'not-allowed')],
  [`get query ${ns.roster}`, (iq) => iqResult(iq, xml('query', ns.roster))],
  [`set query ${ns.roster}`, (iq) => iqError(iq, 'cancel', 'not-allowed')],
  [`get ping ${ns.ping}`, (iq) => iqResult(iq)],
  [`get query ${ns.version}`, answerVersion],
  [`get query ${ns.discoInfo}`, answerInfo],
  [`get query ${ns.discoItems}`, answerItems],
] satisfies [string, Query][])

function answerVersion(iq: Xml, _query: Xml, speaker: Speaker): Xml {
  const name = xml('name', ns.version, {}, 'Fairlead')
  return iqResult(iq, xml('query', ns.version, {}, name, xml('version', ns.version, {}, speaker.version)))
}

/** XEP-0030; the account of a device is told apart from the server by its second identity. */
function answerInfo(iq: Xml, query: Xml, speaker: Speaker): Xml {
  if (query.attributes.has('node')) return iqError(iq, 'cancel', 'item-not-found')
  const identities = [xml('identity', ns.discoInfo, { category: 'server', type: 'im', name: 'Fairlead' })]
  if (targetOf(iq, speaker) === 'bare')
    identities.push(xml('identity', ns.discoInfo, { category: 'account', type: 'registered' }))
  const features = [...featuresOfAll, ...speaker.features].map((feature) =>
    xml('feature', ns.discoInfo, { var: feature }),
  )
  return iqResult(iq, xml('query', ns.discoInfo, {}, ...identities, ...features))
}

function answerItems(iq: Xml, query: Xml): Xml {
  if (query.attributes.has('node')) return iqError(iq, 'cancel', 'item-not-found')
  return iqResult(iq, xml('query', ns.discoItems))
}

const featuresOfAll = [ns.discoInfo, ns.discoItems, ns.ping, ns.roster, ns.version]

function unavailable(stanza: Xml): Xml {
  return iqError(stanza, 'cancel', 'service-unavailable')
}

function targetOf(stanza: Xml, speaker: Speaker): Target {
  const to = stanza.attributes.get('to')
  // RFC 6120 §10.3.3: without an address, the server answers for the sender's own account.
  if (to === undefined) return 'bare'
  const jid = normalised(to)
  if (jid === undefined) return 'malformed'
  if (jid === speaker.domain) return 'domain'
  if (jid === speaker.bare) return 'bare'
  return jid === speaker.full ? 'full' : 'elsewhere'
}

function normalised(address: string): string | undefined {
  const jid = readJid(address)
  return jid && renderJid(jid)
}

export function bindRequest(iq: Xml): Xml | undefined {
  return iq.attributes.get('type') === 'set' ? findChild(iq, 'bind', ns.bind) : undefined
}
