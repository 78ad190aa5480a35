/** SCRAM for a generator: the one secret of all its devices is hashed once for each salt, not at each log-in. Source: RFC 5802 §3. */
import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import type { ScramHash } from '@fairlead/protocol/xmpp'

interface Keys {
  clientKey: Buffer
  storedKey: Buffer
}

export interface ScramKeyring {
  readonly secret: string
  /** The message that answers a challenge: at once when the salt is known, else as a promise. */
  answer(clientFirstBare: string, challenge: string): string | Promise<string>
}

const derive = promisify(pbkdf2)
const keyBytes = { sha1: 20, sha256: 32 }

/** The server's signature is not checked: it costs the generator, and nobody here could pass for a server. */
export function createScramKeyring(secret: string, algorithm: ScramHash): ScramKeyring {
  const known = new Map<string, Keys>()
  const hmac = (key: Uint8Array, text: string) => createHmac(algorithm, key).update(text).digest()

  async function learn(salt: string, iterations: number): Promise<Keys> {
    const salted = await derive(secret, Buffer.from(salt, 'base64'), iterations, keyBytes[algorithm], algorithm)
    const clientKey = hmac(salted, 'Client Key')
    const keys = { clientKey, storedKey: createHash(algorithm).update(clientKey).digest() }
    known.set(`${iterations} ${salt}`, keys)
    return keys
  }

  function prove({ clientKey, storedKey }: Keys, bare: string, challenge: string, nonce: string): string {
    const withoutProof = `c=biws,r=${nonce}`
    const signature = hmac(storedKey, `${bare},${challenge},${withoutProof}`)
    const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
  }

  return {
    secret,
    answer(bare, challenge) {
      const [, nonce = '', salt = '', iterations = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(challenge) ?? []
      const keys = known.get(`${iterations} ${salt}`)
      if (keys) return prove(keys, bare, challenge, nonce)
      return learn(salt, Number(iterations)).then((learnt) => prove(learnt, bare, challenge, nonce))
    },
  }
}
