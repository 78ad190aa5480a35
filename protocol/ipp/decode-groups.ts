/** The attributes of a whole head, group by group. Source: RFC 8010 §3.1.2 to §3.1.7, §3.2. */
import { decodeText, decodeValue } from './decode-value.ts'
import { IppError, type IppErrorKind, type IppLimits, type IppOpening } from './ipp-error.ts'
import type { IppAttributes, IppGroup, IppValue } from './message.ts'
import {
  endCollection,
  endOfAttributes,
  firstValueTag,
  groupKindOf,
  longestField,
  longestName,
  memberName,
  valueTags,
} from './tags.ts'

interface Reading {
  /** From the version to the end of the attributes; the lengths in it fit it. */
  readonly bytes: Buffer
  at: number
  readonly limits: IppLimits
  readonly isLenient: boolean
  attributes: number
  values: number
  refuse(kind: IppErrorKind, what: string): never
}

/** Behind version, code and request ID. */
const firstGroup = 8

/** @param bytes of which the reader has followed the lengths @throws {IppError} */
export function decodeGroups(
  bytes: Buffer,
  opening: IppOpening,
  limits: IppLimits,
  isLenient: boolean,
): readonly IppGroup[] {
  const reading: Reading = {
    bytes,
    at: firstGroup,
    limits,
    isLenient,
    attributes: 0,
    values: 0,
    refuse(kind, what) {
      throw new IppError(kind, what, { offset: reading.at, opening })
    },
  }
  // One encoding serves both majors; of a later one nobody knows what it is (RFC 8011 §4.1.8).
  if (opening.version.major !== 1 && opening.version.major !== 2)
    throw new IppError('version', 'Only IPP/1 and IPP/2 are spoken here.', { offset: 0, opening })
  const groups: IppGroup[] = []
  for (let tag = tagAt(reading); tag !== endOfAttributes; tag = tagAt(reading)) {
    if (tag === 0 || tag >= firstValueTag) reading.refuse('malformed', 'No group of attributes begins there.')
    if (groups.length >= limits.maxGroups)
      reading.refuse('too-large', `There are more than ${limits.maxGroups} groups.`)
    reading.at++
    groups.push({ kind: groupKindOf(tag) ?? tag, attributes: readGroup(reading) })
  }
  return groups
}

function tagAt({ bytes, at }: Reading): number {
  return bytes.readUInt8(at)
}

/** A field behind its length. */
function readField(reading: Reading): Buffer {
  const length = reading.bytes.readUInt16BE(reading.at)
  const start = reading.at + 2
  reading.at = start + length
  return reading.bytes.subarray(start, reading.at)
}

function readGroup(reading: Reading): IppAttributes {
  const attributes = new Map<string, readonly IppValue[]>()
  while (tagAt(reading) >= firstValueTag) {
    const tag = reading.bytes.readUInt8(reading.at++)
    const name = readName(reading, readField(reading))
    const values = [readValue(reading, tag, 1)]
    while (hasMore(reading)) {
      const next = reading.bytes.readUInt8(reading.at)
      reading.at += 3
      values.push(readValue(reading, next, 1))
    }
    add(reading, attributes, name, values)
    if (name === 'attributes-charset') checkCharset(reading, values)
  }
  return attributes
}

/** Whether an additional value follows: its name is empty (RFC 8010 §3.1.5). */
function hasMore(reading: Reading): boolean {
  return tagAt(reading) >= firstValueTag && reading.bytes.readUInt16BE(reading.at + 1) === 0
}

function readName(reading: Reading, bytes: Buffer): string {
  if (bytes.length === 0) reading.refuse('malformed', 'A value stands there without an attribute.')
  if (bytes.length > (reading.isLenient ? longestField : longestName))
    reading.refuse('too-long', 'The name of an attribute is too long.')
  if (++reading.attributes > reading.limits.maxAttributes)
    reading.refuse('too-large', `There are more than ${reading.limits.maxAttributes} attributes.`)
  return decodeText(bytes, reading.refuse)
}

function add(
  reading: Reading,
  attributes: Map<string, readonly IppValue[]>,
  name: string,
  values: readonly IppValue[],
): void {
  if (!attributes.has(name)) attributes.set(name, values)
  else if (!reading.isLenient) reading.refuse('duplicate', 'An attribute comes twice in one group.')
}

/** Behind the name: a value, or all of a collection. */
function readValue(reading: Reading, tag: number, depth: number): IppValue {
  if (++reading.values > reading.limits.maxValues)
    reading.refuse('too-large', `There are more than ${reading.limits.maxValues} values.`)
  if (tag === memberName || tag === endCollection)
    reading.refuse('malformed', 'A part of a collection stands outside of one.')
  const bytes = readField(reading)
  if (tag !== valueTags.collection) return decodeValue(tag, bytes, reading.isLenient, reading.refuse)
  if (bytes.length > 0) reading.refuse('malformed', 'A collection begins with a value.')
  if (depth > reading.limits.maxDepth) reading.refuse('too-large', 'Collections are nested too deeply.')
  return { tag: 'collection', value: readMembers(reading, depth) }
}

/** Source: RFC 8010 §3.1.6, §3.1.7. */
function readMembers(reading: Reading, depth: number): IppAttributes {
  const members = new Map<string, readonly IppValue[]>()
  for (let tag = readMemberTag(reading); tag !== endCollection; tag = readMemberTag(reading)) {
    if (tag !== memberName) reading.refuse('malformed', 'A member of a collection has no name.')
    const name = readName(reading, readField(reading))
    const values: IppValue[] = []
    while (!isMemberEnd(tagAt(reading))) values.push(readValue(reading, readMemberTag(reading), depth + 1))
    if (values.length === 0) reading.refuse('malformed', 'A member of a collection has no value.')
    add(reading, members, name, values)
  }
  if (readField(reading).length > 0) reading.refuse('malformed', 'A collection ends with a value.')
  return members
}

const isMemberEnd = (tag: number) => tag === memberName || tag === endCollection

/** In a collection all names but the attribute's own are empty: the name of a member is a value. */
function readMemberTag(reading: Reading): number {
  const tag = tagAt(reading)
  if (tag < firstValueTag) reading.refuse('malformed', 'A collection is not closed.')
  reading.at++
  if (readField(reading).length > 0) reading.refuse('malformed', 'An attribute begins within a collection.')
  return tag
}

/** All text is read as UTF-8 here; US-ASCII is a part of it. */
function checkCharset(reading: Reading, [value]: readonly IppValue[]): void {
  if (value?.tag !== 'charset') return
  if (!/^(utf-8|us-ascii)$/i.test(value.value)) reading.refuse('charset', 'Only the charset utf-8 is spoken here.')
}
