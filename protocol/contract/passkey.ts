/** Passkeys (WebAuthn): what browsers make and show, as their `toJSON` writes it. */
import { z } from 'zod'
import { line, Timestamp } from './text.ts'

const Base64Url = z
  .string()
  .min(1)
  .max(16_384)
  .regex(/^[A-Za-z0-9_-]+$/, 'Must be base64url')

/** What is not looked at may be there: browsers add to it with each version. */
function shown<Shape extends z.ZodRawShape>(response: Shape) {
  return z.looseObject({
    id: Base64Url,
    rawId: Base64Url,
    response: z.looseObject({ clientDataJSON: Base64Url, ...response }),
    type: z.literal('public-key'),
    clientExtensionResults: z.looseObject({}),
  })
}

/** For `navigator.credentials`, by `PublicKeyCredential.parseCreationOptionsFromJSON` and its like. */
export const PasskeyOptions = z.looseObject({ challenge: z.string() }).meta({ id: 'PasskeyOptions' })

/** `POST /v1/session/passkeys` */
export const NewPasskey = z.strictObject({
  name: line(128).meta({ description: 'For people: which one it is' }),
  response: shown({ attestationObject: Base64Url }),
})
export type NewPasskey = z.infer<typeof NewPasskey>

/** What `navigator.credentials.get` gives. */
export const ShownPasskey = shown({ authenticatorData: Base64Url, signature: Base64Url })

export type ShownPasskey = z.infer<typeof ShownPasskey>

/** `POST /v1/session/passkey` */
export const PasskeySignIn = z.strictObject({ response: ShownPasskey })
export type PasskeySignIn = z.infer<typeof PasskeySignIn>

export const Passkey = z
  .object({ passkeyId: z.string(), name: z.string(), createdAt: Timestamp, lastUsedAt: Timestamp.nullable() })
  .meta({ id: 'Passkey' })
export type Passkey = z.infer<typeof Passkey>

export const PasskeyParams = z.object({ passkeyId: z.string() })
