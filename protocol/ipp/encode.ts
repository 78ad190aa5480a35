/** IPP messages to bytes: what is to stand before the document, if there is one. Source: RFC 8010 §3. */
import { createSink, type EncodingSink } from './encoding-sink.ts'
import { IppError, type IppOpening } from './ipp-error.ts'
import type { IppAttributes, IppGroup, IppRequest, IppResponse, IppValue } from './message.ts'
import {
  endCollection,
  endOfAttributes,
  firstValueTag,
  groupTags,
  longestField,
  memberName,
  tagOf,
  valueTags,
} from './tags.ts'

/** @throws {IppError} for what cannot be written, such as an attribute without a value */
export function encodeRequest({ version, operation, requestId, groups }: IppRequest): Uint8Array<ArrayBuffer> {
  return encode({ version, code: operation, requestId }, groups)
}

/** @throws {IppError} for what cannot be written, such as an attribute without a value */
export function encodeResponse({ version, status, requestId, groups }: IppResponse): Uint8Array<ArrayBuffer> {
  return encode({ version, code: status, requestId }, groups)
}

function encode({ version, code, requestId }: IppOpening, groups: readonly IppGroup[]): Uint8Array<ArrayBuffer> {
  const sink = createSink()
  sink.int8(version.major)
  sink.int8(version.minor)
  sink.uint16(code)
  sink.int32(requestId)
  for (const { kind, attributes } of groups) {
    sink.uint8(groupTagOf(kind))
    for (const [name, values] of attributes) writeAttribute(sink, name, values)
  }
  sink.uint8(endOfAttributes)
  return sink.bytes()
}

function groupTagOf(kind: IppGroup['kind']): number {
  if (typeof kind !== 'number') return groupTags[kind]
  if (kind <= 0 || kind === endOfAttributes || kind >= firstValueTag)
    throw new IppError('value', `${kind} begins no group of attributes.`)
  return kind
}

function writeAttribute(sink: EncodingSink, name: string, values: readonly IppValue[]): void {
  mustHaveValue(name, values)
  for (const [nth, value] of values.entries()) {
    sink.uint8(codeOf(value))
    sink.text(nth === 0 ? name : '')
    writeValue(sink, value)
  }
}

function mustHaveValue(name: string, values: readonly IppValue[]): void {
  if (name === '') throw new IppError('value', 'An attribute has a name.')
  if (values.length === 0) throw new IppError('value', `The attribute ${name} has no value.`)
}

function codeOf(value: IppValue): number {
  if (value.tag !== 'other') return valueTags[value.tag]
  const { code } = value
  const isOurs = tagOf(code) !== undefined || code === memberName || code === endCollection
  if (isOurs || code < firstValueTag) throw new IppError('value', `${code} is not the tag of an unknown syntax.`)
  return code
}

function writeValue(sink: EncodingSink, value: IppValue): void {
  switch (value.tag) {
    case 'integer':
    case 'enum':
      sink.uint16(4)
      sink.int32(value.value)
      break
    case 'boolean':
      sink.uint16(1)
      sink.uint8(value.value ? 1 : 0)
      break
    case 'octetString':
    case 'other':
      sink.field(value.value)
      break
    case 'dateTime':
      writeDateTime(sink, value.value)
      break
    case 'resolution':
      sink.uint16(9)
      sink.int32(value.value.crossFeed)
      sink.int32(value.value.feed)
      sink.int8(value.value.units)
      break
    case 'rangeOfInteger':
      sink.uint16(8)
      sink.int32(value.value.lower)
      sink.int32(value.value.upper)
      break
    case 'textWithLanguage':
    case 'nameWithLanguage':
      sink.uint16(checkLength(4 + Buffer.byteLength(value.language) + Buffer.byteLength(value.value)))
      sink.text(value.language)
      sink.text(value.value)
      break
    case 'collection':
      writeCollection(sink, value.value)
      break
    case 'unsupported':
    case 'unknown':
    case 'no-value':
    case 'not-settable':
    case 'delete-attribute':
    case 'admin-define':
      sink.uint16(0)
      break
    default:
      sink.text(value.value)
  }
}

function checkLength(length: number): number {
  if (length > longestField) throw new IppError('too-long', `A value is longer than ${longestField} bytes.`)
  return length
}

/** Source: RFC 8010 §3.1.6, §3.1.7: the name of a member is a value itself. */
function writeCollection(sink: EncodingSink, members: IppAttributes): void {
  sink.uint16(0)
  for (const [name, values] of members) {
    mustHaveValue(name, values)
    sink.uint8(memberName)
    sink.uint16(0)
    sink.text(name)
    for (const value of values) {
      sink.uint8(codeOf(value))
      sink.uint16(0)
      writeValue(sink, value)
    }
  }
  sink.uint8(endCollection)
  sink.uint16(0)
  sink.uint16(0)
}

function writeDateTime(sink: EncodingSink, time: Extract<IppValue, { tag: 'dateTime' }>['value']): void {
  sink.uint16(11)
  sink.uint16(time.year)
  for (const field of [time.month, time.day, time.hour, time.minute, time.second, time.decisecond]) sink.uint8(field)
  sink.uint8(time.direction.charCodeAt(0))
  sink.uint8(time.offsetHours)
  sink.uint8(time.offsetMinutes)
}
