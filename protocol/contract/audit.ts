/** The audit log: who did what, when, from where and with what result (S-M4). */
import { z } from 'zod'
import { AccountId } from './account.ts'
import { DeviceParams } from './device.ts'
import { pageQuery } from './page.ts'
import { Timestamp } from './text.ts'

export const AuditAction = z.enum([
  'account.changed',
  'account.made',
  'admin-key.made',
  'admin-key.replaced',
  'audit.lost',
  'audit.trimmed',
  'claim.instructed',
  'claim.made',
  'claim.page-asked',
  'claim.refused',
  'claim.word-tried',
  'consent.given',
  'consent.withdrawn',
  'device.changed',
  'device.cloned-credential',
  'device.enrolled',
  'device.released',
  'device.removed',
  'device.reset-asked',
  'device.reset-refused',
  'device.rotated',
  'device.stray-answer',
  'factory-list.added',
  'invitation.removed',
  'job.cancelled',
  'job.changed',
  'job.made',
  'job.made-again',
  'key.made',
  'key.revoked',
  'launch.made',
  'launch.removed',
  'order.made',
  'pairing.made',
  'pairing.pressed',
  'pairing.refused',
  'pairing.spent',
  'program.changed',
  'program.made',
  'program.removed',
  'program.rotated',
  'release-code.made',
  'release-code.removed',
  'request.accepted',
  'request.finished',
  'subscription.changed',
  'subscription.made',
  'subscription.removed',
  'subscription.rotated',
  'user.app-password-made',
  'user.app-password-removed',
  'user.changed',
  'user.factor-off',
  'user.factor-on',
  'user.invited',
  'user.made',
  'user.oidc-linked',
  'user.oidc-unlinked',
  'user.passkey-added',
  'user.passkey-removed',
  'user.password-changed',
  'user.password-reset',
  'user.proved',
  'user.removed',
  'user.reset-made',
  'user.sessions-ended',
  'user.sign-in-refused',
  'user.signed-in',
  'walk-up.confirmed',
  'walk-up.made',
  'walk-up.refused',
])
export type AuditAction = z.infer<typeof AuditAction>

/** `nobody`: whoever failed to sign in. */
const actorKinds = ['admin', 'key', 'user', 'device', 'relay', 'nobody'] as const

export const AuditActor = z.object({
  kind: z.enum(actorKinds),
  id: z.string().optional().meta({ description: 'Of the key, user or device' }),
})
export type AuditActor = z.infer<typeof AuditActor>

const hash = z.string().regex(/^[0-9a-f]{64}$/)

/** What is not known or does not apply is left out. No payload is ever in it. */
export const AuditEntry = z
  .object({
    seq: z.int().min(1),
    at: Timestamp,
    account: z.string().optional().meta({ description: 'Whose it is; left out: the relay’s own' }),
    actor: AuditActor,
    action: AuditAction,
    device: z.string().optional(),
    requestId: z.string().optional(),
    subject: z.string().optional().meta({
      description:
        'The ID of the key, user, claim, pairing, subscription, order, program, launch or account that it is about',
    }),
    result: z.string().meta({ description: '`done`, or the code of the refusal' }),
    address: z
      .string()
      .optional()
      .meta({ description: 'Where the actor called from, as seen through trusted proxies' }),
    salt: z.string().meta({ description: 'Chance, so that nobody guesses an entry from its digest' }),
    previous: hash.meta({ description: '`hash` of the entry before; of the first: 64 zeros' }),
    hash: hash.meta({
      description:
        'SHA-256 of `previous` and the digest; that is the SHA-256 of the entry without `previous` and `hash`, as canonical JSON (RFC 8785)',
    }),
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntry = z.infer<typeof AuditEntry>

export const AuditQuery = z.strictObject({
  account: AccountId.optional(),
  device: DeviceParams.shape.id.optional(),
  actor: z
    .string()
    .regex(new RegExp(`^(${actorKinds.join('|')})(:.{1,128})?$`))
    .optional()
    .meta({ description: 'A kind, or a kind and an ID: `admin`, `key:abcd1234`' }),
  action: AuditAction.optional(),
  from: z.iso.datetime({ offset: true }).optional().meta({ description: 'Not before this moment' }),
  to: z.iso.datetime({ offset: true }).optional().meta({ description: 'Before this moment' }),
  ...pageQuery,
})
export type AuditQuery = z.infer<typeof AuditQuery>
