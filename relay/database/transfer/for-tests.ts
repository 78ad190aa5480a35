/** A record full of made-up devices and their history, as large as one likes. For tests only. */
import { createSeededRandom } from '@fairlead/base'
import type { Database } from '../database.ts'
import { prepareForMany } from '../prepared.ts'
import type { Tables } from '../tables.ts'
import { addJobs, addPrograms, addSupplies, type Row } from './rooms-stand.ts'

/** Texts that have been a trouble somewhere: quotes, line ends, other scripts, what JSON escapes. */
const texts = ['Büro "2"\\', "O'Brien\n\t", '印刷機 🖨', '\u2028 \u200f', '{"a":[1]}', '', '\ufeffbom', '\u007f']

/** Devices with credentials, objects and events of their own; requests and a journal; and what a process holds. */
export async function fillRecord({ write }: Database, devices: number): Promise<void> {
  const random = createSeededRandom(5)
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random.fraction() * items.length)] as Item
  const number = (below: number) => Math.floor(random.fraction() * below)
  const accounts = Array.from({ length: 20 }, (_, at) => `account-${at}`)
  const add = (table: keyof Tables, rows: readonly Row[]) => write(({ sql }) => inserts[table](sql, rows as never))
  const at = 1_764_000_000_000

  await add(
    'account',
    accounts.map((id) => ({ id, name: pick(texts), created_at: at, require_second_factor: number(2) })),
  )
  await add(
    'api_key',
    accounts.map((account) => ({
      key_id: account.slice(-8),
      account,
      name: null,
      hash: 'h',
      scopes: '[]',
      created_at: at,
      expires_at: null,
      last_used_at: at,
    })),
  )
  const users = accounts.map((account) => `user of ${account}`)
  await add(
    'account_user',
    users.map((user_id, at) => userRow(user_id, accounts[at] ?? '', pick(texts), number(1e9))),
  )
  await add(
    'user_session',
    users.map((user_id) => ({
      ...{ key: random.token(32), user_id, created_at: at, seen_at: at, proven_at: at, factor_at: null },
      ...{ network: '192.0.2.7', browser: pick(texts) },
    })),
  )
  await add(
    'invitation',
    accounts.map((account) => ({
      ...{ invitation_id: random.token(12), account, email: pick(texts), role: 'viewer', hash: random.token(32) },
      ...{ invited_by: 'admin', created_at: at, expires_at: at + number(1e9) },
    })),
  )
  await add(
    'recovery_code',
    users.map((user_id) => ({ user_id, hash: random.token(32) })),
  )
  await add(
    'app_password',
    users.map((user_id) => ({
      ...{ app_password_id: random.token(12), user_id, name: pick(texts), hash: random.token(32) },
      ...{ created_at: at, last_used_at: pick([null, at]) },
    })),
  )
  await add(
    'release_code',
    users.map((user_id, index) => ({
      ...{ release_code_id: random.token(12), user_id, account: accounts[index] ?? '', kind: pick(['pin', 'badge']) },
      ...{ name: pick(texts), hash: random.token(32), created_at: at, last_used_at: pick([null, at]) },
    })),
  )
  await add(
    'passkey',
    users.map((user_id) => ({
      ...{ passkey_id: random.token(16), user_id, name: pick(texts), public_key: random.token(64) },
      ...{ counter: number(1e9), created_at: at, last_used_at: pick([null, at]) },
    })),
  )
  await add(
    'password_reset',
    users.map((user_id) => ({
      ...{ user_id, hash: random.token(32), ends_factor: number(2), made_by: 'admin' },
      ...{ created_at: at, expires_at: at + number(1e9) },
    })),
  )
  await add(
    'oidc_identity',
    users.map((user_id) => ({
      ...{ issuer: 'https://id.example', subject: random.token(9), user_id: pick([null, user_id]) },
      ...{ created_at: at, last_used_at: pick([null, at]) },
    })),
  )
  await add(
    'removed_user',
    accounts.map((account) => ({ account, email_hash: random.token(32), removed_at: at })),
  )
  await add(
    'saved_view',
    users.map((user_id, index) => ({
      ...{ view_id: random.token(16), account: accounts[index] ?? '', user_id: pick([null, user_id]) },
      ...{ name: pick(texts), search: pick(texts), changed_at: at + index },
    })),
  )
  await add('spent_challenge', [{ challenge: random.token(40), until: at }])
  await add('setting', [
    { name: 'admin-key-hash', value: 'f'.repeat(64) },
    { name: 'a-secret', value: random.token(32) },
  ])
  await add(
    'claim_try',
    accounts.map((who) => ({ try_id: random.token(12), who, at })),
  )
  await add('node', [
    {
      number: 3,
      incarnation: 'x',
      home: 'h',
      name: 'host',
      version: '0',
      schema: 3,
      state: 'serving',
      started_at: at,
      seen_at: at,
    },
  ])

  const step = 1000
  for (let from = 0; from < devices; from += step) {
    const ids = Array.from({ length: Math.min(step, devices - from) }, (_, more) => `device-${from + more}`)
    await add(
      'device',
      ids.map((id) => deviceRow(id, pick(accounts), pick(texts), at + number(1e9))),
    )
    await add(
      'device_credential',
      ids.map((device) => credentialRow(device, random.token(64), at)),
    )
    await add(
      'device_object',
      ids.flatMap((device) =>
        ['name', 'location', '1.3.6.1.2.1.43.10.2.1.4.1.1'].map((name) => ({
          device,
          name,
          value: JSON.stringify(pick(texts)),
          at: at + number(1e9),
        })),
      ),
    )
    await add(
      'device_event',
      ids.map((device) => ({ device, id: random.token(9), at: at + number(1e9) })),
    )
    await add(
      'session',
      ids.slice(0, 5).map((device) => ({ device, key: random.token(9), epoch: number(9), state: '{}', node: 3 })),
    )
    await add(
      'request',
      ids.map((device) => requestRow(random.token(16), device, pick(texts), at + number(1e9))),
    )
    const codes = ids.map((device) => ({ device, code: random.token(32), model: pick(texts) }))
    await add(
      'factory_code',
      codes.map((code) => ({ ...code, added_at: at })),
    )
    await add(
      'target',
      codes.map((code) => ({ ...code, network: '192.0.2.1', created_at: at, seen_at: at, claim_id: code.device })),
    )
    await add(
      'pairing',
      ids.slice(0, 50).map((device) => ({
        ...{ pairing_id: random.token(16), device, pin: random.token(32), token: random.token(32), tries: number(5) },
        ...{ local_url: 'http://192.168.1.20/', addresses: '["192.168.1.20/24"]', seen: '[]', veiled: 0 },
        ...{ network: '192.0.2.1', created_at: at, expires_at: at, phase: 'waiting', doubts: '[]' },
        ...{
          refused_check: pick([null, 'pin']),
          refused_at: pick([null, at]),
          account: 'account-1',
          asker: pick(texts),
        },
      })),
    )
    await add(
      'claim',
      ids.map((device) => ({
        ...{ claim_id: device, account: 'account-1', device, claimed_by: pick(texts), claimed_at: at, version: 1 },
        instructed_at: pick([null, at]),
      })),
    )
    await add(
      'walk_up',
      ids.slice(0, 5).map((device, index) => ({
        ...{ walk_up_id: random.token(18), device, account: 'account-1', token: random.token(32) },
        ...{ user_id: pick([null, users[index] ?? null]), created_at: at, expires_at: at },
      })),
    )
    await addJobs(add, ids.slice(0, 100), at + number(1e9), pick(texts))
    await addSupplies(add, ids.slice(0, 100), at + number(1e9), pick(texts))
    await addPrograms(add, ids.slice(0, 100), at + number(1e9), pick(texts))
    await write(async (tx) => {
      for (const device of ids)
        tx.tell({
          at: at + number(1e9),
          account: 'default',
          device,
          type: 'device.changed',
          data: JSON.stringify({ text: pick(texts) }),
          node: 3,
        })
      for (const device of ids)
        tx.audit({
          ...{ at: at + number(1e9), account: 'default', actor_kind: 'key', actor_id: 'a', action: 'device.enrolled' },
          ...{ device, request_id: null, subject: pick(texts), result: 'done', address: null, salt: random.token(12) },
        })
    })
  }
}

