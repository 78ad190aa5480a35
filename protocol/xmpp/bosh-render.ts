/** Writes the `<body/>` of BOSH requests and answers. Source: XEP-0124 §7, XEP-0206. */
import { ns } from './namespaces.ts'
import { escapeValue } from './xml-writer.ts'

/**
 * Attributes by the names they have on the wire: `sid`, `xmpp:version`, `xml:lang`, `stream:…`.
 * Those that are undefined are left out; `true` is written as `true`.
 */
export type BodyAttributes = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * @param payload rendered, self-contained XML; stanzas in it say their own namespace
 * @throws XmlError on a value that XML cannot carry
 */
export function renderBody(attributes: BodyAttributes, payload = ''): string {
  let written = ''
  let declarations = ''
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue
    if (name.startsWith('xmpp:') && !declarations.includes('xmlns:xmpp=')) declarations += ` xmlns:xmpp='${ns.xbosh}'`
    written += ` ${name}='${escapeValue(String(value))}'`
  }
  // Some clients look for the prefix on the body, whether or not the payload declares it itself (B-042).
  if (payload.includes('<stream:')) declarations += ` xmlns:stream='${ns.stream}'`
  const start = `<body xmlns='${ns.body}'${declarations}${written}`
  return payload === '' ? `${start}/>` : `${start}>${payload}</body>`
}
