/** From nothing to a bound session: creation, features, SASL, restart, resource. Source: XEP-0206 §3 to §5, RFC 6120 §6, §7. */
import { findChild, isElement, ns, textOf, type Xml, xml } from '@fairlead/protocol/xmpp'
import type { BoshSession, SessionEffect, SessionEnd } from './bosh-session.ts'
import { request } from './bosh-window.ts'

/** Best first. PLAIN is never used: it would hand the secret to whoever answers. */
const mechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-1']
const bindId = 'bind'
const resource = 'agent'

export function create(session: BoshSession, effects: SessionEffect[]): void {
  session.phase = 'creating'
  const attributes = {
    to: session.domain,
    wait: String(session.waitSeconds),
    hold: '1',
    ver: '1.11',
    content: 'text/xml; charset=utf-8',
    [`{${ns.xml}}lang`]: 'en',
    [`{${ns.xbosh}}version`]: '1.0',
  }
  request(session, attributes, [], effects)
}

/** Reads what the relay grants. Source: XEP-0124 §7.2. */
export function created(session: BoshSession, body: Xml): void {
  session.sid = body.attributes.get('sid')
  session.phase = 'features'
  const grant = (name: string, fallback: number, highest: number) => {
    const text = body.attributes.get(name) ?? ''
    return /^\d{1,9}$/.test(text) ? Math.min(Number(text), highest) : fallback
  }
  session.granted = {
    waitMs: grant('wait', session.waitSeconds, session.waitSeconds) * 1000,
    requests: Math.max(1, grant('requests', 2, 16)),
    inactivityMs: grant('inactivity', 60, 3600) * 1000,
    pollingMs: Math.max(1, grant('polling', 2, 300)) * 1000,
  }
}

/** One element on the way in. @returns how the session ended, if it did */
export function hear(session: BoshSession, element: Xml, effects: SessionEffect[]): SessionEnd | undefined {
  if (element.name === 'features' && element.ns === ns.stream) return hearFeatures(session, element, effects)
  if (session.phase === 'sasl' && element.ns === ns.sasl) return hearSasl(session, element, effects)
  if (session.phase === 'binding' && element.name === 'iq' && element.attributes.get('id') === bindId)
    return hearBind(session, element)
  return undefined
}

function hearFeatures(session: BoshSession, features: Xml, effects: SessionEffect[]): SessionEnd | undefined {
  if (session.phase === 'restarting') {
    session.phase = 'binding'
    const bind = xml('bind', ns.bind, {}, xml('resource', ns.bind, {}, resource))
    session.outbox.push(xml('iq', ns.client, { type: 'set', id: bindId }, bind))
    return undefined
  }
  if (session.phase !== 'features') return undefined
  const offered = findChild(features, 'mechanisms', ns.sasl)?.children.filter(isElement).map(textOf) ?? []
  const mechanism = mechanisms.find((known) => offered.includes(known))
  if (mechanism === undefined) return { why: 'refused', condition: 'no-scram-offered' }
  session.phase = 'sasl'
  session.thinking = true
  effects.push({ kind: 'sasl-start', mechanism })
  return undefined
}

function hearSasl(session: BoshSession, element: Xml, effects: SessionEffect[]): SessionEnd | undefined {
  if (element.name === 'challenge' || element.name === 'success') {
    session.thinking = true
    const text = Buffer.from(textOf(element), 'base64').toString()
    effects.push({ kind: 'sasl-hear', what: element.name, text })
    return undefined
  }
  const condition = element.children.filter(isElement)[0]?.name ?? 'not-authorized'
  return condition === 'temporary-auth-failure' ? { why: 'refused', condition } : { why: 'unauthorized' }
}

/** What SCRAM came up with. */
export function sasl(
  session: BoshSession,
  says: { text: string; mechanism?: string } | 'verified' | 'refused',
  effects: SessionEffect[],
): SessionEnd | undefined {
  if (session.phase !== 'sasl') return undefined
  session.thinking = false
  // A relay that cannot prove that it knows the secret is not ours, whatever it says (RFC 5802 §5).
  if (says === 'refused') return { why: 'refused', condition: 'relay-not-verified' }
  if (says === 'verified') {
    session.phase = 'restarting'
    request(session, { to: session.domain, [`{${ns.xbosh}}restart`]: 'true' }, [], effects)
    return undefined
  }
  const text = Buffer.from(says.text).toString('base64')
  if (session.saslBegun) session.outbox.push(xml('response', ns.sasl, {}, text))
  else session.outbox.push(xml('auth', ns.sasl, { mechanism: says.mechanism }, text))
  session.saslBegun = true
  return undefined
}

function hearBind(session: BoshSession, iq: Xml): SessionEnd | undefined {
  if (iq.attributes.get('type') === 'result') {
    session.phase = 'bound'
    return undefined
  }
  const error = findChild(iq, 'error', ns.client)
  const condition = error?.children.filter(isElement)[0]?.name ?? 'bind'
  return condition === 'conflict' ? { why: 'conflict' } : { why: 'refused', condition }
}