const insert = (table: keyof Tables) =>
  prepareForMany((sql, rows: readonly Row[]) => sql.insertInto(table).values(rows as never))
const names = [
  'account',
  'account_user',
  'api_key',
  'app_password',
  'audit',
  'audit_head',
  'claim',
  'claim_try',
  'consent',
  'device',
  'device_credential',
  'device_event',
  'device_object',
  'event',
  'factory_code',
  'document',
  'invitation',
  'job',
  'job_number',
  'journal_head',
  'launch',
  'look',
  'node',
  'oidc_identity',
  'output_device',
  'output_subscription',
  'pairing',
  'passkey',
  'password_reset',
  'program',
  'reading',
  'recovery_code',
  'release_code',
  'removed_user',
  'request',
  'saved_view',
  'session',
  'setting',
  'spent_challenge',
  'subscription',
  'supply_order',
  'target',
  'user_session',
  'walk_up',
  'watch',
  'webhook',
  'webhook_message',
  'webhook_try',
] as const satisfies readonly (keyof Tables)[]
const inserts = Object.fromEntries(names.map((name) => [name, insert(name)])) as Record<
  keyof Tables,
  ReturnType<typeof insert>
>

function userRow(userId: string, account: string, name: string, at: number): Row {
  const email = `${userId.replaceAll(' ', '.')}@Example.com`
  return {
    ...{
      user_id: userId,
      account,
      email,
      email_lower: email.toLowerCase(),
      name,
      role: 'admin',
      is_relay_admin: at % 2,
    },
    ...{ password: at % 3 === 0 ? null : '$argon2id$', totp_secret: 'sealed', totp_since: at, totp_step: null },
    ...{ created_at: at, last_signed_in_at: null },
  }
}

