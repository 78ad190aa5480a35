/** Made-up jobs and supplies of devices, for records that tests fill. */
import type { Tables } from '../tables.ts'

export type Row = Record<string, string | number | null>
export type Add = (table: keyof Tables, rows: readonly Row[]) => Promise<unknown>

/** A job for each of these devices, and its document. */
export async function addJobs(add: Add, ids: readonly string[], at: number, text: string): Promise<void> {
  await add(
    'job',
    ids.map((device) => ({
      ...{ job_id: device, account: 'account-1', device, number: 1, name: text, state: 'waiting', held_for: null },
      ...{ cancel_asked: 0, priority: 50, ticket: '{}', states: '[]', pages_done: null, reason: text, bytes: 9 },
      ...{ format: 'application/pdf', digest: device, digest_until: null, abilities_version: null, sent_by: '{}' },
      ...{
        user_name: text,
        for_user: null,
        for_name: text,
        created_at: at,
        expires_at: at,
        changed_at: at,
        due: 1,
        key_owner: null,
      },
      ...{ idempotency_key: null, fingerprint: null, holder: text },
    })),
  )
  await add(
    'job_number',
    ids.map((device) => ({ device, last: 1 })),
  )
  await add(
    'output_device',
    ids.map((device) => ({ device, uuid: text, heard_at: at, attributes: text, identify_at: at })),
  )
  await add(
    'output_subscription',
    ids.map((device) => ({
      ...{ device, number: 1, events: '[]', lease_until: at, asked_at: at, sequence: 1, told: '{}', untaken: '[]' },
    })),
  )
  await add(
    'document',
    ids.map((device) => ({ digest: device, blob: device, bytes: 9, created_at: at })),
  )
}

/** A program for each of these devices, launched there; the webhooks of `addSupplies` are where they are called. */
export async function addPrograms(add: Add, ids: readonly string[], at: number, text: string): Promise<void> {
  await add(
    'program',
    ids.map((device) => ({
      ...{ account: 'account-1', program: device, title: text, description: text, asks: '[]', tag: text },
      ...{ webhook_id: device, created_at: at },
    })),
  )
  await add(
    'launch',
    ids.map((device) => ({
      ...{ launch_id: device, account: 'account-1', program: device, device, asks: '[]' },
      ...{ information: JSON.stringify(text), created_at: at, launched_at: at },
      ...{ run_at: at, outcome: 'failed', reason: text },
    })),
  )
}

/** A subscription to each of these devices, something ordered of it, and on its way. */
export async function addSupplies(add: Add, ids: readonly string[], at: number, text: string): Promise<void> {
  const account = 'account-1'
  const one = (row: (device: string) => Row) => ids.map(row)
  await add(
    'webhook',
    one((device) => ({ webhook_id: device, account, url: 'https://a.example', version: 1, rotated_at: null })),
  )
  await add(
    'webhook_message',
    one((device) => ({
      ...{
        message_id: device,
        webhook_id: device,
        account,
        body: JSON.stringify(text),
        state: 'waiting',
        created_at: at,
      },
      ...{ next_at: at, tries: 1, lease: null, leased_until: 0 },
    })),
  )
  await add(
    'webhook_try',
    one((device) => ({ message_id: device, number: 1, at, status: null, error: text })),
  )
  await add(
    'reading',
    one((device) => ({ account, device, object: 'toner.black', at, until_at: at, value: '7', source: 'poll' })),
  )
  await add(
    'look',
    one((device) => ({ device, due_at: at })),
  )
  await add(
    'consent',
    one((device) => ({ device, given_by: text, given_at: at })),
  )
  await add(
    'subscription',
    one((device) => ({
      ...{ subscription_id: device, account, name: text, device, conditions: '[]', webhook_id: device },
      ...{ paused: 0, created_at: at },
    })),
  )
  await add(
    'watch',
    one((device) => ({ subscription_id: device, device, state: '{}' })),
  )
  await add(
    'supply_order',
    one((device) => ({
      ...{ order_id: device, subscription_id: device, account, device, object: 'toner.black', life: 1 },
      ...{ value: '7', reasons: JSON.stringify([text]) },
      ...{ facts: JSON.stringify([text]), created_at: at },
    })),
  )
}
