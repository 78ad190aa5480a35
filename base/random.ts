/** Chance, handed in: what is guessed by nobody, and what is merely spread. */
import { randomBytes } from 'node:crypto'

export interface Random {
  /** Unguessable, `bytes` of entropy, as base64url. */
  token(bytes: number): string
  /** From 0 (inclusive) to 1 (exclusive), to spread things; never for secrets. */
  fraction(): number
}

export const systemRandom: Random = {
  token: (bytes) => randomBytes(bytes).toString('base64url'),
  fraction: Math.random,
}

/** The same sequence for the same seed (mulberry32), for tests. */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const token = (bytes: number) =>
    Buffer.from(Array.from({ length: bytes }, () => Math.floor(fraction() * 256))).toString('base64url')
  return { token, fraction }
}
