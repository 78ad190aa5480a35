/** XMPP in WebSocket messages: `<open/>`, `<close/>`, or one stanza each. Source: RFC 7395 §3. */
import { ns } from './namespaces.ts'
import { type Xml, xml } from './xml.ts'
import { XmlError } from './xml-error.ts'
import { readXml, type XmlOptions } from './xml-reader.ts'
import { renderXml } from './xml-writer.ts'

export type Frame =
  | {
      readonly kind: 'open'
      readonly to: string | undefined
      readonly from: string | undefined
      readonly id: string | undefined
      readonly lang: string | undefined
      readonly version: string | undefined
    }
  | { readonly kind: 'close'; readonly seeOther: string | undefined }
  | { readonly kind: 'stanza'; readonly element: Xml }

/**
 * Reads one text message.
 *
 * @throws XmlError; also when there is anything before the element (RFC 7395 §3.3.3)
 */
export function readFrame(message: string | Uint8Array, options: XmlOptions = {}): Frame {
  const [first, second] = typeof message === 'string' ? [message.charCodeAt(0), message.charCodeAt(1)] : message
  if (first !== 0x3c) throw new XmlError('malformed', 0, 'A message must begin with "<".')
  if (second === 0x3f) throw new XmlError('restricted', 0, 'A message has no XML declaration.')
  const element = readXml(message, options)
  if (element.ns !== ns.framing) return { kind: 'stanza', element }
  const { attributes } = element
  if (element.name === 'close') return { kind: 'close', seeOther: attributes.get('see-other-uri') }
  if (element.name !== 'open') throw new XmlError('restricted', 0, 'There are no frames but open and close.')
  return {
    kind: 'open',
    to: attributes.get('to'),
    from: attributes.get('from'),
    id: attributes.get('id'),
    lang: attributes.get(`{${ns.xml}}lang`),
    version: attributes.get('version'),
  }
}

/** Begins literally with `<open `: strophe.js compares by it. */
export function renderOpen(header: { from?: string; to?: string; id?: string; lang?: string }): string {
  const { from, to, id, lang } = header
  return renderXml(xml('open', ns.framing, { from, to, id, version: '1.0', [`{${ns.xml}}lang`]: lang }))
}

/** @param seeOther where to go instead (RFC 7395 §3.6.1) */
export function renderClose(seeOther?: string): string {
  return renderXml(xml('close', ns.framing, { 'see-other-uri': seeOther }))
}
