/** Accounts, the keys that let services in, and the admin's own. */
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Code, createHandClock, Failure, silentLog, systemRandom, UsageError } from '@fairlead/base'
import { allScopes } from '@fairlead/protocol/contract'
import { openDatabase } from '../database/database.ts'
import { placeIn, storedIn, temporaryFolder } from '../database/for-tests.ts'
import type { Caller } from '../http/route.ts'
import { type AccountsNeeds, openAccounts } from './accounts.ts'

const admin: Caller = { kind: 'admin' }
const page = { limit: 50 }

async function open(folder: string, more: Partial<AccountsNeeds> = {}) {
  await using opening = new AsyncDisposableStack()
  const clock = createHandClock()
  const database = opening.use(await openDatabase(await placeIn(folder)))
  const revoked: string[] = []
  const accounts = opening.use(
    await openAccounts({
      database,
      dataFolder: folder,
      clock,
      random: systemRandom,
      log: silentLog,
      onKeyRevoked: (keyId) => revoked.push(keyId),
      audit() {},
      ...more,
    }),
  )
  const opened = opening.move()
  return { clock, database, accounts, revoked, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

const refusal = (code: Code) => (error: unknown) => error instanceof Failure && error.code === code

test('the account default is there from the start', async () => {
  using folder = temporaryFolder()
  await using world = await open(folder.path)
  assert.deepEqual(
    world.accounts.list(page).items.map(({ id, name }) => ({ id, name })),
    [{ id: 'default', name: null }],
  )
})

test('an account is made once; the second time is account-exists', async () => {
  using folder = temporaryFolder()
  await using world = await open(folder.path)
  const made = await world.accounts.create(admin, { id: 'acme', name: 'Acme Ltd.' })
  assert.deepEqual(made, {
    id: 'acme',
    name: 'Acme Ltd.',
    createdAt: new Date(world.clock.wallNow()).toISOString(),
    requireSecondFactor: false,
  })
  await assert.rejects(world.accounts.create(admin, { id: 'acme' }), refusal('account-exists'))
  const both = await Promise.allSettled([
    world.accounts.create(admin, { id: 'b' }),
    world.accounts.create(admin, { id: 'b' }),
  ])
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  assert.deepEqual(
    world.accounts.list(page).items.map(({ id }) => id),
    ['acme', 'b', 'default'],
  )
})

test('accounts and keys are there after a restart', async () => {
  using folder = temporaryFolder()
  let key: string
  {
    await using world = await open(folder.path)
    await world.accounts.create(admin, { id: 'acme' })
    key = (await world.accounts.keys.create(admin, { account: 'acme', scopes: ['devices:read'] })).key
    world.accounts.findCaller(key)
  }
  await using world = await open(folder.path)
  assert.ok(world.accounts.exists('acme'))
  const caller = world.accounts.findCaller(key)
  assert.ok(caller?.kind === 'key')
  assert.deepEqual([caller.account, [...caller.scopes]], ['acme', ['devices:read']])
  assert.notEqual(world.accounts.keys.list(admin, page).items[0]?.lastUsedAt, null)
})

test('the admin key is made at the first start, told once and kept in a file for its owner alone', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'admin-key')
  let made: string
  {
    await using world = await open(folder.path)
    made = world.accounts.adminKeyMade ?? ''
    assert.match(made, /^[A-Za-z0-9_-]{43}$/)
    assert.equal(readFileSync(path, 'utf8'), `${made}\n`)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.deepEqual(world.accounts.findCaller(made), admin)
    assert.equal(world.accounts.findCaller(`${made}x`), undefined)
  }
  await using world = await open(folder.path)
  assert.equal(world.accounts.adminKeyMade, undefined)
  assert.deepEqual(world.accounts.findCaller(made), admin)
})

