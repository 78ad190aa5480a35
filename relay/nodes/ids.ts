/** IDs that name the node that made them: whoever meets one knows whom to ask, and nobody else can make one. */
import { hash, timingSafeEqual } from 'node:crypto'
import type { Random } from '@fairlead/base'

export interface Ids {
  /** 32 characters of base64url: 144 random bits, the node, and a mark of 32 bits that shows who made it. */
  create(node: number): string
  /** @returns undefined: none of ours */
  nodeOf(id: string): number | undefined
}

const randomBytes = 18
const randomChars = (randomBytes / 3) * 4
const tailChars = 8

/**
 * The mark keeps a guesser from making the nodes ask each other; that an ID is known is decided by its random part alone.
 *
 * @param key 32 bytes, the same at every node. What it is hashed with has one length, so no more can be added behind it.
 */
export function createIds(key: Uint8Array, random: Random): Ids {
  const secret = Buffer.from(key).toString('hex')

  /** Of texts, which the collector hardly sees: some of these are made for each request. */
  function tailOf(node: number, head: string): Buffer {
    const mark = hash('sha256', `${secret}${String(node).padStart(5, '0')}${head}`, 'hex')
    return Buffer.from(node.toString(16).padStart(4, '0') + mark.slice(0, 8), 'hex')
  }

  return {
    create(node) {
      const head = random.token(randomBytes)
      return head + tailOf(node, head).toString('base64url')
    },
    nodeOf(id) {
      if (id.length !== randomChars + tailChars) return undefined
      const tail = Buffer.from(id.slice(randomChars), 'base64url')
      if (tail.length !== 6) return undefined
      const node = tail.readUInt16BE()
      return timingSafeEqual(tail, tailOf(node, id.slice(0, randomChars))) ? node : undefined
    },
  }
}
