/** What arrives in the session: pushed requests (A9), and the small talk that any XMPP client answers. */
import { findChild, isElement, ns, textOf, type Xml, xml } from '@fairlead/protocol/xmpp'

export interface Push {
  requestId: string
  /** The request's JSON, as it came. */
  text: string
}

/** Requests are the relay's only: one that claims to come from elsewhere is none. */
export function pushOf(stanza: Xml, domain: string): Push | undefined {
  const { name, attributes } = stanza
  const type = attributes.get('type')
  const requestId = attributes.get('id')
  const from = attributes.get('from')
  if (name !== 'iq' || (type !== 'get' && type !== 'set') || !requestId) return undefined
  if (from !== undefined && from !== domain) return undefined
  const request = findChild(stanza, 'request', ns.request)
  return request && { requestId, text: textOf(request) }
}

/** Every IQ get or set is answered exactly once (RFC 6120 §8.2.3); nothing else is. */
export function replyTo(stanza: Xml): Xml | undefined {
  const type = stanza.attributes.get('type')
  if (stanza.name !== 'iq' || (type !== 'get' && type !== 'set')) return undefined
  const back = { id: stanza.attributes.get('id'), to: stanza.attributes.get('from') }
  const isPing = stanza.children.filter(isElement).some((child) => child.name === 'ping' && child.ns === ns.ping)
  if (isPing) return xml('iq', ns.client, { type: 'result', ...back })
  const condition = xml('service-unavailable', ns.stanzas)
  return xml('iq', ns.client, { type: 'error', ...back }, xml('error', ns.client, { type: 'cancel' }, condition))
}
