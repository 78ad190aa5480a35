/** XML text to a value: one strict, bounded pass over what RFC 6120 §11 lets through; nothing is ever fetched. */
import { isUtf8 } from 'node:buffer'
import type { Xml } from './xml.ts'
import { bracket, cook, forbidden, meaningOf, textTable } from './xml-characters.ts'
import { defaultXmlLimits, XmlError, type XmlLimits } from './xml-error.ts'
import { expandText, normaliseLines } from './xml-references.ts'
import type { Scope } from './xml-scope.ts'
import { cut, isSpace, type Reading, readStartTag, refuse, type StartTag, skipSpace } from './xml-tag.ts'

export interface XmlOptions extends Partial<XmlLimits> {
  /** Prefixes to take as bound where the document does not bind them (row B-063). */
  tolerate?: Readonly<Record<string, string>>
}

const noOptions: XmlOptions = {}

/** An element whose end tag is still to come. */
interface Open {
  readonly tag: StartTag
  readonly children: (Xml | string)[]
}

/**
 * Reads a document of exactly one root element. A byte order mark and an XML declaration (1.0, UTF-8) may precede it.
 * CDATA sections are text. Refused: DTD, processing instructions, comments, names beyond ASCII, other entities.
 *
 * @throws XmlError
 */
export function readXml(input: string | Uint8Array, options: XmlOptions = noOptions): Xml {
  const reading = beginReading(input, options)
  readProlog(reading)
  const root = readRoot(reading)
  skipSpace(reading)
  refuseMarkup(reading)
  if (reading.at < reading.text.length) refuse(reading, 'malformed', 'Something follows the root element.')
  return root
}

/**
 * Reads the root's start tag alone, as strictly, and answers it without children. The rest may be anything:
 * for telling whose malformed document it is (row B-041).
 *
 * @throws XmlError
 */
export function readXmlStart(input: string, options: XmlOptions = noOptions): Xml {
  const reading = beginReading(input, options)
  readProlog(reading)
  const { name, ns, attributes } = readStartTag(reading)
  return { name, ns, attributes, children: [] }
}

function beginReading(input: string | Uint8Array, options: XmlOptions): Reading {
  const limits = options === noOptions ? defaultXmlLimits : { ...defaultXmlLimits, ...options }
  const text = typeof input === 'string' ? checkText(input, limits) : decode(input, limits)
  const scope = scopeOf(options.tolerate)
  return { text, at: 0, limits, scope, outside: scope.size, elements: 0, hasPrefixed: false }
}

function scopeOf(tolerate: XmlOptions['tolerate']): Scope {
  if (tolerate === undefined) return { prefixes: [], uris: [], size: 0 }
  const prefixes = Object.keys(tolerate)
  return { prefixes, uris: Object.values(tolerate), size: prefixes.length }
}

function checkText(text: string, limits: XmlLimits): string {
  if (text.length * 3 > limits.maxBytes && Buffer.byteLength(text) > limits.maxBytes) refuseSize(limits)
  if (!text.isWellFormed()) throw new XmlError('malformed', 0, 'The document has half a surrogate pair.')
  return text
}

function decode(bytes: Uint8Array, limits: XmlLimits): string {
  if (bytes.length > limits.maxBytes) refuseSize(limits)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Checked, never replaced: a replacement character would let two parsers see two documents (row B-036).
  if (!isUtf8(buffer))
    throw new XmlError('malformed', buffer.toString().indexOf('\ufffd'), 'The document is not UTF-8.')
  return buffer.toString()
}

export function refuseSize(limits: XmlLimits): never {
  throw new XmlError('limit', limits.maxBytes, `The document is larger than ${limits.maxBytes} bytes.`)
}

/** To just behind the root's `<`. */
function readProlog(reading: Reading): void {
  const { text } = reading
  if (text.charCodeAt(0) === 0xfeff) reading.at = 1
  if (text.startsWith('<?xml', reading.at) && isSpace(text.charCodeAt(reading.at + 5))) readDeclaration(reading)
  skipSpace(reading)
  if (text.charCodeAt(reading.at) !== 60 /* < */) refuse(reading, 'malformed', 'No element is there.')
  refuseMarkup(reading)
  reading.at++
}

