/** Shows a printer the name and the password that it asks for: by Digest (RFC 7616) where it can, else by Basic (RFC 7617), never unasked. */
import { createHash, randomBytes } from 'node:crypto'
import { type Challenge, readChallenges, readParameters } from './http-challenges.ts'

export interface Login {
  /** For the next question; undefined: the printer has not asked yet. */
  header(method: string, path: string): string | undefined
  /**
   * The printer has refused with 401, and its WWW-Authenticate fields.
   * @param shown what the question had from `header`
   * @param isAgain it answered what the printer had just asked for
   * @returns whether to ask once more, with what it wants now
   */
  refused(fields: readonly string[], shown: string | undefined, isAgain: boolean): boolean
  /** Its Authentication-Info, with which it may name what is to be used next. */
  answered(info: string | undefined): void
}

type Hash = 'sha256' | 'md5'

interface DigestChallenge {
  hash: Hash
  algorithm: string | undefined
  isOfSession: boolean
  realm: string
  nonce: string
  opaque: string | undefined
  /** False: as RFC 2069 has it, without a count. */
  hasCount: boolean
  hidesUser: boolean
  isStale: boolean
}

/** The best first. MD5 is what printers know; what it protects is the password on its way, once. */
const hashOf: Readonly<Record<string, Hash>> = {
  'sha-256': 'sha256',
  'sha-256-sess': 'sha256',
  md5: 'md5',
  'md5-sess': 'md5',
}

export function createLogin(
  login: { user: string; password: string } | undefined,
  newNonce: () => string = () => randomBytes(16).toString('base64url'),
): Login {
  let digest: DigestChallenge | undefined
  let isBasic = false
  let count = 0

  return {
    header(method, path) {
      if (login === undefined) return undefined
      if (digest) return digestHeader(login, digest, { method, path, cnonce: newNonce(), count: ++count })
      return isBasic ? `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}` : undefined
    },

    refused(fields, shown, isAgain) {
      if (login === undefined) return false
      const challenges = readChallenges(fields)
      const found = bestOf(challenges)
      if (found) {
        if (isAgain && !found.isStale) return false
        digest = found
        count = 0
        return true
      }
      // Whoever has asked for a Digest and then wants the password itself may be somebody else.
      if (digest || !challenges.some(({ scheme }) => scheme === 'basic')) return false
      isBasic = true
      return shown === undefined
    },

    answered(info) {
      const nonce = info === undefined ? undefined : readParameters(info).get('nextnonce')
      if (!digest || !nonce) return
      digest = { ...digest, nonce }
      count = 0
    },
  }
}

function bestOf(challenges: readonly Challenge[]): DigestChallenge | undefined {
  const usable = challenges.flatMap((challenge) => readDigest(challenge) ?? [])
  return usable.find(({ hash }) => hash === 'sha256') ?? usable[0]
}

/** @returns undefined: not a Digest, or not of a kind that is known here (`auth-int` hashes the document as well) */
function readDigest({ scheme, parameters }: Challenge): DigestChallenge | undefined {
  const [realm, nonce, algorithm] = ['realm', 'nonce', 'algorithm'].map((name) => parameters.get(name))
  const hash = hashOf[(algorithm ?? 'md5').toLowerCase()]
  const qop = parameters.get('qop')
  const hasAuth = qop?.split(',').some((each) => each.trim().toLowerCase() === 'auth')
  if (scheme !== 'digest' || realm === undefined || nonce === undefined || hash === undefined || hasAuth === false)
    return undefined
  return {
    ...{ hash, algorithm, realm, nonce, opaque: parameters.get('opaque') },
    isOfSession: algorithm?.toLowerCase().endsWith('-sess') ?? false,
    hasCount: hasAuth === true,
    hidesUser: parameters.get('userhash')?.toLowerCase() === 'true',
    isStale: parameters.get('stale')?.toLowerCase() === 'true',
  }
}

interface Use {
  method: string
  path: string
  cnonce: string
  count: number
}

/** Source: RFC 7616 §3.4. */
function digestHeader(login: { user: string; password: string }, asked: DigestChallenge, use: Use): string {
  const { realm, nonce, opaque, algorithm } = asked
  const hash = (...parts: string[]) => createHash(asked.hash).update(parts.join(':')).digest('hex')
  const { method, path, cnonce } = use
  const nc = use.count.toString(16).padStart(8, '0')
  const secret = hash(login.user, realm, login.password)
  const a1 = asked.isOfSession ? hash(secret, nonce, cnonce) : secret
  const a2 = hash(method, path)
  const response = asked.hasCount ? hash(a1, nonce, nc, cnonce, 'auth', a2) : hash(a1, nonce, a2)
  const user = asked.hidesUser ? hash(login.user, realm) : login.user
  return [
    `Digest ${nameOf(user)}`,
    `realm=${quoted(realm)}`,
    `uri=${quoted(path)}`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    `nonce=${quoted(nonce)}`,
    ...(asked.hasCount ? [`nc=${nc}`] : []),
    ...(asked.hasCount || asked.isOfSession ? [`cnonce=${quoted(cnonce)}`] : []),
    ...(asked.hasCount ? ['qop=auth'] : []),
    `response="${response}"`,
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(asked.hidesUser ? ['userhash=true'] : []),
  ].join(', ')
}

const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`

/** RFC 8187 where it is not ASCII. */
const nameOf = (user: string) =>
  /^[\x20-\x7e]*$/.test(user)
    ? `username=${quoted(user)}`
    : `username*=UTF-8''${encodeURIComponent(user).replaceAll(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`)}`
