/**
 * What one NATS message carries: a signature, who says it, and either a batch of items or a part of one that is large.
 *
 *     signature  32 bytes, HMAC-SHA256 over the subject, a line feed, and everything after the signature
 *     version  1 byte, 1
 *     kind  1 byte: 1 a batch, 2 a part
 *     sender  22 bytes, its `self`
 *     counter  6 bytes: grows with each frame of this sender
 *     time  6 bytes: milliseconds of the sender's own clock
 *     payload  the rest
 *
 * A part's payload: number of the transfer 4 bytes, length of the whole 4, offset of this part 4, then its bytes.
 * All numbers are big-endian.
 */
import { hkdfSync, timingSafeEqual } from 'node:crypto'
import { createHmacSha256 } from './hmac.ts'

const signatureLength = 32
const version = 1
const senderLength = 22
const counterAt = signatureLength + 2 + senderLength
const timeAt = counterAt + 6
export const frameHeadLength = timeAt + 6
export const partHeadLength = 12

export const frameKinds = { batch: 1, part: 2 } as const
export type FrameKind = keyof typeof frameKinds

export interface Frame {
  subject: string
  kind: FrameKind
  sender: string
  counter: number
  time: number
  payload: Buffer
}

export interface Part {
  transfer: number
  totalBytes: number
  offset: number
  bytes: Buffer
}

export interface Seal {
  /** Fills in everything before the payload, which is there already. */
  close(frame: Buffer, subject: string, kind: FrameKind, counter: number, timeMs: number): void
  /** @returns undefined for what no node of this cluster has said on this subject */
  open(frame: Buffer, subject: string): Frame | undefined
}

/**
 * @param clusterKey 32 bytes, the same at all nodes
 * @param self of this process
 */
export function createSeal(clusterKey: Uint8Array, self: string): Seal {
  if (clusterKey.length !== 32) throw new RangeError(`a cluster key of ${clusterKey.length} bytes`)
  if (self.length !== senderLength) throw new RangeError(`a name of ${self.length} characters`)
  // The cluster key may sign other things, too: none of them is a frame, and no frame is one of them.
  const hmac = createHmacSha256(Buffer.from(hkdfSync('sha256', clusterKey, '', 'fairlead bus 1', 32)))

  const sign = (frame: Buffer, subject: string) => hmac.sign(subject, frame.subarray(signatureLength))

  return {
    close(frame, subject, kind, counter, timeMs) {
      frame[signatureLength] = version
      frame[signatureLength + 1] = frameKinds[kind]
      frame.write(self, signatureLength + 2, 'latin1')
      frame.writeUIntBE(counter, counterAt, 6)
      frame.writeUIntBE(timeMs, timeAt, 6)
      sign(frame, subject).copy(frame)
    },

    open(frame, subject) {
      if (frame.length < frameHeadLength || frame[signatureLength] !== version) return undefined
      if (!timingSafeEqual(sign(frame, subject), frame.subarray(0, signatureLength))) return undefined
      return {
        subject,
        kind: frame[signatureLength + 1] === frameKinds.part ? 'part' : 'batch',
        sender: frame.toString('latin1', signatureLength + 2, counterAt),
        counter: frame.readUIntBE(counterAt, 6),
        time: frame.readUIntBE(timeAt, 6),
        payload: frame.subarray(frameHeadLength),
      }
    },
  }
}

/** Writes what is before a part's bytes to where its payload begins. */
export function writePartHead(frame: Buffer, { transfer, totalBytes, offset }: Omit<Part, 'bytes'>): void {
  frame.writeUInt32BE(transfer, frameHeadLength)
  frame.writeUInt32BE(totalBytes, frameHeadLength + 4)
  frame.writeUInt32BE(offset, frameHeadLength + 8)
}

export function decodePart(payload: Buffer): Part {
  return {
    transfer: payload.readUInt32BE(0),
    totalBytes: payload.readUInt32BE(4),
    offset: payload.readUInt32BE(8),
    bytes: payload.subarray(partHeadLength),
  }
}
