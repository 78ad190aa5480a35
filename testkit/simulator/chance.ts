/** All the chance of one simulated hour: one fast sequence, the same for the same seed. */
import type { Random } from '@fairlead/base'

export interface Chance extends Random {
  /** From 0 to `below` - 1. */
  integer(below: number): number
  between(low: number, high: number): number
  happens(share: number): boolean
  pick<Item>(items: readonly Item[]): Item
  /** How long until something that comes about every `meanMs`. */
  spell(meanMs: number): number
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'

/** sfc32: small, fast, and good enough to be believed over a hundred thousand neighbouring seeds. */
export function createChance(seed: number): Chance {
  let a = 0x9e3779b9
  let b = seed >>> 0
  let c = Math.floor(seed / 2 ** 32) >>> 0
  let counter = 1

  function next(): number {
    const mixed = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + mixed
    c |= 0
    return mixed >>> 0
  }

  const fraction = () => next() / 2 ** 32
  const integer = (below: number) => Math.floor(fraction() * below)
  // Neighbouring seeds begin alike.
  for (let turn = 0; turn < 15; turn++) next()

  return {
    fraction,
    integer,
    between: (low, high) => low + fraction() * (high - low),
    happens: (share) => fraction() < share,
    pick<Item>(items: readonly Item[]): Item {
      return items[integer(items.length)] as Item
    },
    spell: (meanMs) => -Math.log(1 - fraction()) * meanMs,
    token(bytes) {
      let token = ''
      for (let left = Math.ceil((bytes * 4) / 3); left > 0; ) {
        let bits = next()
        for (let taken = 0; taken < 5 && left > 0; taken++, left--, bits >>>= 6) token += letters[bits & 63]
      }
      return token.startsWith('-') ? `x${token.slice(1)}` : token
    },
  }
}
