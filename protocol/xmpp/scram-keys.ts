/** The keys behind SCRAM: made from a secret once, and made up for those who have none. Source: RFC 5802 §3. */
import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'

export type ScramHash = 'sha1' | 'sha256'

/** The mechanisms, the one to prefer first. No -PLUS: TLS may end at a proxy, where there is nothing to bind to. */
export const scramMechanisms: ReadonlyMap<string, ScramHash> = new Map([
  ['SCRAM-SHA-256', 'sha256'],
  ['SCRAM-SHA-1', 'sha1'],
])

const keyBytes = { sha1: 20, sha256: 32 } as const satisfies Record<ScramHash, number>

/** RFC 5802 §5.1 asks for no less. */
export const minIterations = 4096

/** Of every salt, made or made up: another length would tell which it is. */
export const saltBytes = 16

export interface ScramKeys {
  storedKey: Uint8Array
  serverKey: Uint8Array
}

/** Keys of a secret; the secret itself is nowhere. */
export interface ScramCredentials {
  salt: Uint8Array
  iterations: number
  sha1: ScramKeys
  sha256: ScramKeys
}

export function hash(algorithm: ScramHash, data: Uint8Array): Uint8Array {
  return createHash(algorithm).update(data).digest()
}

export function hmac(algorithm: ScramHash, key: Uint8Array, data: string): Uint8Array {
  return createHmac(algorithm, key).update(data).digest()
}

const derive = promisify(pbkdf2)

/**
 * `SaltedPassword`. Costs about 0.1 µs an iteration, on a thread of the pool.
 * The secret is normalised by NFKC: of SASLprep, what could make two keyboards disagree (RFC 4013 §2.2).
 */
export async function saltSecret(
  secret: string,
  salt: Uint8Array,
  iterations: number,
  algorithm: ScramHash,
): Promise<Uint8Array> {
  return derive(secret.normalize('NFKC'), salt, iterations, keyBytes[algorithm], algorithm)
}

export function clientKeyOf(saltedSecret: Uint8Array, algorithm: ScramHash): Uint8Array {
  return hmac(algorithm, saltedSecret, 'Client Key')
}

export function serverKeyOf(saltedSecret: Uint8Array, algorithm: ScramHash): Uint8Array {
  return hmac(algorithm, saltedSecret, 'Server Key')
}

/**
 * What is stored of a secret. While a rotation overlaps, the new secret takes the old one's salt and iterations:
 * SCRAM names one salt before it knows which of the two the client has.
 *
 * @param salt `saltBytes` random bytes, or those of the secret before
 * @param iterations `minIterations` at least
 */
export async function deriveKeys(secret: string, salt: Uint8Array, iterations: number): Promise<ScramCredentials> {
  if (iterations < minIterations) throw new RangeError(`SCRAM needs ${minIterations} iterations or more.`)
  const [sha1, sha256] = await Promise.all([
    keysOf(secret, salt, iterations, 'sha1'),
    keysOf(secret, salt, iterations, 'sha256'),
  ])
  return { salt, iterations, sha1, sha256 }
}

async function keysOf(secret: string, salt: Uint8Array, iterations: number, algorithm: ScramHash): Promise<ScramKeys> {
  const salted = await saltSecret(secret, salt, iterations, algorithm)
  return {
    storedKey: hash(algorithm, clientKeyOf(salted, algorithm)),
    serverKey: serverKeyOf(salted, algorithm),
  }
}

/**
 * For a user who does not exist: always the same salt for the same name, so that nobody learns who exists.
 * No secret fits the keys.
 *
 * @param key secret to the relay, and the same for as long as its devices are
 */
export function fakeCredentials(key: Uint8Array, user: string, iterations: number): ScramCredentials {
  const made = (purpose: string, length: number) => hmac('sha256', key, `${purpose}\0${user}`).subarray(0, length)
  return {
    salt: made('salt', saltBytes),
    iterations,
    sha1: { storedKey: made('stored 1', keyBytes.sha1), serverKey: made('server 1', keyBytes.sha1) },
    sha256: { storedKey: made('stored 256', keyBytes.sha256), serverKey: made('server 256', keyBytes.sha256) },
  }
}
