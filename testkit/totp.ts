/** What an authenticator app would show. */
import { createHmac } from 'node:crypto'

/** RFC 6238 in ten lines, so that not our own library says what is right. @param step which half minute since 1970 */
export function totpCode(secret: string, step: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', key).update(counter).digest()
  const code = mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fffffff
  return String(code % 1_000_000).padStart(6, '0')
}

/** @param steps so many half minutes from now */
export function totpNow(secret: string, steps = 0): string {
  return totpCode(secret, Math.floor(Date.now() / 30_000) + steps)
}
