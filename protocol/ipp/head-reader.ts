/** Finds where the attributes of a message end and its document begins, in whatever pieces it comes. */

import { decodeGroups } from './decode-groups.ts'
import { defaultIppLimits, IppError, type IppLimits, type IppOpening } from './ipp-error.ts'
import type { IppGroup, IppRequest, IppResponse } from './message.ts'
import { endOfAttributes, firstValueTag, longestField } from './tags.ts'

export interface IppReader<Head> {
  /**
   * Takes the next bytes; they may be reused afterwards, `rest` apart.
   * @returns undefined while the attributes are not whole
   * @throws {IppError} and from then on it is of no more use
   */
  write(bytes: Uint8Array): IppRead<Head> | undefined
  /** The message has ended before its attributes did. */
  end(): never
}

export interface IppRead<Head> {
  readonly head: Head
  /** The first bytes of the document: a part of what was written last, not a copy. What comes then is all document. */
  readonly rest: Uint8Array
}

/** Holds what a client says to the letter of the RFCs: what is decoded is encoded again to the same bytes. */
export function createRequestReader(options: Partial<IppLimits> = {}): IppReader<IppRequest> {
  return createReader(options, ({ version, code, requestId }, groups, refuse) => {
    if (requestId < 1) refuse('The ID of a request is 1 at least.')
    return { version, operation: code, requestId, groups }
  })
}

/**
 * Forgives what printers do: values longer than their syntax allows are taken, and of an attribute that comes twice
 * the first stands.
 */
export function createResponseReader(options: Partial<IppLimits> = {}): IppReader<IppResponse> {
  return createReader(
    options,
    ({ version, code, requestId }, groups) => ({ version, status: code, requestId, groups }),
    true,
  )
}

/** A message that is here whole. @throws {IppError} */
export function decodeRequest(bytes: Uint8Array, options?: Partial<IppLimits>): IppRead<IppRequest> {
  const reader = createRequestReader(options)
  return reader.write(bytes) ?? reader.end()
}

/** A message that is here whole. @throws {IppError} */
export function decodeResponse(bytes: Uint8Array, options?: Partial<IppLimits>): IppRead<IppResponse> {
  const reader = createResponseReader(options)
  return reader.write(bytes) ?? reader.end()
}

/** Version, code and request ID (RFC 8010 §3.1.1). */
const openingBytes = 8

/**
 * The pieces are gathered while the lengths are followed, each item once, and read in one pass when the end is found:
 * the outcome cannot depend on where the message was cut, and at most `maxBytes` are held.
 */
function createReader<Head>(
  options: Partial<IppLimits>,
  make: (opening: IppOpening, groups: readonly IppGroup[], refuse: (what: string) => never) => Head,
  isLenient = false,
): IppReader<Head> {
  const limits = { ...defaultIppLimits, ...options }
  let gathered = Buffer.alloc(Math.min(1024, limits.maxBytes))
  let length = 0
  /** Where the next tag is. */
  let at = openingBytes

  function gather(bytes: Uint8Array): void {
    const taken = Math.min(bytes.length, limits.maxBytes - length)
    if (length + taken > gathered.length) {
      const grown = Buffer.alloc(Math.min(limits.maxBytes, Math.max(2 * gathered.length, length + taken)))
      gathered.copy(grown, 0, 0, length)
      gathered = grown
    }
    gathered.set(bytes.subarray(0, taken), length)
    length += taken
  }

  function opening(): IppOpening | undefined {
    if (length < openingBytes) return undefined
    const version = { major: gathered.readInt8(0), minor: gathered.readInt8(1) }
    return { version, code: gathered.readUInt16BE(2), requestId: gathered.readInt32BE(4) }
  }

  /** @returns whether the byte that ends the attributes is the last before `at` */
  function follow(): boolean {
    while (at < length) {
      const tag = gathered.readUInt8(at)
      if (tag < firstValueTag) {
        at++
        if (tag === endOfAttributes) return true
        continue
      }
      const value = lengthAt(at + 1)
      const next = value === undefined ? undefined : lengthAt(value)
      if (next === undefined) break
      at = next
    }
    if (at >= limits.maxBytes)
      throw new IppError('too-large', `The attributes take more than ${limits.maxBytes} bytes.`, where(limits.maxBytes))
    return false
  }

  /** Where what is behind a length ends; undefined while the length is not here. */
  function lengthAt(place: number): number | undefined {
    if (place + 2 > limits.maxBytes)
      throw new IppError('too-large', `The attributes take more than ${limits.maxBytes} bytes.`, where(place))
    if (place + 2 > length) return undefined
    const bytes = gathered.readUInt16BE(place)
    if (bytes > longestField) throw new IppError('malformed', 'A length is negative.', where(place))
    return place + 2 + bytes
  }

  const where = (offset: number) => ({ offset, opening: opening() })

  return {
    write(bytes) {
      const before = length
      gather(bytes)
      if (!follow()) return undefined
      const found = opening()
      if (found === undefined) throw new Error('Attributes cannot end before they begin.')
      const groups = decodeGroups(gathered.subarray(0, at), found, limits, isLenient)
      const head = make(found, groups, (what) => {
        throw new IppError('malformed', what, { offset: 4, opening: found })
      })
      return { head, rest: bytes.subarray(at - before) }
    },
    end() {
      throw new IppError('cut', 'The message ends before its attributes do.', where(length))
    },
  }
}
