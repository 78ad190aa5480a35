/**
 * SCRAM, the server's side; four messages, and the look-up of keys between the first two.
 * Source: RFC 5802 §5 and §7, RFC 7677.
 *
 *     C: n,,n=user,r=CLIENT                           readClientFirst
 *     S: r=CLIENTSERVER,s=SALT,i=4096                 challengeClient
 *     C: c=biws,r=CLIENTSERVER,p=PROOF                verifyClient
 *     S: v=SIGNATURE
 */
import { timingSafeEqual } from 'node:crypto'
import { decodeBase64, SaslError, utf8Of } from './sasl.ts'
import { hash, hmac, type ScramCredentials, type ScramHash } from './scram-keys.ts'
import { readFields, readName } from './scram-message.ts'

export interface ClientFirst {
  /** Whose keys to look up. Not normalised: devices' IDs are ASCII. */
  readonly user: string
  /** Whom to act as; '' for the user. */
  readonly authzid: string
  /** What the client repeats in `c=`, so that nobody on the way can have changed it. */
  readonly gs2Header: string
  readonly bare: string
  readonly nonce: string
}

/** @throws SaslError */
export function readClientFirst(message: Uint8Array): ClientFirst {
  const text = utf8Of(message)
  const [, gs2Header, flag, authzid, bare] = /^((n|y|p=[A-Za-z0-9.-]+),(?:a=([^,]*))?,)(.*)$/s.exec(text) ?? []
  if (gs2Header === undefined || flag === undefined || bare === undefined) malformed('It has no GS2 header.')
  // "y" is honest: we offer no channel binding (RFC 5802 §6). "p" asks for what was not offered.
  if (flag.startsWith('p')) malformed('Channel binding was not offered.')
  const [user, nonce] = readFields(bare, ['n', 'r'])
  if (user === undefined || nonce === undefined) malformed('It names no user and nonce.')
  if (!/^[!-+\--~]+$/.test(nonce)) malformed('Its nonce is not printable.')
  if (authzid === '') malformed('A name is empty.')
  return {
    user: readName(user),
    authzid: authzid === undefined ? '' : readName(authzid),
    gs2Header,
    bare,
    nonce,
  }
}

/** What has been said up to the challenge. */
export interface ScramExchange {
  readonly first: ClientFirst
  readonly nonce: string
  /** For the client. */
  readonly challenge: string
  readonly candidates: readonly ScramCredentials[]
}

/**
 * @param serverNonce from `scramNonce`
 * @param credentials all that are good now, one at least; those with another salt than the first's cannot be tried.
 *   For a user who does not exist: `fakeCredentials`
 */
export function challengeClient(
  first: ClientFirst,
  serverNonce: string,
  credentials: readonly ScramCredentials[],
): ScramExchange {
  const [main] = credentials
  if (main === undefined) throw new RangeError('A challenge needs keys; made-up ones for an unknown user.')
  const candidates = credentials.filter(
    ({ salt, iterations }) => iterations === main.iterations && Buffer.compare(salt, main.salt) === 0,
  )
  const nonce = first.nonce + serverNonce
  const salt = Buffer.from(main.salt).toString('base64')
  return { first, nonce, challenge: `r=${nonce},s=${salt},i=${main.iterations}`, candidates }
}

export interface ScramSuccess {
  /** For the client, with the success: the proof that we know its secret too. */
  readonly message: string
  /** Which of the keys it was. */
  readonly credentials: ScramCredentials
}

/**
 * Checks the client's proof against every candidate, each in constant time.
 *
 * @throws SaslError `not-authorized` when it proves nothing, `malformed-request` when it is not SCRAM
 */
export function verifyClient(exchange: ScramExchange, algorithm: ScramHash, message: Uint8Array): ScramSuccess {
  const text = utf8Of(message)
  const proofAt = text.lastIndexOf(',p=')
  const withoutProof = text.slice(0, Math.max(proofAt, 0))
  const [binding, nonce] = readFields(withoutProof, ['c', 'r'])
  const proof = proofAt < 0 ? undefined : decodeBase64(text.slice(proofAt + ',p='.length))
  if (proof === undefined || binding === undefined || nonce === undefined) malformed('It has no proof in base64.')
  const boundTo = decodeBase64(binding)
  if (boundTo === undefined) malformed('Its channel binding is not base64.')
  if (
    !isSame(boundTo, Buffer.from(exchange.first.gs2Header)) ||
    !isSame(Buffer.from(nonce), Buffer.from(exchange.nonce))
  )
    throw new SaslError('not-authorized', 'The messages of a log-in do not belong together.')
  const authMessage = `${exchange.first.bare},${exchange.challenge},${withoutProof}`
  const proven = exchange.candidates.filter((candidate) => isProof(proof, candidate, algorithm, authMessage))
  const [credentials] = proven
  if (credentials === undefined) throw new SaslError('not-authorized', 'The proof is wrong.')
  const signature = hmac(algorithm, credentials[algorithm].serverKey, authMessage)
  return { message: `v=${Buffer.from(signature).toString('base64')}`, credentials }
}

function isProof(proof: Uint8Array, keys: ScramCredentials, algorithm: ScramHash, authMessage: string): boolean {
  const { storedKey } = keys[algorithm]
  const signature = hmac(algorithm, storedKey, authMessage)
  if (proof.length !== signature.length) return false
  const clientKey = signature.map((byte, at) => byte ^ (proof[at] ?? 0))
  return isSame(hash(algorithm, clientKey), storedKey)
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

function malformed(message: string): never {
  throw new SaslError('malformed-request', message)
}