function deviceRow(id: string, account: string, model: string, at: number): Row {
  return {
    id,
    account,
    model,
    serial: id.toUpperCase(),
    serial_lower: id,
    tags: '["3rd floor"]',
    registration: 'enrolled',
    capabilities: JSON.stringify({ model, features: ['color', 'duplex'] }),
    created_at: at,
    registered_at: null,
    state: 'online',
    state_since_at: at,
    reason: null,
    last_seen_at: at,
    address: '192.0.2.1',
    transport: 'bosh',
    epoch: 7,
    node: 3,
  }
}

function credentialRow(device: string, text: string, at: number): Row {
  const keys = {
    salt: text.slice(0, 24),
    sha1_stored: text.slice(0, 28),
    sha1_server: text.slice(1, 29),
    sha256_stored: text.slice(0, 44),
    sha256_server: text.slice(2, 46),
  }
  return { device, version: 1, iterations: 4096, ...keys, created_at: at, good_until: null, used_at: at }
}

function requestRow(requestId: string, device: string, text: string, at: number): Row {
  return {
    request_id: requestId,
    device,
    account: 'account-1',
    kind: 'set',
    outcome: at % 3 === 0 ? 'pending' : 'answered',
    code: null,
    body: JSON.stringify({ set: { location: text } }),
    accepted_at: at,
    sent_at: at % 2 === 0 ? at : null,
    acknowledged_at: null,
    answered_at: null,
    answer: JSON.stringify({ values: { location: text } }),
    keep_until: at + 86_400_000,
    deliver_until: null,
    key_owner: 'key',
    idempotency_key: requestId,
    fingerprint: 'f'.repeat(64),
    place: at % 9,
    node: 3,
  }
}
