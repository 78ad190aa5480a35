/** Signatures of webhooks (Standard Webhooks 1.0): the secret of each is derived from a key of this relay, and stored nowhere. */
import { hkdfSync } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { WebhookRow } from '../database/supply-tables.ts'

export interface Signing {
  /** `whsec_` and base64, as receivers' libraries take it: the same each time it is asked for. */
  secretOf(webhook: Pick<WebhookRow, 'webhook_id' | 'version'>): string
  /** The headers of one delivery. For a day after a rotation both secrets are good: it is signed with each. */
  headersFor(webhook: WebhookRow, messageId: string, body: string, nowMs: number): Record<string, string>
}

const secretBytes = 32
const overlapMs = 24 * 3_600_000

export function createSigning(key: Uint8Array): Signing {
  const secretOf: Signing['secretOf'] = ({ webhook_id, version }) =>
    `whsec_${Buffer.from(hkdfSync('sha256', key, webhook_id, `webhook secret ${version}`, secretBytes)).toString('base64')}`

  return {
    secretOf,
    headersFor(webhook, messageId, body, nowMs) {
      const { version, rotated_at } = webhook
      const overlaps = rotated_at !== null && nowMs < rotated_at + overlapMs
      const versions = overlaps ? [version, version - 1] : [version]
      const at = new Date(nowMs)
      const signatures = versions.map((each) =>
        new Webhook(secretOf({ ...webhook, version: each })).sign(messageId, at, body),
      )
      return {
        'content-type': 'application/json',
        'user-agent': 'Fairlead',
        'webhook-id': messageId,
        'webhook-timestamp': String(Math.floor(nowMs / 1000)),
        'webhook-signature': signatures.join(' '),
      }
    },
  }
}
