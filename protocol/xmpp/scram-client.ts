/** SCRAM, the client's side: for the agent, and for whoever logs in at a relay. Source: RFC 5802 §3, §5. */
import { timingSafeEqual } from 'node:crypto'
import { decodeBase64, SaslError, utf8Of } from './sasl.ts'
import { clientKeyOf, hash, hmac, minIterations, type ScramHash, saltSecret, serverKeyOf } from './scram-keys.ts'
import { encodeName, readFields } from './scram-message.ts'

/** More would let whoever answers keep a small device busy for minutes. */
const maxIterations = 1_000_000

/** "n": we would not know how to bind a channel. No authzid. */
const gs2Header = 'n,,'

export interface ScramClient {
  /** For the relay, as the initial response. */
  readonly message: string
  readonly bare: string
  readonly nonce: string
}

/** @param nonce from `scramNonce` */
export function beginScram(user: string, nonce: string): ScramClient {
  const bare = `n=${encodeName(user)},r=${nonce}`
  return { message: gs2Header + bare, bare, nonce }
}

export interface ScramProof {
  /** For the relay. */
  readonly message: string
  /** What it must answer. */
  readonly serverSignature: Uint8Array
}

/**
 * Answers the relay's challenge.
 *
 * @throws SaslError when the challenge is not for us, or asks for too little or too much work
 */
export async function proveSecret(
  client: ScramClient,
  challenge: Uint8Array,
  secret: string,
  algorithm: ScramHash,
): Promise<ScramProof> {
  const serverFirst = utf8Of(challenge)
  const [nonce, writtenSalt, writtenIterations] = readFields(serverFirst, ['r', 's', 'i'])
  const salt = decodeBase64(writtenSalt ?? '')
  const iterations = /^[1-9][0-9]{0,9}$/.test(writtenIterations ?? '') ? Number(writtenIterations) : 0
  if (nonce === undefined || !nonce.startsWith(client.nonce) || nonce.length === client.nonce.length)
    throw new SaslError('not-authorized', 'The nonce of the challenge is not ours.')
  if (salt === undefined || salt.length === 0) throw new SaslError('malformed-request', 'The challenge has no salt.')
  if (iterations < minIterations || iterations > maxIterations)
    throw new SaslError('malformed-request', 'The challenge asks for too few or too many iterations.')

  const salted = await saltSecret(secret, salt, iterations, algorithm)
  const clientKey = clientKeyOf(salted, algorithm)
  const withoutProof = `c=${Buffer.from(gs2Header).toString('base64')},r=${nonce}`
  const authMessage = `${client.bare},${serverFirst},${withoutProof}`
  const signature = hmac(algorithm, hash(algorithm, clientKey), authMessage)
  const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))
  return {
    message: `${withoutProof},p=${Buffer.from(proof).toString('base64')}`,
    serverSignature: hmac(algorithm, serverKeyOf(salted, algorithm), authMessage),
  }
}

/** Whether the success is signed by somebody who knows the secret: if not, it is not our relay. */
export function isFromServer(expected: ScramProof, serverFinal: Uint8Array): boolean {
  const signature = decodeBase64(/^v=([^,]+)/.exec(Buffer.from(serverFinal).toString())?.[1] ?? '')
  if (signature === undefined || signature.length !== expected.serverSignature.length) return false
  return timingSafeEqual(signature, expected.serverSignature)
}
