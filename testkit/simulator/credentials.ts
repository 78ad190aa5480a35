/** The devices' secrets, stretched once for all hours that are played, and SCRAM from the device's side without waiting. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import type { Random } from '@fairlead/base'
import { beginScram, minIterations, type ScramCredentials, type ScramHash } from '@fairlead/protocol/xmpp'

export const iterations = minIterations
const keyBytes = { sha1: 20, sha256: 32 } as const

const hmac = (hash: ScramHash, key: Uint8Array, text: string) => createHmac(hash, key).update(text).digest()
const digest = (hash: ScramHash, bytes: Uint8Array) => createHash(hash).update(bytes).digest()

const salted = new Map<string, Buffer>()

function saltedSecret(hash: ScramHash, secret: string, salt: Uint8Array): Buffer {
  const name = `${hash} ${secret} ${Buffer.from(salt).toString('latin1')}`
  const known = salted.get(name)
  if (known) return known
  const made = pbkdf2Sync(secret, salt, iterations, keyBytes[hash], hash)
  salted.set(name, made)
  return made
}

const held = new Map<string, ScramCredentials>()

/** What the relay keeps of a secret. */
export function credentialsOf(device: string, secret: string): ScramCredentials {
  const known = held.get(`${device} ${secret}`)
  if (known) return known
  const salt = createHash('md5').update(device).digest()
  const keysOf = (hash: ScramHash) => {
    const password = saltedSecret(hash, secret, salt)
    return {
      storedKey: digest(hash, hmac(hash, password, 'Client Key')),
      serverKey: hmac(hash, password, 'Server Key'),
    }
  }
  const made = { salt, iterations, sha1: keysOf('sha1'), sha256: keysOf('sha256') }
  held.set(`${device} ${secret}`, made)
  return made
}

export interface ScramTalk {
  /** Base64, as are all of these. */
  readonly first: string
  /** Undefined: the relay does not play by the rules. */
  answer(challenge: string): string | undefined
  isFromRelay(success: string): boolean
}

const encode = (text: string) => Buffer.from(text).toString('base64')
const decode = (text: string) => Buffer.from(text, 'base64').toString()

export function beginTalk(random: Random, device: string, secret: string, hash: ScramHash): ScramTalk {
  const client = beginScram(device, random.token(18))
  let signature: string | undefined
  return {
    first: encode(client.message),
    answer(challenge) {
      const serverFirst = decode(challenge)
      const [, nonce = '', salt = ''] = /^r=([^,]+),s=([^,]+),i=4096$/.exec(serverFirst) ?? []
      if (!nonce.startsWith(client.nonce)) return undefined
      const password = saltedSecret(hash, secret, Buffer.from(salt, 'base64'))
      const clientKey = hmac(hash, password, 'Client Key')
      const withoutProof = `c=biws,r=${nonce}`
      const message = `${client.bare},${serverFirst},${withoutProof}`
      const mask = hmac(hash, digest(hash, clientKey), message)
      const proof = clientKey.map((byte, at) => byte ^ (mask[at] ?? 0))
      signature = hmac(hash, hmac(hash, password, 'Server Key'), message).toString('base64')
      return encode(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`)
    },
    isFromRelay: (success) => signature !== undefined && decode(success) === `v=${signature}`,
  }
}
