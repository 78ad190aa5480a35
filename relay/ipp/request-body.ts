/** Takes an IPP request from an HTTP body: its attributes first, its document as it comes. */
import { createRequestReader, defaultIppLimits, type IppLimits, type IppRequest } from '@fairlead/protocol/ipp'

export interface ReadRequest {
  request: IppRequest
  document: AsyncGenerator<Uint8Array>
}

/**
 * Print clients say little: what is longer is no request, or one that means harm. The longest honest thing in it is a
 * collection of media.
 */
const limitsOfClients = { maxBytes: 64 * 1024, maxAttributes: 1000, maxValues: 2000, maxGroups: 16, maxDepth: 8 }

/** A proxy tells all that a printer says of itself. */
export const limitsOfProxies: IppLimits = { ...defaultIppLimits, maxGroups: 16 }

/** @throws {IppError} */
export async function readRequest(body: AsyncIterable<Uint8Array>, ofProxy: boolean): Promise<ReadRequest> {
  const pieces = body[Symbol.asyncIterator]()
  const reader = createRequestReader(ofProxy ? limitsOfProxies : limitsOfClients)
  for (;;) {
    const { done, value } = await pieces.next()
    if (done) return reader.end()
    const read = reader.write(value)
    if (read) return { request: read.head, document: documentOf(read.rest, pieces) }
  }
}

async function* documentOf(rest: Uint8Array, pieces: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (rest.length > 0) yield rest
  for (;;) {
    const { done, value } = await pieces.next()
    if (done) return
    yield value
  }
}

/** @returns undefined: there is none, which is another thing than an empty one only to who looks */
export async function nonEmpty(document: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array> | undefined> {
  const pieces = document[Symbol.asyncIterator]()
  for (;;) {
    const { done, value } = await pieces.next()
    if (done) return undefined
    if (value.length > 0) return documentOf(value, pieces)
  }
}
