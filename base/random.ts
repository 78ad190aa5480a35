/** Chance, handed in: what is guessed by nobody, and what is merely spread. */
import { randomBytes } from 'node:crypto'

export interface Random {
  /** Unguessable, `bytes` of entropy, as base64url. Begins with no hyphen: on a command line it would be an option. */
  token(bytes: number): string
  /** From 0 (inclusive) to 1 (exclusive), to spread things; never for secrets. */
  fraction(): number
}

/** Asked of the system at once: a call for each request ID would be 4 % of a busy relay's time. No byte is used twice. */
const poolBytes = 4096

function createPool(): (bytes: number) => Buffer {
  let pool = Buffer.alloc(0)
  return (bytes) => {
    if (bytes > poolBytes) return randomBytes(bytes)
    if (pool.length < bytes) pool = randomBytes(poolBytes)
    const taken = pool.subarray(0, bytes)
    pool = pool.subarray(bytes)
    return taken
  }
}

const takeRandom = createPool()

export const systemRandom: Random = {
  token(bytes) {
    let token: string
    do token = takeRandom(bytes).toString('base64url')
    while (token.startsWith('-'))
    return token
  },
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
