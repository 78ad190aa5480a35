/** Stanzas and their errors: the few things that everybody asks of them or makes of them. Source: RFC 6120 §8, §4.9. */
import { ns } from './namespaces.ts'
import { findChild, isElement, textOf, type Xml, xml } from './xml.ts'

/** Source: RFC 6120 §8.3.2. */
export type StanzaErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait'

/** Source: RFC 6120 §8.3.3. */
export type StanzaCondition =
  | 'bad-request'
  | 'conflict'
  | 'feature-not-implemented'
  | 'forbidden'
  | 'gone'
  | 'internal-server-error'
  | 'item-not-found'
  | 'jid-malformed'
  | 'not-acceptable'
  | 'not-allowed'
  | 'not-authorized'
  | 'policy-violation'
  | 'recipient-unavailable'
  | 'redirect'
  | 'registration-required'
  | 'remote-server-not-found'
  | 'remote-server-timeout'
  | 'resource-constraint'
  | 'service-unavailable'
  | 'subscription-required'
  | 'undefined-condition'
  | 'unexpected-request'

export function isStanza(element: Xml): boolean {
  return (
    element.ns === ns.client && (element.name === 'iq' || element.name === 'message' || element.name === 'presence')
  )
}

/** An IQ that wants exactly one answer (RFC 6120 §8.2.3). */
export function isIqRequest(element: Xml): boolean {
  return isIqOf(element, 'get', 'set')
}

/** An IQ that is one. */
export function isIqAnswer(element: Xml): boolean {
  return isIqOf(element, 'result', 'error')
}

function isIqOf(element: Xml, ...types: string[]): boolean {
  return element.ns === ns.client && element.name === 'iq' && types.includes(element.attributes.get('type') ?? '')
}

/** The one child that says what a request wants; undefined if it has none or several (RFC 6120 §8.2.3). */
export function payloadOf(stanza: Xml): Xml | undefined {
  const elements = stanza.children.filter(isElement)
  return elements.length === 1 ? elements[0] : undefined
}

/** The answer to an IQ, addressed back to where it came from. */
export function iqResult(of: Xml, child?: Xml): Xml {
  const { attributes } = of
  const [id, to, from] = [attributes.get('id'), attributes.get('from'), attributes.get('to')]
  const children = child === undefined ? [] : [child]
  return xml('iq', ns.client, { type: 'result', id, to, from }, ...children)
}

/** The refusal of an IQ, or of any other stanza. */
export function iqError(of: Xml, type: StanzaErrorType, condition: StanzaCondition, text?: string): Xml {
  const { attributes } = of
  const [id, to, from] = [attributes.get('id'), attributes.get('from'), attributes.get('to')]
  const error = xml('error', ns.client, { type }, ...conditionAndText(condition, ns.stanzas, text))
  return xml(of.name, ns.client, { type: 'error', id, to, from }, error)
}

/** `<stream:error/>`: the stream is over. */
export function streamErrorOf(condition: string, text?: string): Xml {
  return xml('error', ns.stream, {}, ...conditionAndText(condition, ns.streamErrors, text))
}

function conditionAndText(condition: string, uri: string, text: string | undefined): Xml[] {
  const words = text === undefined ? [] : [xml('text', uri, { [`{${ns.xml}}lang`]: 'en' }, text)]
  return [xml(condition, uri), ...words]
}

export interface ErrorFacts {
  /** What a stanza's sender should do about it; undefined in a stream error. */
  readonly type: string | undefined
  readonly condition: string
  readonly text: string | undefined
}

/** What a stanza of type `error`, or a stream error, says; undefined if the element is neither. */
export function errorOf(element: Xml): ErrorFacts | undefined {
  if (element.name === 'error' && element.ns === ns.stream) return readError(element, ns.streamErrors)
  if (element.attributes.get('type') !== 'error') return undefined
  const error = findChild(element, 'error', element.ns)
  return error === undefined
    ? { type: undefined, condition: 'undefined-condition', text: undefined }
    : readError(error, ns.stanzas)
}

function readError(error: Xml, uri: string): ErrorFacts {
  const condition = error.children.filter(isElement).find((child) => child.ns === uri && child.name !== 'text')
  const text = findChild(error, 'text', uri)
  return {
    type: error.attributes.get('type'),
    condition: condition?.name ?? 'undefined-condition',
    text: text === undefined ? undefined : textOf(text),
  }
}
