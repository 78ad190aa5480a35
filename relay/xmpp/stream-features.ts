/** What a stream offers: only what can succeed on this connection: clients pick blindly. */
import { ns, saslMechanisms, scramMechanisms, type Xml, xml } from '@fairlead/protocol/xmpp'

/** Strongest first: some clients take the first that they know. */
export function offeredMechanisms(connection: { plain: boolean; anonymous: boolean }): string[] {
  const mechanisms = [...scramMechanisms.keys()]
  if (connection.plain) mechanisms.push('PLAIN')
  if (connection.anonymous) mechanisms.push('ANONYMOUS')
  return mechanisms
}

/** Neither STARTTLS nor compression: the carrier has both, or neither (B-085). */
export function featuresBeforeLogIn(connection: { plain: boolean; anonymous: boolean }): Xml {
  return xml('features', ns.stream, {}, saslMechanisms(offeredMechanisms(connection)))
}

export function featuresAfterLogIn(connection: { transport: 'bosh' | 'websocket' }): Xml {
  const session = xml('session', ns.session, {}, xml('optional', ns.session))
  // BOSH resends by itself (W-009).
  const management = connection.transport === 'websocket' ? [xml('sm', ns.sm)] : []
  return xml('features', ns.stream, {}, xml('bind', ns.bind), session, ...management)
}
