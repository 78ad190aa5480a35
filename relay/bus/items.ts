/**
 * The items of a batch, one after the other.
 *
 *     type  1 byte
 *     id  4 bytes: of the request that this is or answers; else 0
 *     time-out  4 bytes: for how long who asks will wait, in milliseconds; else 0
 *     length of the head  4 bytes
 *     length of the body  4 bytes, 0xFFFFFFFF when there is none
 *     head  JSON, UTF-8
 *     body
 *
 * All numbers are big-endian.
 */

export const itemTypes = ['say', 'ask', 'answer', 'failure', 'internal', 'prove', 'proof'] as const
export type ItemType = (typeof itemTypes)[number]

export interface Item {
  type: ItemType
  id: number
  timeoutMs: number
  /** JSON, UTF-8. */
  head: Buffer
  body: Uint8Array | undefined
}

const itemHeadLength = 17
const noBody = 0xffffffff
const longestTimeoutMs = 0xffffffff

export function itemLength({ head, body }: Item): number {
  return itemHeadLength + head.length + (body?.length ?? 0)
}

/** @returns where the next one begins */
export function writeItem(into: Buffer, at: number, { type, id, timeoutMs, head, body }: Item): number {
  into[at] = itemTypes.indexOf(type)
  into.writeUInt32BE(id, at + 1)
  into.writeUInt32BE(Math.min(Math.ceil(timeoutMs), longestTimeoutMs), at + 5)
  into.writeUInt32BE(head.length, at + 9)
  into.writeUInt32BE(body?.length ?? noBody, at + 13)
  into.set(head, at + itemHeadLength)
  const end = at + itemHeadLength + head.length
  if (body === undefined) return end
  into.set(body, end)
  return end + body.length
}

/** The items share the memory of `bytes`. @throws {RangeError} when they are cut off or of no known type */
export function* readItems(bytes: Buffer): Generator<Item> {
  for (let at = 0; at < bytes.length; ) {
    const type = itemTypes[bytes.readUInt8(at)]
    const headEnd = at + itemHeadLength + bytes.readUInt32BE(at + 9)
    const bodyLength = bytes.readUInt32BE(at + 13)
    const end = bodyLength === noBody ? headEnd : headEnd + bodyLength
    if (type === undefined || end > bytes.length) throw new RangeError(`item at ${at} of ${bytes.length} bytes`)
    yield {
      type,
      id: bytes.readUInt32BE(at + 1),
      timeoutMs: bytes.readUInt32BE(at + 5),
      head: bytes.subarray(at + itemHeadLength, headEnd),
      body: bodyLength === noBody ? undefined : bytes.subarray(headEnd, end),
    }
    at = end
  }
}