/** Source: XML 1.0 §2.8, `XMLDecl`. */
const declaration =
  /<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.0"|'1\.0')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"[Uu][Tt][Ff]-8"|'[Uu][Tt][Ff]-8'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/y

function readDeclaration(reading: Reading): void {
  declaration.lastIndex = reading.at
  if (!declaration.test(reading.text)) refuse(reading, 'restricted', 'The XML declaration must say 1.0 and UTF-8.')
  reading.at = declaration.lastIndex
}

function readRoot(reading: Reading): Xml {
  const outer: Open[] = []
  let open = readOpen(reading, outer)
  for (;;) {
    if (!open.tag.isEmpty) readText(reading, open.children)
    const isEnd = open.tag.isEmpty || reading.text.charCodeAt(reading.at + 1) === 47 /* / */
    if (!isEnd) {
      reading.at++
      outer.push(open)
      open = readOpen(reading, outer)
      continue
    }
    const element = close(reading, open)
    const parent = outer.pop()
    if (parent === undefined) return element
    parent.children.push(element)
    open = parent
  }
}

function readOpen(reading: Reading, outer: readonly Open[]): Open {
  if (outer.length >= reading.limits.maxDepth) refuse(reading, 'limit', 'Elements are nested too deeply.')
  if (++reading.elements > reading.limits.maxElements) refuse(reading, 'limit', 'Too many elements.')
  return { tag: readStartTag(reading), children: [] }
}

function close(reading: Reading, { tag, children }: Open): Xml {
  if (!tag.isEmpty) readEndTag(reading, tag)
  const { name, ns, attributes, outerScope } = tag
  reading.scope.size = outerScope
  return { name, ns, attributes, children }
}

function readEndTag(reading: Reading, tag: StartTag): void {
  reading.at += 2
  if (!reading.text.startsWith(tag.written, reading.at)) refuse(reading, 'malformed', 'An end tag does not match.')
  reading.at += tag.written.length
  skipSpace(reading)
  if (reading.text.charCodeAt(reading.at) !== 62 /* > */) refuse(reading, 'malformed', 'An end tag does not match.')
  reading.at++
}

/** Text and CDATA sections up to the next tag, as one child. */
function readText(reading: Reading, children: (Xml | string)[]): void {
  const { text, limits } = reading
  let gathered = ''
  for (;;) {
    const start = reading.at
    const end = text.indexOf('<', start)
    if (end < 0) refuse(reading, 'malformed', 'The document ends within an element.')
    if (end > start) gathered += textBetween(reading, start, end)
    reading.at = end
    if (text.startsWith('<![CDATA[', end)) gathered += readCdata(reading)
    else break
    if (gathered.length > limits.maxTextLength) break
  }
  if (gathered.length > limits.maxTextLength) refuse(reading, 'limit', 'A text is too long.')
  refuseMarkup(reading)
  if (gathered !== '') children.push(gathered)
}

function textBetween(reading: Reading, start: number, end: number): string {
  const { text } = reading
  const meaning = meaningOf(text, start, end, textTable)
  const raw = cut(reading, start, end)
  if ((meaning & forbidden) !== 0) refuse(reading, 'malformed', 'A text holds a forbidden character.')
  if ((meaning & bracket) !== 0 && raw.includes(']]>')) refuse(reading, 'malformed', 'A text holds "]]>".')
  return (meaning & cook) === 0 ? raw : expandText(raw, start)
}

/** RFC 6120 §11.1 forbids comments, instructions and DTDs, but not these. */
function readCdata(reading: Reading): string {
  const { text } = reading
  const start = reading.at + '<![CDATA['.length
  const end = text.indexOf(']]>', start)
  if (end < 0) refuse(reading, 'malformed', 'A CDATA section does not end.')
  const raw = cut(reading, start, end)
  if ((meaningOf(text, start, end, textTable) & forbidden) !== 0)
    refuse(reading, 'malformed', 'A CDATA section holds a forbidden character.')
  reading.at = end + ']]>'.length
  return normaliseLines(raw)
}

/** What begins with `<!` or `<?` and is no CDATA section, which has been read by then. */
function refuseMarkup(reading: Reading): void {
  const { text, at } = reading
  if (text.startsWith('<!', at)) refuse(reading, 'restricted', 'Comments and document types are not allowed.')
  if (text.startsWith('<?', at)) refuse(reading, 'restricted', 'Processing instructions are not allowed.')
}
