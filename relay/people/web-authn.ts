/** WebAuthn itself: whether what a browser shows is what was asked for (W3C WebAuthn §7.1, §7.2). */
import { isIP } from 'node:net'
import { Failure } from '@fairlead/base'
import type { NewPasskey, PasskeySignIn } from '@fairlead/protocol/contract'
import type { PasskeyRow } from '../database/people-tables.ts'

export interface MadePasskey {
  id: string
  publicKey: Uint8Array
  counter: number
  /** Which one it answers. */
  challenge: string
}

/** Only when it is needed: a relay whose users have no passkeys need not read what it takes to check one. */
export const webAuthn = () => import('@simplewebauthn/server')

/** Passkeys are bound to a name; an address is none. */
export function hasName(publicUrl: string): boolean {
  return isIP(new URL(publicUrl).hostname.replace(/^\[|\]$/g, '')) === 0
}

/** @throws {Failure} `forbidden`: the relay is known by an address */
export function hostOf(publicUrl: string): string {
  const { hostname } = new URL(publicUrl)
  if (hasName(publicUrl)) return hostname
  throw new Failure('forbidden', `Passkeys need a name, and this relay is ${hostname}. Give it one with --public-url.`)
}

/** @returns undefined: it is not what was asked for */
export async function readMade(
  { id, rawId, response }: NewPasskey['response'],
  publicUrl: string,
  isGood: (challenge: string) => boolean,
): Promise<MadePasskey | undefined> {
  const { clientDataJSON, attestationObject } = response
  let answered = ''
  try {
    await mustBringNoCertificate(attestationObject)
    const { registrationInfo } = await (await webAuthn()).verifyRegistrationResponse({
      response: { ...common, id, rawId, response: { clientDataJSON, attestationObject } },
      expectedChallenge(challenge) {
        answered = challenge
        return isGood(challenge)
      },
      expectedOrigin: publicUrl,
      expectedRPID: hostOf(publicUrl),
    })
    return registrationInfo && { ...registrationInfo.credential, challenge: answered }
  } catch (error) {
    return undefinedUnlessFailure(error)
  }
}

/** @returns undefined: it is not what was asked for, or was not made with that passkey */
export async function readShown(
  { id, rawId, response }: PasskeySignIn['response'],
  passkey: PasskeyRow,
  publicUrl: string,
  isGood: (challenge: string) => boolean,
): Promise<{ counter: number; challenge: string } | undefined> {
  const { clientDataJSON, authenticatorData, signature } = response
  let answered = ''
  try {
    const { verified, authenticationInfo } = await (await webAuthn()).verifyAuthenticationResponse({
      response: { ...common, id, rawId, response: { clientDataJSON, authenticatorData, signature } },
      expectedChallenge(challenge) {
        answered = challenge
        return isGood(challenge)
      },
      expectedOrigin: publicUrl,
      expectedRPID: hostOf(publicUrl),
      credential: {
        id: passkey.passkey_id,
        publicKey: new Uint8Array(Buffer.from(passkey.public_key, 'base64url')),
        counter: passkey.counter,
      },
    })
    return verified ? { counter: authenticationInfo.newCounter, challenge: answered } : undefined
  } catch (error) {
    return undefinedUnlessFailure(error)
  }
}

/** Extensions are not asked for. */
const common = { type: 'public-key', clientExtensionResults: {} } as const

/**
 * No attestation is asked for, so none need be checked. A certificate names addresses where its revocation is told, and
 * checking it would have the relay call them: whoever can sign in could have it call anything.
 */
async function mustBringNoCertificate(attestationObject: string): Promise<void> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers')
  const attestation = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')))
  const format = attestation.get('fmt')
  if (format === 'none' || (format === 'packed' && attestation.get('attStmt').get('x5c') === undefined)) return
  throw new Error('It brings a certificate.')
}

/** The library tells by throwing what is wrong; whoever made it up is told no more than that. */
function undefinedUnlessFailure(error: unknown): undefined {
  if (error instanceof Failure) throw error
}
