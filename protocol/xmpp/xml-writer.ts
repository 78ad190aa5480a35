/** A value to XML text: canonical, self-contained, and never with `<!` or `<?` in it (row S-X3). */
import { ns } from './namespaces.ts'
import { isElement, type Xml } from './xml.ts'
import { isName, isNamespaceUri, isText } from './xml-characters.ts'
import { XmlError } from './xml-error.ts'

export interface RenderOptions {
  /** The default namespace where the text will stand. Without it, the element says its own. */
  parentNs?: string
}

/** What an element finds declared around it. */
interface Around {
  readonly defaultNs: string | undefined
  readonly hasStream: boolean
  readonly hasXmpp: boolean
}

/**
 * Every namespace that is used is declared in the text itself. `stream:` stands before what belongs to the streams
 * namespace, because clients compare by it; stanzas always say `xmlns='jabber:client'`, whatever is around them (B-042).
 *
 * @throws XmlError on names and characters that XML cannot carry
 */
export function renderXml(element: Xml, options: RenderOptions = {}): string {
  return renderElement(element, { defaultNs: options.parentNs, hasStream: false, hasXmpp: false })
}

function renderElement(element: Xml, around: Around): string {
  const prefix = prefixOf(element.ns)
  let declarations = ''
  if (prefix === 'stream:' && !around.hasStream) declarations = ` xmlns:stream='${ns.stream}'`
  else if (prefix === '' && (element.ns !== around.defaultNs || isStanza(element)))
    declarations = ` xmlns='${escapeValue(mustUri(element.ns))}'`
  const names = nameAttributes(element, around.hasStream || prefix === 'stream:', around.hasXmpp)
  const name = prefix + mustName(element.name)
  const start = `<${name}${declarations}${names.declarations}${names.attributes}`
  if (element.children.length === 0) return `${start}/>`
  const within: Around = {
    defaultNs: prefix === '' ? element.ns : around.defaultNs,
    hasStream: around.hasStream || prefix === 'stream:' || names.usesStream,
    hasXmpp: around.hasXmpp || names.usesXmpp,
  }
  let content = ''
  for (const child of element.children) content += isElement(child) ? renderElement(child, within) : escapeText(child)
  return `${start}>${content}</${name}>`
}

/** A stanza, which tells its namespace to clients that look at nothing else. */
function isStanza({ name, ns: uri }: Xml): boolean {
  return uri === ns.client && (name === 'iq' || name === 'message' || name === 'presence')
}

function prefixOf(uri: string): string {
  if (uri === ns.stream) return 'stream:'
  return uri === ns.xml ? 'xml:' : ''
}

interface NamedAttributes {
  declarations: string
  attributes: string
  usesStream: boolean
  usesXmpp: boolean
}

/** Nearly all attributes have no namespace, and need no table of prefixes. */
function nameAttributes(element: Xml, hasStream: boolean, hasXmpp: boolean): NamedAttributes {
  let attributes = ''
  for (const [key, value] of element.attributes) {
    if (key.startsWith('{')) return namePrefixed(element, hasStream, hasXmpp)
    attributes += ` ${splitKey(key).name}='${escapeValue(value)}'`
  }
  return { declarations: '', attributes, usesStream: hasStream, usesXmpp: hasXmpp }
}

/** Gives namespaced attributes a prefix: `xml`, `stream` and `xmpp` are known, others become ns0, ns1, … */
function namePrefixed(element: Xml, hasStream: boolean, hasXmpp: boolean): NamedAttributes {
  const prefixes = new Map<string, string>([[ns.xml, 'xml']])
  if (hasStream) prefixes.set(ns.stream, 'stream')
  if (hasXmpp) prefixes.set(ns.xbosh, 'xmpp')
  let declarations = ''
  let attributes = ''
  let made = 0
  for (const [key, value] of element.attributes) {
    const { uri, name } = splitKey(key)
    let prefix = uri === '' ? '' : prefixes.get(uri)
    if (prefix === undefined) {
      if (uri === ns.stream) prefix = 'stream'
      else prefix = uri === ns.xbosh ? 'xmpp' : `ns${made++}`
      prefixes.set(uri, prefix)
      declarations += ` xmlns:${prefix}='${escapeValue(mustUri(uri))}'`
    }
    attributes += ` ${prefix === '' ? name : `${prefix}:${name}`}='${escapeValue(value)}'`
  }
  return { declarations, attributes, usesStream: prefixes.has(ns.stream), usesXmpp: prefixes.has(ns.xbosh) }
}

function splitKey(key: string): { uri: string; name: string } {
  if (!key.startsWith('{')) {
    if (key === 'xmlns') throw new XmlError('malformed', 0, 'A namespace is not an attribute.')
    return { uri: '', name: mustName(key) }
  }
  const end = key.indexOf('}')
  if (end < 2) throw new XmlError('malformed', 0, 'An attribute has no name that can be written.')
  return { uri: key.slice(1, end), name: mustName(key.slice(end + 1)) }
}

function mustName(name: string): string {
  if (!isName(name)) throw new XmlError('malformed', 0, 'A name cannot be written.')
  return name
}

function mustUri(uri: string): string {
  if (uri !== '' && (!isNamespaceUri(uri) || uri === 'http://www.w3.org/2000/xmlns/'))
    throw new XmlError('malformed', 0, 'A namespace cannot be written.')
  return uri
}

const escapes = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ["'", '&apos;'],
  ['"', '&quot;'],
  ['\t', '&#9;'],
  ['\n', '&#10;'],
  ['\r', '&#13;'],
])

/**
 * For between tags; also a carriage return, which a reader would take for a line end.
 *
 * @throws XmlError on characters that XML cannot carry
 */
export function escapeText(text: string): string {
  mustText(text)
  return /[&<>\r]/.test(text) ? text.replace(/[&<>\r]/g, (character) => escapes.get(character) ?? '') : text
}

/**
 * For a quoted value; also white space, which a reader would take for spaces.
 *
 * @throws XmlError on characters that XML cannot carry
 */
export function escapeValue(value: string): string {
  mustText(value)
  return /[&<>'"\t\n\r]/.test(value)
    ? value.replace(/[&<>'"\t\n\r]/g, (character) => escapes.get(character) ?? '')
    : value
}

function mustText(text: string): void {
  if (!isText(text)) throw new XmlError('malformed', 0, 'A character cannot be written.')
}
