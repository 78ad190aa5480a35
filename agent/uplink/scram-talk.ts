/** One log-in by SCRAM: what the relay says goes in, what we say comes out. Source: RFC 5802, RFC 7677. */
import { randomBytes } from 'node:crypto'
import { beginScram, isFromServer, proveSecret, type ScramProof, scramMechanisms } from '@fairlead/protocol/xmpp'
import type { SessionEvent } from './bosh-session.ts'

export type SaslSays = Extract<SessionEvent, { kind: 'sasl' }>['says']

export interface ScramTalk {
  begin(): SaslSays
  /** Never throws: a relay that does not play by the rules is not to be trusted, and `refused`. */
  hear(what: 'challenge' | 'success', text: string): Promise<SaslSays>
}

export function createScramTalk(user: string, secret: string, mechanism: string): ScramTalk {
  const algorithm = scramMechanisms.get(mechanism) ?? 'sha256'
  const client = beginScram(user, randomBytes(18).toString('base64url'))
  let proof: ScramProof | undefined
  return {
    begin: () => ({ text: client.message, mechanism }),
    async hear(what, text) {
      try {
        if (what === 'success') return proof && isFromServer(proof, Buffer.from(text)) ? 'verified' : 'refused'
        proof = await proveSecret(client, Buffer.from(text), secret, algorithm)
        return { text: proof.message }
      } catch {
        return 'refused'
      }
    },
  }
}
