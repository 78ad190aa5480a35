/** One start tag: its name, its attributes, the namespaces it declares. */
import { cook, forbidden, meaningOf, namePart, nameStart, nameTable, valueTable } from './xml-characters.ts'
import { XmlError, type XmlErrorKind, type XmlLimits } from './xml-error.ts'
import { expandValue } from './xml-references.ts'
import { declare, lookUp, type Scope } from './xml-scope.ts'

/** A document being read: the text, how far, and what is in force there. */
export interface Reading {
  readonly text: string
  at: number
  readonly limits: XmlLimits
  readonly scope: Scope
  /** How many declarations were in force before the root. */
  readonly outside: number
  elements: number
  /** Whether the tag being read has an attribute with a prefix. */
  hasPrefixed: boolean
}

export interface StartTag {
  readonly name: string
  readonly ns: string
  readonly attributes: ReadonlyMap<string, string>
  /** As written: the end tag must repeat it. */
  readonly written: string
  /** `<a/>` */
  readonly isEmpty: boolean
  /** How many declarations were in force outside. */
  readonly outerScope: number
}

/** Shared by all elements without attributes. */
const none: ReadonlyMap<string, string> = new Map()

export function refuse(reading: Reading, kind: XmlErrorKind, message: string): never {
  throw new XmlError(kind, reading.at, message)
}

/**
 * A piece of the text, to be kept. V8 makes a slice of 13 characters or more a view of the whole: one value that a
 * session remembers would keep 256 KiB of hostile document alive. Small documents are not worth the copy.
 */
export function cut({ text }: Reading, start: number, end: number): string {
  const piece = text.slice(start, end)
  return end - start < 13 || text.length <= 2048 ? piece : Buffer.from(piece).toString()
}

export function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}

export function skipSpace(reading: Reading): void {
  while (isSpace(reading.text.charCodeAt(reading.at))) reading.at++
}

/** Reads on from just behind `<`, to just behind `>`. */
export function readStartTag(reading: Reading): StartTag {
  const { text, scope } = reading
  const outerScope = scope.size
  const start = reading.at
  const colon = readName(reading)
  const end = reading.at
  const attributes = readAttributes(reading, outerScope)
  const isEmpty = text.charCodeAt(reading.at) === 47 /* / */
  if (isEmpty) reading.at++
  if (text.charCodeAt(reading.at) !== 62 /* > */) refuse(reading, 'malformed', 'A tag does not end.')
  reading.at++
  if (scope.size - reading.outside > reading.limits.maxNamespaces) refuse(reading, 'limit', 'Too many namespaces.')
  const written = cut(reading, start, end)
  const prefix = colon < 0 ? '' : text.slice(start, colon)
  return {
    name: colon < 0 ? written : cut(reading, colon + 1, end),
    ns: namespaceOf(reading, prefix),
    attributes: colonsResolved(reading, attributes),
    written,
    isEmpty,
    outerScope,
  }
}

/** @returns where its colon is, or -1 */
function readName(reading: Reading): number {
  const { text } = reading
  const start = reading.at
  let colon = -1
  readPart(reading)
  if (text.charCodeAt(reading.at) === 58 /* : */) {
    colon = reading.at++
    readPart(reading)
  }
  if (reading.at - start > reading.limits.maxNameLength) refuse(reading, 'limit', 'A name is too long.')
  return colon
}

function readPart(reading: Reading): void {
  const { text } = reading
  if (((nameTable[text.charCodeAt(reading.at)] ?? 0) & nameStart) === 0) refuseName(reading)
  do reading.at++
  while (((nameTable[text.charCodeAt(reading.at)] ?? 0) & namePart) !== 0)
  if (text.charCodeAt(reading.at) >= 128) refuseName(reading)
}

function refuseName(reading: Reading): never {
  const isAscii = !(reading.text.charCodeAt(reading.at) >= 128)
  refuse(reading, isAscii ? 'malformed' : 'restricted', isAscii ? 'A name was expected.' : 'Names are ASCII here.')
}

/** Declarations go to the scope; the rest is keyed as written, since its prefix may be declared after it. */
function readAttributes(reading: Reading, outerScope: number): ReadonlyMap<string, string> {
  const { text, limits, scope } = reading
  let attributes: Map<string, string> | undefined
  reading.hasPrefixed = false
  for (let count = 1; ; count++) {
    const before = reading.at
    skipSpace(reading)
    const code = text.charCodeAt(reading.at)
    if (code === 47 /* / */ || code === 62 /* > */) return attributes ?? none
    if (reading.at === before) refuse(reading, 'malformed', 'White space was expected between attributes.')
    if (count > limits.maxAttributes) refuse(reading, 'limit', 'Too many attributes.')
    const start = reading.at
    const colon = readName(reading)
    const written = cut(reading, start, reading.at)
    const value = readValue(reading)
    const prefix = declaredPrefix(written)
    if (prefix !== undefined) declare(scope, prefix, value, outerScope, start)
    else {
      attributes ??= new Map()
      if (colon >= 0) reading.hasPrefixed = true
      if (attributes.has(written)) throw new XmlError('malformed', start, 'An attribute stands twice.')
      attributes.set(written, value)
    }
  }
}

/** @returns the prefix that an attribute of that name declares ('' is the default), or undefined if it declares none */
function declaredPrefix(written: string): string | undefined {
  if (!written.startsWith('xmlns')) return undefined
  if (written.length === 5) return ''
  return written.charCodeAt(5) === 58 /* : */ ? written.slice(6) : undefined
}

/** Reads `= "value"`. */
function readValue(reading: Reading): string {
  const { text } = reading
  skipSpace(reading)
  if (text.charCodeAt(reading.at) !== 61 /* = */) refuse(reading, 'malformed', 'An attribute has no value.')
  reading.at++
  skipSpace(reading)
  const quote = text.charCodeAt(reading.at)
  if (quote !== 39 && quote !== 34) refuse(reading, 'malformed', 'A value is not quoted.')
  const start = reading.at + 1
  const end = text.indexOf(quote === 39 ? "'" : '"', start)
  if (end < 0) refuse(reading, 'malformed', 'A value does not end.')
  if (end - start > reading.limits.maxValueLength) refuse(reading, 'limit', 'An attribute value is too long.')
  const meaning = meaningOf(text, start, end, valueTable)
  if ((meaning & forbidden) !== 0) refuse(reading, 'malformed', 'A value holds a forbidden character.')
  reading.at = end + 1
  const raw = cut(reading, start, end)
  return (meaning & cook) === 0 ? raw : expandValue(raw, start)
}

/** Prefixed attributes by their namespace: two prefixes may mean the same one (Namespaces in XML §6.3). */
function colonsResolved(reading: Reading, written: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if (!reading.hasPrefixed) return written
  const attributes = new Map<string, string>()
  for (const [name, value] of written) {
    const colon = name.indexOf(':')
    const key = colon < 0 ? name : `{${namespaceOf(reading, name.slice(0, colon))}}${name.slice(colon + 1)}`
    if (attributes.has(key)) refuse(reading, 'malformed', 'An attribute stands twice.')
    attributes.set(key, value)
  }
  return attributes
}

function namespaceOf(reading: Reading, prefix: string): string {
  return lookUp(reading.scope, prefix) ?? refuse(reading, 'malformed', 'A prefix is not bound.')
}
