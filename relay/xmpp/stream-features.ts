/** What a stream offers: only what can succeed on this connection: clients pick blindly. */
import { ns, saslMechanisms, scramMechanisms, type Xml, xml } from '@fairlead/protocol/xmpp'
import type { StreamSettings } from './stream-settings.ts'

/** What the mechanisms depend on. */
type Connection = Pick<StreamSettings, 'plain' | 'anonymous' | 'certifiedDevice'>

/** Strongest first: some clients take the first that they know. */
export function offeredMechanisms(connection: Connection): string[] {
  const mechanisms = [...scramMechanisms.keys()]
  if (connection.certifiedDevice !== undefined) mechanisms.unshift('EXTERNAL')
  if (connection.plain) mechanisms.push('PLAIN')
  if (connection.anonymous) mechanisms.push('ANONYMOUS')
  return mechanisms
}

/** Neither STARTTLS nor compression: the carrier has both, or neither (B-085). */
export function featuresBeforeLogIn(connection: Connection): Xml {
  return xml('features', ns.stream, {}, saslMechanisms(offeredMechanisms(connection)))
}

export function featuresAfterLogIn(connection: { transport: 'bosh' | 'websocket' }): Xml {
  const session = xml('session', ns.session, {}, xml('optional', ns.session))
  // BOSH resends by itself (W-009).
  const management = connection.transport === 'websocket' ? [xml('sm', ns.sm)] : []
  return xml('features', ns.stream, {}, xml('bind', ns.bind), session, ...management)
}
