/** The `<body/>` of a BOSH request, read with all its attributes typed. Source: XEP-0124 §7 to §17, XEP-0206. */
import { ns } from './namespaces.ts'
import { isElement, type Xml } from './xml.ts'
import { XmlError } from './xml-error.ts'
import { readXml, readXmlStart, type XmlOptions } from './xml-reader.ts'

/** Why a session or request ends, in BOSH's words (XEP-0124 §17.2). */
export type BoshCondition =
  | 'bad-request'
  | 'host-gone'
  | 'host-unknown'
  | 'improper-addressing'
  | 'internal-server-error'
  | 'item-not-found'
  | 'other-request'
  | 'policy-violation'
  | 'remote-connection-failed'
  | 'remote-stream-error'
  | 'see-other-uri'
  | 'system-shutdown'
  | 'undefined-condition'

/** A body that cannot be taken. Its message says what is wrong and quotes nothing. */
export class BodyError extends Error {
  override readonly name = 'BodyError'
  readonly condition: BoshCondition
  /** Whose body it is, as far as its start tag could be read (row B-041). It proves nothing: no rid is consumed. */
  readonly sid: string | undefined
  readonly rid: number | undefined

  constructor(
    condition: BoshCondition,
    message: string,
    whose: { sid?: string | undefined; rid?: number | undefined },
  ) {
    super(message)
    this.condition = condition
    this.sid = whose.sid
    this.rid = whose.rid
  }
}

export interface BoshBody {
  /** undefined: a creation request. May be '', which names no session (B-037). */
  readonly sid: string | undefined
  /** 1 to 2^53 - 1. */
  readonly rid: number
  readonly to: string | undefined
  readonly from: string | undefined
  readonly lang: string | undefined
  readonly ver: { readonly major: number; readonly minor: number } | undefined
  /** Seconds; more than 65535 is told as 65535, as with `hold` and `pause`. */
  readonly wait: number | undefined
  readonly hold: number | undefined
  readonly content: string | undefined
  /** At creation 1 or nothing; later the highest rid whose answer came. */
  readonly ack: number | undefined
  /** Seconds. */
  readonly pause: number | undefined
  readonly newkey: string | undefined
  readonly key: string | undefined
  readonly type: string | undefined
  /** Opaque, and never dialled (B-059). */
  readonly route: string | undefined
  readonly xmppVersion: string | undefined
  readonly restart: boolean
  /** Payloads; stanzas that took over the body's own namespace are in `jabber:client` (B-042). */
  readonly children: readonly Xml[]
}

/** Old clients forget to declare it (B-063). */
const tolerate = { xmpp: ns.xbosh }

/** More than any start tag needs: 64 attributes would fit, of the length they have in practice. */
const startLength = 16 * 1024

/**
 * Reads the body of a BOSH request.
 *
 * @throws BodyError with `bad-request`; what the relay thinks of sid, rid and the rest is for the session to say
 */
export function readBody(bytes: Uint8Array, options: XmlOptions = {}): BoshBody {
  return typed(readWrapper(bytes, options), readSequence)
}

/** Reads the root with its payloads, of a request or an answer; a refusal says whose it was. */
export function readWrapper(bytes: Uint8Array, options: XmlOptions): Xml {
  let root: Xml
  try {
    root = readXml(bytes, { ...options, tolerate })
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    throw new BodyError('bad-request', error.message, whoseStart(bytes))
  }
  if (root.name !== 'body' || root.ns !== ns.body)
    throw new BodyError('bad-request', 'The root is not a BOSH body.', {})
  return root
}

/** Runs a reading of the wrapper's attributes; a refusal says whose body it was. */
export function typed<Body>(root: Xml, read: (root: Xml) => Body): Body {
  try {
    return read(root)
  } catch (error) {
    if (!(error instanceof BodyError)) throw error
    throw new BodyError(error.condition, error.message, whose(root))
  }
}

function whose(root: Xml): { sid?: string | undefined; rid?: number | undefined } {
  const rid = root.attributes.get('rid')
  return { sid: root.attributes.get('sid'), rid: rid === undefined ? undefined : ridOf(rid) }
}

/** The session that a body names, read from its start tag alone; it proves nothing. */
export function readSid(bytes: Uint8Array): string | undefined {
  return whoseStart(bytes).sid
}

