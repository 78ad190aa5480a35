/** Single sign-on: which ways of signing in there are, and why one by the provider came to nothing. */
import { z } from 'zod'

/** `GET /v1/session/ways` */
export const SignInWays = z
  .object({
    password: z.boolean(),
    passkey: z.boolean().meta({ description: 'False where the relay has no name but an address' }),
    oidc: z
      .object({ name: z.string() })
      .nullable()
      .meta({ description: 'The provider, as a button names it; begun by going to `/v1/session/oidc`' }),
  })
  .meta({ id: 'SignInWays' })
export type SignInWays = z.infer<typeof SignInWays>

/** `POST /v1/session/oidc/link` */
export const OidcStart = z.object({ url: z.string().meta({ description: 'Go there' }) }).meta({ id: 'OidcStart' })
export type OidcStart = z.infer<typeof OidcStart>
