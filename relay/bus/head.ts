/** Heads as JSON text, and the bound of what a message may be. */
import { BusError, type Head, type Message, maxMessageBytes } from './bus.ts'

/** @throws {BusError} `too-large` @throws {TypeError} a bug: what JSON cannot say */
export function encodeHead({ head, body }: Message): Buffer {
  const text = Buffer.from(JSON.stringify(head))
  if (text.length + (body?.length ?? 0) <= maxMessageBytes) return text
  throw new BusError('too-large', `A message on the bus may have ${maxMessageBytes} bytes.`, false)
}

export function decodeMessage(head: string, body: Uint8Array | undefined): Message {
  const read: Head = JSON.parse(head)
  return body === undefined ? { head: read } : { head: read, body }
}
