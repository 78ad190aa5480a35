/** SCRAM keys of a device's secret: made once, kept instead of the secret (S-A4). Source: RFC 5802 §3, RFC 7677. */
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { DeviceCredentialRow } from '../database/tables.ts'
import type { Credentials } from '../xmpp/carrier.ts'

/** RFC 7677 §4: at least 4096. The secrets are random, so more would only cost. */
export const scramIterations = 4096
export const saltBytes = 16

type HashName = 'sha1' | 'sha256'
const hashBytes = { sha1: 20, sha256: 32 } as const satisfies Record<HashName, number>

const stretch = promisify(pbkdf2)

/** @param secret printable ASCII: SASLprep (RFC 4013) changes nothing in it */
export async function deriveCredentials(secret: string, salt: Uint8Array): Promise<Credentials> {
  const [sha1, sha256] = await Promise.all([
    deriveKeys('sha1', secret, salt, scramIterations),
    deriveKeys('sha256', secret, salt, scramIterations),
  ])
  return { salt, iterations: scramIterations, sha1, sha256 }
}

/** Whether this is the secret that the keys were made of, in constant time. */
export async function isSecretOf(secret: string, { salt, iterations, sha256 }: Credentials): Promise<boolean> {
  const { storedKey } = await deriveKeys('sha256', secret, salt, iterations)
  return timingSafeEqual(storedKey, sha256.storedKey)
}

async function deriveKeys(name: HashName, secret: string, salt: Uint8Array, iterations: number) {
  const salted = await stretch(secret, salt, iterations, hashBytes[name], name)
  const hmac = (text: string) => createHmac(name, salted).update(text).digest()
  return { storedKey: createHash(name).update(hmac('Client Key')).digest(), serverKey: hmac('Server Key') }
}

/**
 * Credentials as one short text of bytes: with 100,000 devices in memory, five buffers each would be the largest thing in it.
 *
 *     salt 16 · SHA-1 StoredKey 20 · ServerKey 20 · SHA-256 StoredKey 32 · ServerKey 32
 */
export type PackedKeys = string

export function packKeys(row: DeviceCredentialRow): PackedKeys {
  const parts = [row.salt, row.sha1_stored, row.sha1_server, row.sha256_stored, row.sha256_server]
  return Buffer.concat(parts.map((part) => Buffer.from(part, 'base64'))).toString('latin1')
}

export function unpackKeys(packed: PackedKeys, iterations: number): Credentials {
  const bytes = Buffer.from(packed, 'latin1')
  let at = 0
  const take = (length: number) => {
    at += length
    return bytes.subarray(at - length, at)
  }
  return {
    salt: take(saltBytes),
    iterations,
    sha1: { storedKey: take(hashBytes.sha1), serverKey: take(hashBytes.sha1) },
    sha256: { storedKey: take(hashBytes.sha256), serverKey: take(hashBytes.sha256) },
  }
}

export function credentialRow(
  device: string,
  version: number,
  { salt, iterations, sha1, sha256 }: Credentials,
  createdAtMs: number,
): DeviceCredentialRow {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  return {
    device,
    version,
    salt: text(salt),
    iterations,
    sha1_stored: text(sha1.storedKey),
    sha1_server: text(sha1.serverKey),
    sha256_stored: text(sha256.storedKey),
    sha256_server: text(sha256.serverKey),
    created_at: createdAtMs,
    good_until: null,
    used_at: null,
  }
}
