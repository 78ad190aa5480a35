/** The body of a request, bounded or as it comes, with the connection usable when it was too much; and of an answer, as it is read. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Failure } from '@fairlead/base'

/** What is read and thrown away after a refusal, so that the caller gets to read it: a reset would destroy the answer. */
const maxDiscardedBytes = 4 * 2 ** 20

/**
 * @param maxBytes of the body; over it `too-large`
 * @throws {Failure} `too-large`; `invalid-request` for an encoded body or one that was cut off
 */
export async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  mustBePlain(request)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    discard(request)
    throw tooLarge(maxBytes)
  }
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let bytes = 0
    request.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length
      if (bytes <= maxBytes) return void chunks.push(chunk)
      request.removeAllListeners('data')
      chunks.length = 0
      discard(request)
      reject(tooLarge(maxBytes))
    })
    request.once('end', () => resolve(chunks.length === 1 ? (chunks[0] ?? new Uint8Array()) : Buffer.concat(chunks)))
    // Comes after 'end' as well, and must cost nothing then.
    request.once('close', () => {
      if (!request.readableEnded) reject(new Failure('invalid-request', 'The body ended before it was complete.'))
    })
    // Node tells a cut connection as an error; 'close' follows and says all there is to say.
    request.once('error', () => {})
  })
}

function mustBePlain(request: IncomingMessage): void {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return
  discard(request)
  throw new Failure('invalid-request', 'Send the body as it is: a Content-Encoding is not accepted.')
}

const long = new WeakSet<IncomingMessage>()

/** It may take longer than others to arrive. */
export const isLong = (request: IncomingMessage) => long.has(request)

/**
 * A body of any length, as it comes: whoever takes it slowly has it sent slowly.
 *
 * @throws {Failure} `invalid-request` for an encoded body, and while it is read, for one that was cut off
 */
export function bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  mustBePlain(request)
  long.add(request)
  return pieces(request)
}

async function* pieces(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    // Who breaks off still has an answer to give on this connection.
    for await (const piece of request.iterator({ destroyOnReturn: false })) yield piece
  } catch (error) {
    throw request.readableAborted ? new Failure('invalid-request', 'The body ended before it was complete.') : error
  }
}

/**
 * The body of an answer, each piece when the one before has left: what it lay in may be used again then. What breaks off on
 * either side breaks the connection off, since the head has said how long it would be; who asked sees by that length what is
 * missing.
 */
export async function sendBody(response: ServerResponse, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const piece of pieces) await sent(response, piece)
    response.end()
  } catch {
    response.destroy()
  }
}

function sent(response: ServerResponse, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    // Of a connection that closes before it was this answer's turn no write tells.
    const gone = () => reject(new Error('The connection has closed.'))
    response.once('close', gone)
    response.write(piece, (error) => {
      response.off('close', gone)
      if (error) reject(error)
      else resolve()
    })
  })
}

/** Reads on without keeping anything; who sends far too much is cut off. */
export function discard(request: IncomingMessage): void {
  let bytes = 0
  request.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length
    if (bytes > maxDiscardedBytes) request.destroy()
  })
}

function tooLarge(maxBytes: number): Failure {
  return new Failure('too-large', `The body may have at most ${maxBytes} bytes here.`, { facts: { maxBytes } })
}
