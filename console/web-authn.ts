/** Passkeys as the browser makes and shows them (WebAuthn Level 3). */
import type { NewPasskey, PasskeySignIn } from '@fairlead/protocol/contract'
import type { relay } from './relay.ts'

/** As the relay asks for one. */
type Asked = Awaited<ReturnType<typeof relay.session.beginPasskey>>

export function hasPasskeys(): boolean {
  return typeof PublicKeyCredential === 'function' && 'parseCreationOptionsFromJSON' in PublicKeyCredential
}

/** @throws {DOMException} the person did not, or may not */
export async function makePasskey(asked: Asked, name: string): Promise<NewPasskey> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked as never)
  return { name, response: written(await navigator.credentials.create({ publicKey })) as NewPasskey['response'] }
}

/** @throws {DOMException} the person did not, or has none for this relay */
export async function showPasskey(asked: Asked): Promise<PasskeySignIn> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked as never)
  return { response: written(await navigator.credentials.get({ publicKey })) as PasskeySignIn['response'] }
}

function written(credential: Credential | null): unknown {
  if (credential instanceof PublicKeyCredential) return credential.toJSON()
  throw new DOMException('The browser gave no passkey.', 'NotAllowedError')
}

/** Nothing went wrong: the person, or the browser for them, did not do it. */
export function notDone(error: unknown): boolean {
  return error instanceof DOMException
}
