/** What SCRAM messages are made of: comma-separated fields, names with their escapes, nonces. Source: RFC 5802 §5.1, §7. */
import { SaslError } from './sasl.ts'

/**
 * The values of the fields a message begins with, in that order. Extensions may follow and are ignored,
 * but never `m`, which says that they must be understood.
 *
 * @throws SaslError
 */
export function readFields(message: string, names: readonly string[]): string[] {
  const values: string[] = []
  for (const [at, field] of message.split(',').entries()) {
    const expected = names[at]
    const isField = /^[A-Za-z]=./s.test(field) && !field.includes('\0')
    if (!isField || field.startsWith('m=') || (expected !== undefined && !field.startsWith(expected)))
      throw new SaslError('malformed-request', 'It is not what SCRAM says there.')
    if (expected !== undefined) values.push(field.slice(2))
  }
  return values
}

/** Undoes `=2C` and `=3D`; any other equals sign is an error (RFC 5802 §5.1, `n`). */
export function readName(written: string): string {
  if (/=(?!2C|3D)/.test(written) || written.includes('\0'))
    throw new SaslError('malformed-request', 'A name is not escaped as it must be.')
  return written.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

export function encodeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C')
}

/** @param random 16 bytes at least, fresh for each log-in (row X-003) */
export function scramNonce(random: Uint8Array): string {
  if (random.length < 16) throw new RangeError('A nonce needs 128 bits.')
  return Buffer.from(random).toString('base64')
}