/** Bad bytes are replaced here, and only here: a sid with a replacement in it names no session. */
function whoseStart(bytes: Uint8Array): { sid?: string | undefined; rid?: number | undefined } {
  try {
    const start = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, startLength))
    const root = readXmlStart(start, { tolerate })
    return root.name === 'body' && root.ns === ns.body ? whose(root) : {}
  } catch (error) {
    if (error instanceof XmlError) return {}
    throw error
  }
}

function readSequence(root: Xml): BoshBody {
  const { attributes } = root
  const sid = attributes.get('sid')
  const rid = ridOf(attributes.get('rid') ?? '')
  if (rid === undefined) refuse('The rid must be an integer from 1 to 9007199254740991.')
  return {
    sid,
    rid,
    to: attributes.get('to'),
    from: attributes.get('from'),
    lang: attributes.get(`{${ns.xml}}lang`),
    ver: versionOf(attributes.get('ver')),
    wait: shortOf(attributes.get('wait'), 'wait'),
    hold: shortOf(attributes.get('hold'), 'hold'),
    content: attributes.get('content'),
    ack: ackOf(attributes.get('ack'), sid === undefined),
    pause: shortOf(attributes.get('pause'), 'pause'),
    newkey: newkeyOf(attributes.get('newkey')),
    key: attributes.get('key'),
    type: attributes.get('type'),
    route: attributes.get('route'),
    xmppVersion: attributes.get(`{${ns.xbosh}}version`),
    restart: isTrue(attributes.get(`{${ns.xbosh}}restart`)),
    children: payloadsOf(root),
  }
}

function refuse(message: string): never {
  throw new BodyError('bad-request', message, {})
}

/** XML Schema's boolean. */
export function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === '1'
}

/** Digits only; 16 of them hold 2^53 - 1. */
export function ridOf(value: string): number | undefined {
  const rid = /^[0-9]{1,16}$/.test(value) ? Number(value) : 0
  return rid >= 1 && Number.isSafeInteger(rid) ? rid : undefined
}

/** An unsignedShort of the schema; more is clamped, since a client may ask for any length of time (B-056). */
export function shortOf(value: string | undefined, name: string): number | undefined {
  if (value === undefined) return undefined
  if (!/^[0-9]+$/.test(value)) refuse(`${name} must be a number without a sign.`)
  return Math.min(Number(value), 65_535)
}

/** B-054, B-055: two integers. */
export function versionOf(value: string | undefined): { major: number; minor: number } | undefined {
  if (value === undefined) return undefined
  const [, major, minor] = /^([0-9]{1,5})\.([0-9]{1,5})$/.exec(value) ?? []
  if (major === undefined || minor === undefined) refuse('ver must be two numbers with a point between.')
  return { major: Number(major), minor: Number(minor) }
}

/** At creation anything but 1 means nothing (B-061); later it must be a rid (B-124), or 0 for none. */
function ackOf(value: string | undefined, isCreation: boolean): number | undefined {
  if (value === undefined) return undefined
  if (isCreation) return value === '1' ? 1 : undefined
  const ack = value === '0' ? 0 : ridOf(value)
  if (ack === undefined) refuse('ack must be the rid of an answer.')
  return ack
}

/** Hexadecimal SHA-1 (XEP-0124 §15.4). A `key` is not checked here: a wrong one ends the session (B-171). */
function newkeyOf(value: string | undefined): string | undefined {
  if (value !== undefined && !/^[0-9A-Fa-f]{40}$/.test(value)) refuse('newkey must be 40 hexadecimal digits.')
  return value
}

/** The children, none of them text (B-033); white space between them is layout. */
export function payloadsOf(root: Xml): Xml[] {
  const payloads: Xml[] = []
  for (const child of root.children) {
    if (isElement(child)) payloads.push(isStanzaName(child) ? asClient(child) : child)
    else if (/[^ \t\r\n]/.test(child)) refuse('Text stands directly in the body.')
  }
  return payloads
}

function isStanzaName({ name, ns: uri }: Xml): boolean {
  return uri === ns.body && (name === 'iq' || name === 'message' || name === 'presence')
}

/** What inherited the body's namespace, the stanza and whatever within it, meant `jabber:client` (XEP-0206 §2). */
function asClient(element: Xml): Xml {
  const children = element.children.map((child) => (isElement(child) ? asClient(child) : child))
  return { ...element, ns: element.ns === ns.body ? ns.client : element.ns, children }
}
