/** SASL as XMPP speaks it: the elements, their base64, PLAIN and EXTERNAL. Source: RFC 6120 §6, RFC 4616, RFC 4422. */
import { isUtf8 } from 'node:buffer'
import { ns } from './namespaces.ts'
import { findChild, isElement, textOf, type Xml, xml } from './xml.ts'

/** Source: RFC 6120 §6.5, row X-002. */
export type SaslCondition =
  | 'aborted'
  | 'account-disabled'
  | 'credentials-expired'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'not-authorized'
  | 'temporary-auth-failure'

/** A log-in that failed; for the other side to be told by its condition alone. */
export class SaslError extends Error {
  override readonly name = 'SaslError'
  readonly condition: SaslCondition

  constructor(condition: SaslCondition, message: string) {
    super(message)
    this.condition = condition
  }
}

/** RFC 6120 sets no bound; user names and nonces have room in this, in bytes. */
const maxMessageBytes = 4096

export type SaslRequest =
  /** `data` undefined: no initial response was sent. */
  | { readonly kind: 'auth'; readonly mechanism: string; readonly data: Uint8Array | undefined }
  | { readonly kind: 'response'; readonly data: Uint8Array }
  | { readonly kind: 'abort' }

/**
 * What a client says. The mechanism is whatever it wrote: compare it, never repeat it.
 *
 * @returns undefined if the element is not one of SASL's
 * @throws SaslError
 */
export function readSaslRequest(element: Xml): SaslRequest | undefined {
  if (element.ns !== ns.sasl) return undefined
  if (element.name === 'abort') return { kind: 'abort' }
  if (element.name === 'response') return { kind: 'response', data: mustData(element) }
  if (element.name !== 'auth') return undefined
  const text = textOf(element)
  const mechanism = element.attributes.get('mechanism')
  if (mechanism === undefined) throw new SaslError('invalid-mechanism', 'No mechanism was named.')
  return { kind: 'auth', mechanism, data: text === '' ? undefined : mustData(element) }
}

export type SaslAnswer =
  | { readonly kind: 'challenge'; readonly data: Uint8Array }
  /** `data` may be empty. */
  | { readonly kind: 'success'; readonly data: Uint8Array }
  | { readonly kind: 'failure'; readonly condition: string; readonly text: string | undefined }

/** What a server says. Returns and throws as `readSaslRequest` does. */
export function readSaslAnswer(element: Xml): SaslAnswer | undefined {
  if (element.ns !== ns.sasl) return undefined
  if (element.name === 'challenge' || element.name === 'success') return { kind: element.name, data: mustData(element) }
  if (element.name !== 'failure') return undefined
  const condition = element.children.filter(isElement).find((child) => child.name !== 'text')
  const text = findChild(element, 'text', ns.sasl)
  const words = text === undefined ? undefined : textOf(text)
  return { kind: 'failure', condition: condition?.name ?? 'not-authorized', text: words }
}

/** The stream feature that offers mechanisms, the one to prefer first. */
export function saslMechanisms(names: readonly string[]): Xml {
  return xml('mechanisms', ns.sasl, {}, ...names.map((name) => xml('mechanism', ns.sasl, {}, name)))
}

/** What `<stream:features/>` offers. */
export function mechanismsOf(features: Xml): string[] {
  const offered = findChild(features, 'mechanisms', ns.sasl)?.children.filter(isElement) ?? []
  return offered.filter((child) => child.name === 'mechanism').map(textOf)
}

/** @param data for `auth`, undefined is no initial response, which is not the same as an empty one */
export function saslElement(
  name: 'auth' | 'challenge' | 'response' | 'success',
  data?: Uint8Array | string,
  mechanism?: string,
): Xml {
  const text = data === undefined ? '' : Buffer.from(data).toString('base64')
  // "=" is how an initial response says that it is there and empty (RFC 6120 §6.4.2).
  return xml(name, ns.sasl, { mechanism }, name === 'auth' && data !== undefined && text === '' ? '=' : text)
}

export function saslFailure(condition: SaslCondition, text?: string): Xml {
  const words = text === undefined ? [] : [xml('text', ns.sasl, { [`{${ns.xml}}lang`]: 'en' }, text)]
  return xml('failure', ns.sasl, {}, xml(condition, ns.sasl), ...words)
}

function mustData(element: Xml): Uint8Array {
  const text = textOf(element)
  if (text.length > maxMessageBytes * 2) throw new SaslError('malformed-request', 'A message is too long.')
  const data = text === '=' ? new Uint8Array(0) : decodeBase64(text)
  if (data === undefined) throw new SaslError('incorrect-encoding', 'A message is not base64.')
  if (data.length > maxMessageBytes) throw new SaslError('malformed-request', 'A message is too long.')
  return data
}

/** @returns undefined unless it is base64 in its one canonical form (RFC 4648 §3.5), without white space */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

/** @throws SaslError when it is not UTF-8 */
export function utf8Of(message: Uint8Array): string {
  if (!isUtf8(message)) throw new SaslError('malformed-request', 'A message is not UTF-8.')
  return Buffer.from(message).toString()
}

export interface PlainMessage {
  /** Whom to act as; '' for the user. */
  readonly authzid: string
  readonly user: string
  readonly secret: string
}

/**
 * Source: RFC 4616 §2.
 *
 * @throws SaslError
 */
export function readPlain(message: Uint8Array): PlainMessage {
  const [authzid, user, secret, more] = utf8Of(message).split('\0')
  if (authzid === undefined || !user || !secret || more !== undefined)
    throw new SaslError('malformed-request', 'A PLAIN message has three parts.')
  return { authzid, user, secret }
}

/**
 * An EXTERNAL message: whom to act as; '' for whoever the credentials outside of SASL are of.
 * Source: RFC 4422 appendix A.
 *
 * @throws SaslError
 */
export function readExternal(message: Uint8Array): string {
  const authzid = utf8Of(message)
  if (authzid.includes('\0')) throw new SaslError('malformed-request', 'An EXTERNAL message has one part.')
  return authzid
}

export function renderPlain({ user, secret }: { user: string; secret: string }): Uint8Array {
  return Buffer.from(`\0${user}\0${secret}`)
}
