/** The bytes of one value to what they say, by its tag. Source: RFC 8010 §3.9. */
import { isUtf8 } from 'node:buffer'
import type { IppErrorKind } from './ipp-error.ts'
import type { IppDateTime, IppValue } from './message.ts'
import { type IppTag, isOutOfBand, longestOf, tagOf } from './tags.ts'

/** Refuses the message, at the value that is read. */
export type Refuse = (kind: IppErrorKind, what: string) => never

/** @param anyLength lets through what is longer than its syntax allows */
export function decodeValue(code: number, bytes: Buffer, anyLength: boolean, refuse: Refuse): IppValue {
  const tag = tagOf(code)
  // A copy: a value that is kept does not keep the message.
  if (tag === undefined) return { tag: 'other', code, value: new Uint8Array(bytes) }
  if (!anyLength && bytes.length > (longestOf[tag] ?? bytes.length)) refuse('too-long', `A ${tag} is too long.`)
  if (isOutOfBand(tag)) {
    mustBe(tag, bytes, 0, refuse)
    return { tag }
  }
  switch (tag) {
    case 'integer':
    case 'enum':
      mustBe(tag, bytes, 4, refuse)
      return { tag, value: bytes.readInt32BE(0) }
    case 'boolean':
      mustBe(tag, bytes, 1, refuse)
      if (bytes.readUInt8(0) > 1) refuse('value', 'A boolean is neither 0 nor 1.')
      return { tag, value: bytes.readUInt8(0) === 1 }
    case 'octetString':
      return { tag, value: new Uint8Array(bytes) }
    case 'dateTime':
      mustBe(tag, bytes, 11, refuse)
      return { tag, value: decodeDateTime(bytes, refuse) }
    case 'resolution':
      mustBe(tag, bytes, 9, refuse)
      return { tag, value: { crossFeed: bytes.readInt32BE(0), feed: bytes.readInt32BE(4), units: bytes.readInt8(8) } }
    case 'rangeOfInteger':
      mustBe(tag, bytes, 8, refuse)
      return { tag, value: { lower: bytes.readInt32BE(0), upper: bytes.readInt32BE(4) } }
    case 'textWithLanguage':
    case 'nameWithLanguage':
      return decodeWithLanguage(tag, bytes, anyLength, refuse)
    case 'collection':
      // Its members follow as values of their own; who reads them does not come here.
      return refuse('malformed', 'A collection has no value of its own.')
    default:
      return { tag, value: decodeText(bytes, refuse) }
  }
}

function mustBe(tag: IppTag, bytes: Buffer, length: number, refuse: Refuse): void {
  if (bytes.length !== length) refuse('value', `A value of the syntax ${tag} has ${bytes.length} bytes, not ${length}.`)
}

/** Checked, never replaced: a replacement character would let two readers see two names. */
export function decodeText(bytes: Buffer, refuse: Refuse): string {
  if (!isUtf8(bytes)) refuse('value', 'A text is not UTF-8.')
  return bytes.toString()
}

/** Source: RFC 8010 §3.9, textWithLanguage: two texts, each behind its length, and nothing else. */
function decodeWithLanguage(
  tag: 'textWithLanguage' | 'nameWithLanguage',
  bytes: Buffer,
  anyLength: boolean,
  refuse: Refuse,
): IppValue {
  const languageLength = bytes.length < 4 ? -1 : bytes.readUInt16BE(0)
  const at = 2 + languageLength
  if (languageLength < 0 || at + 2 > bytes.length || at + 2 + bytes.readUInt16BE(at) !== bytes.length)
    refuse('value', `The lengths in a value of the syntax ${tag} do not fit it.`)
  const plain = tag === 'textWithLanguage' ? 'text' : 'name'
  const tooLong = languageLength > (longestOf.naturalLanguage ?? 0) || bytes.length - at - 2 > (longestOf[plain] ?? 0)
  if (!anyLength && tooLong) refuse('too-long', `A ${tag} is too long.`)
  return {
    tag,
    value: decodeText(bytes.subarray(at + 2), refuse),
    language: decodeText(bytes.subarray(2, at), refuse),
  }
}

function decodeDateTime(bytes: Buffer, refuse: Refuse): IppDateTime {
  const direction = String.fromCharCode(bytes.readUInt8(8))
  if (direction !== '+' && direction !== '-') return refuse('value', 'A dateTime is neither before nor behind UTC.')
  return {
    year: bytes.readUInt16BE(0),
    month: bytes.readUInt8(2),
    day: bytes.readUInt8(3),
    hour: bytes.readUInt8(4),
    minute: bytes.readUInt8(5),
    second: bytes.readUInt8(6),
    decisecond: bytes.readUInt8(7),
    direction,
    offsetHours: bytes.readUInt8(9),
    offsetMinutes: bytes.readUInt8(10),
  }
}