test('another admin key replaces the one before, in the file as well, and is told to the audit log once', async () => {
  using folder = temporaryFolder()
  const told: string[] = []
  const audit: AccountsNeeds['audit'] = (_tx, { action, actor }) => void told.push(`${action} by ${actor.kind}`)
  let made: string
  {
    await using world = await open(folder.path, { audit })
    made = world.accounts.adminKeyMade ?? ''
  }
  const given = 'correct-horse-battery'
  for (const adminKey of [given, given, undefined]) {
    await using world = await open(folder.path, { adminKey, audit })
    assert.equal(world.accounts.adminKeyMade, undefined)
    assert.deepEqual(world.accounts.findCaller(given), admin)
    assert.equal(world.accounts.findCaller(made), undefined)
  }
  assert.equal(readFileSync(join(folder.path, 'admin-key'), 'utf8'), `${given}\n`)
  assert.deepEqual(told, ['admin-key.made by relay', 'admin-key.replaced by relay'])
})

for (const adminKey of [
  'x'.repeat(15),
  'x'.repeat(129),
  ' a space at one end',
  'with-ümlauts-inside',
  'with-a-\n-new-line',
])
  test(`the admin key ${JSON.stringify(adminKey.slice(0, 20))} is refused`, async () => {
    using folder = temporaryFolder()
    await assert.rejects(open(folder.path, { adminKey }), (error) => error instanceof UsageError)
  })

test('S-A6 the hashes of keys are on disk, never the keys', async () => {
  using folder = temporaryFolder()
  let secrets: string[]
  {
    await using world = await open(folder.path)
    const { key } = await world.accounts.keys.create(admin, { account: 'default' })
    secrets = [key, key.slice(12), world.accounts.adminKeyMade ?? '']
  }
  const bytes = storedIn(await placeIn(folder.path))
  for (const secret of secrets) assert.ok(secret.length > 40 && !bytes.includes(secret))
})

test('a key has the form of the contract and all scopes if none are named', async () => {
  using folder = temporaryFolder()
  await using world = await open(folder.path)
  const made = await world.accounts.keys.create(admin, { account: 'default', name: 'toner shop' })
  assert.match(made.key, /^fl_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}$/)
  assert.equal(made.key.slice(3, 11), made.keyId)
  assert.deepEqual(made.scopes, allScopes)
  assert.deepEqual([made.name, made.account, made.expiresAt, made.lastUsedAt], ['toner shop', 'default', null, null])
})

test('a wrong, half or foreign key is nobody', async () => {
  using folder = temporaryFolder()
  await using world = await open(folder.path)
  const { key } = await world.accounts.keys.create(admin, { account: 'default' })
  const other = key.endsWith('A') ? 'B' : 'A'
  for (const bearer of ['', 'fl_', key.slice(0, -1), `${key}A`, key.slice(0, -1) + other, key.toUpperCase(), ` ${key}`])
    assert.equal(world.accounts.findCaller(bearer), undefined, bearer)
})

test('S-A6 an expired key is dead from that moment on', async () => {
  using folder = temporaryFolder()
  await using world = await open(folder.path)
  const expiresAt = new Date(world.clock.wallNow() + 60_000).toISOString()
  const { key } = await world.accounts.keys.create(admin, { account: 'default', expiresAt })
  const caller = world.accounts.findCaller(key)
  assert.ok(caller && world.accounts.isStillGood(caller))
  world.clock.pass(60_000)
  assert.equal(world.accounts.findCaller(key), undefined)
  assert.equal(world.accounts.isStillGood(caller), false)
})

test('R-11 a clock that is set back does not bring an expired key to life again', async () => {
  using folder = temporaryFolder()
  let setBackMs = 0
  const hand = createHandClock()
  const clock = { ...hand, wallNow: () => hand.wallNow() - setBackMs }
  await using world = await open(folder.path, { clock })
  const expiresAt = new Date(clock.wallNow() + 60_000).toISOString()
  const { key } = await world.accounts.keys.create(admin, { account: 'default', expiresAt })
  hand.pass(30_000)
  setBackMs = 3_600_000
  assert.ok(world.accounts.findCaller(key), 'it has half a minute left')
  hand.pass(30_000)
  assert.equal(world.accounts.findCaller(key), undefined)
})

test('a key that would have expired already is invalid-request', async () => {
  using folder = temporaryFolder()
  await using world = await open(folder.path)
  const expiresAt = new Date(world.clock.wallNow()).toISOString()
  await assert.rejects(world.accounts.keys.create(admin, { account: 'default', expiresAt }), refusal('invalid-request'))
})

