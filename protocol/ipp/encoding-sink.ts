/** Bytes that grow while a message is written: numbers that fit, and fields behind their length. */
import { IppError } from './ipp-error.ts'
import { longestField } from './tags.ts'

export interface EncodingSink {
  int8(value: number): void
  uint8(value: number): void
  uint16(value: number): void
  int32(value: number): void
  /** Behind its length. */
  field(bytes: Uint8Array): void
  /** As UTF-8, behind its length. */
  text(text: string): void
  bytes(): Uint8Array<ArrayBuffer>
}

export function createSink(): EncodingSink {
  let buffer = Buffer.alloc(1024)
  let length = 0

  /** @returns where so many bytes may be written */
  function take(bytes: number): number {
    if (length + bytes > buffer.length) {
      const grown = Buffer.alloc(Math.max(2 * buffer.length, length + bytes))
      buffer.copy(grown, 0, 0, length)
      buffer = grown
    }
    length += bytes
    return length - bytes
  }

  function check(value: number, lowest: number, highest: number): number {
    if (!Number.isInteger(value) || value < lowest || value > highest)
      throw new IppError('value', `A number is none of ${lowest} to ${highest}.`)
    return value
  }

  function field(bytes: Uint8Array): void {
    if (bytes.length > longestField) throw new IppError('too-long', `A value is longer than ${longestField} bytes.`)
    // Taken before `buffer` is named: it may put a larger one into its place.
    const at = take(2 + bytes.length)
    buffer.writeUInt16BE(bytes.length, at)
    buffer.set(bytes, at + 2)
  }

  return {
    int8(value) {
      const at = take(1)
      buffer.writeInt8(check(value, -0x80, 0x7f), at)
    },
    uint8(value) {
      const at = take(1)
      buffer.writeUInt8(check(value, 0, 0xff), at)
    },
    uint16(value) {
      const at = take(2)
      buffer.writeUInt16BE(check(value, 0, 0xffff), at)
    },
    int32(value) {
      const at = take(4)
      buffer.writeInt32BE(check(value, -0x8000_0000, 0x7fff_ffff), at)
    },
    field,
    text(text) {
      if (!text.isWellFormed()) throw new IppError('value', 'A text has half a surrogate pair.')
      field(Buffer.from(text))
    },
    bytes: () => buffer.subarray(0, length),
  }
}
