/** Challenges for passkeys: nothing is kept of one that is given out, only that it was answered; so whoever asks costs no row. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock, Random } from '@fairlead/base'

export interface Challenges {
  /** @param what is to be done with the answer, and by whom: it is good for nothing else */
  create(what: string): Uint8Array<ArrayBuffer>
  /** One of ours for that, and young enough. @param challenge base64url */
  isGood(challenge: string, what: string): boolean
}

export interface ChallengesNeeds {
  clock: Clock
  random: Random
  /** Of this relay, the same at all nodes. */
  key: Uint8Array
}

/** People look for their security key. */
export const challengeGoodForMs = 5 * 60_000

const nonceBytes = 16
const macBytes = 16

export function createChallenges({ clock, random, key }: ChallengesNeeds): Challenges {
  const macOf = (head: Uint8Array, what: string) =>
    createHmac('sha256', key).update(head).update(what).digest().subarray(0, macBytes)

  return {
    create(what) {
      const until = Buffer.alloc(8)
      until.writeBigUInt64BE(BigInt(clock.wallNow() + challengeGoodForMs))
      const head = Buffer.concat([Buffer.from(random.token(nonceBytes), 'base64url'), until])
      return new Uint8Array(Buffer.concat([head, macOf(head, what)]))
    },
    isGood(challenge, what) {
      const bytes = Buffer.from(challenge, 'base64url')
      if (bytes.length !== nonceBytes + 8 + macBytes) return false
      const head = bytes.subarray(0, -macBytes)
      if (!timingSafeEqual(bytes.subarray(-macBytes), macOf(head, what))) return false
      return Number(head.readBigUInt64BE(nonceBytes)) > clock.wallNow()
    },
  }
}
