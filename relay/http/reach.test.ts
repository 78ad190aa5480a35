/** What a caller reaches: each question, asked of everybody who may call. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actsAsAdmin, askerOf, has, homeOf, mayCall, reaches, tenantOf } from './reach.ts'
import type { Caller } from './route.ts'

const user = (isRelayAdmin: boolean): Caller => ({
  ...{ kind: 'user', userId: 'u', account: 'acme', role: 'viewer', isRelayAdmin, session: 's' },
  ...{ provenAt: 0, hasFactor: false, secondFactor: 'fine' },
  scopes: new Set(['devices:read'] as const),
})
const callers: Record<string, Caller> = {
  admin: { kind: 'admin' },
  key: { kind: 'key', keyId: 'k', account: 'acme', scopes: new Set(['devices:read'] as const) },
  user: user(false),
  'relay admin': user(true),
  device: { kind: 'device', device: 'd', account: 'acme' },
  nobody: { kind: 'nobody' },
}

const ask = (question: (caller: Caller) => unknown) =>
  Object.fromEntries(Object.entries(callers).map(([who, caller]) => [who, question(caller)]))

const everybody = (value: unknown) => ask(() => value)

test('who acts as the admin key does sees every account, a key and a user their own, a device and nobody none', () => {
  const asAdmin = { ...everybody(false), admin: true, 'relay admin': true }
  assert.deepEqual(ask(actsAsAdmin), asAdmin)
  assert.deepEqual(
    ask((caller) => reaches(caller, 'rivals')),
    asAdmin,
  )
  assert.deepEqual(
    ask((caller) => reaches(caller, 'acme')),
    { ...asAdmin, key: true, user: true },
  )
  assert.deepEqual(ask(tenantOf), { ...everybody(undefined), key: 'acme', user: 'acme' })
})

test('what is made without an account becomes theirs who made it', () => {
  const own = { key: 'acme', user: 'acme', 'relay admin': 'acme' }
  assert.deepEqual(ask(homeOf), { ...everybody('default'), ...own })
})

test('each is counted by a name of their own', () => {
  const names = {
    admin: 'admin',
    key: 'k',
    user: 'user u',
    'relay admin': 'user u',
    device: 'device',
    nobody: 'nobody',
  }
  assert.deepEqual(ask(askerOf), names)
})

test('a right is had or not had; who acts as the admin key does needs none, and a route for users lets no key in', () => {
  const asAdmin = { admin: true, 'relay admin': true }
  assert.deepEqual(
    ask((caller) => mayCall('devices:read', caller)),
    {
      ...everybody(false),
      ...asAdmin,
      ...{ key: true, user: true },
    },
  )
  assert.deepEqual(
    ask((caller) => mayCall('users:write', caller)),
    { ...everybody(false), ...asAdmin },
  )
  assert.deepEqual(
    ask((caller) => mayCall('admin', caller)),
    { ...everybody(false), ...asAdmin },
  )
  assert.deepEqual(
    ask((caller) => mayCall('user', caller)),
    { ...everybody(false), user: true, 'relay admin': true },
  )
  assert.deepEqual(
    ask((caller) => mayCall('device', caller)),
    { ...everybody(false), device: true },
  )
  assert.deepEqual(
    ask((caller) => mayCall('anybody', caller)),
    everybody(true),
  )
  const readers = { key: true, user: true, 'relay admin': true }
  assert.deepEqual(
    ask((caller) => has(caller, 'devices:read')),
    { ...everybody(false), ...readers },
  )
})