test('S-A6 a revoked key is dead at once, on disk too, and what it holds open is told', async () => {
  using folder = temporaryFolder()
  let key: string
  {
    await using world = await open(folder.path)
    const made = await world.accounts.keys.create(admin, { account: 'default' })
    key = made.key
    const caller = world.accounts.findCaller(key)
    const revoking = world.accounts.keys.revoke(admin, made.keyId)
    assert.equal(world.accounts.findCaller(key), undefined)
    assert.ok(caller && !world.accounts.isStillGood(caller))
    assert.deepEqual(world.revoked, [made.keyId])
    await revoking
    await assert.rejects(world.accounts.keys.revoke(admin, made.keyId), refusal('not-found'))
  }
  await using world = await open(folder.path)
  assert.equal(world.accounts.findCaller(key), undefined)
})

async function twoTenants(folder: string) {
  const world = await open(folder)
  await world.accounts.create(admin, { id: 'acme' })
  await world.accounts.create(admin, { id: 'rival' })
  const { keys } = world.accounts
  const acme = await keys.create(admin, { account: 'acme', scopes: ['keys:write', 'devices:read'] })
  const rival = await keys.create(admin, { account: 'rival' })
  const caller = world.accounts.findCaller(acme.key)
  assert.ok(caller)
  return { ...world, keys, acme, rival, caller }
}

test('a key makes keys for its own account only, another account is as unknown as none', async () => {
  using folder = temporaryFolder()
  await using world = await twoTenants(folder.path)
  const scopes = ['devices:read' as const]
  assert.equal((await world.keys.create(world.caller, { account: 'acme', scopes })).account, 'acme')
  await assert.rejects(world.keys.create(world.caller, { account: 'rival', scopes }), refusal('not-found'))
  await assert.rejects(world.keys.create(world.caller, { account: 'nobody', scopes }), refusal('not-found'))
  await assert.rejects(world.keys.create(admin, { account: 'nobody' }), refusal('not-found'))
})

test('a key gives no scope that it does not have', async () => {
  using folder = temporaryFolder()
  await using world = await twoTenants(folder.path)
  await assert.rejects(
    world.keys.create(world.caller, { account: 'acme', scopes: ['devices:write'] }),
    refusal('forbidden'),
  )
  await assert.rejects(world.keys.create(world.caller, { account: 'acme' }), refusal('forbidden'))
})

test('a key sees and revokes the keys of its own account only', async () => {
  using folder = temporaryFolder()
  await using world = await twoTenants(folder.path)
  const seen = (caller: Caller, account?: string) =>
    world.keys.list(caller, { ...page, account }).items.map(({ keyId }) => keyId)
  assert.deepEqual(seen(world.caller), [world.acme.keyId])
  assert.deepEqual(seen(world.caller, 'rival'), [])
  assert.deepEqual(seen(admin).sort(), [world.acme.keyId, world.rival.keyId].sort())
  assert.deepEqual(seen(admin, 'rival'), [world.rival.keyId])
  await assert.rejects(world.keys.revoke(world.caller, world.rival.keyId), refusal('not-found'))
  assert.ok(world.accounts.findCaller(world.rival.key))
})

test('a list of keys shows nothing that opens a door', async () => {
  using folder = temporaryFolder()
  await using world = await twoTenants(folder.path)
  const shown = JSON.stringify(world.keys.list(admin, page))
  assert.ok(!shown.includes(world.acme.key.slice(12)) && !shown.includes('hash'))
})

test('S-A6 when a key was last used is written behind, about once a minute', async () => {
  using folder = temporaryFolder()
  await using world = await open(folder.path)
  const { key } = await world.accounts.keys.create(admin, { account: 'default' })
  world.accounts.findCaller(key)
  const usedAtMs = world.clock.wallNow()
  world.clock.pass(60_000)
  // The next write commits after the one that the clock has started.
  await world.database.write(async () => {})
  const row = await world.database.read.selectFrom('api_key').select('last_used_at').executeTakeFirst()
  assert.equal(row?.last_used_at, usedAtMs)
})
