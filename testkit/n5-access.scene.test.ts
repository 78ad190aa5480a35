/** N5: who may do what on a device is told to whoever sees it; names only to those who manage what bears them. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { DeviceAccess } from '@fairlead/protocol/contract'
import { cliFor } from '../cli/for-tests.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { invite } from './person.ts'
import { createService, type Service } from './service.ts'
import { until } from './until.ts'

const street = await openNeighbourhood({ relay: ['--webhook-networks', '127.0.0.0/8'] })
after(() => street[Symbol.asyncDispose]())
const { service, url } = street
const run = cliFor(street)

async function accessSeenBy(by: Service): Promise<DeviceAccess> {
  const { status, body } = await by.read('/v1/devices/lobby/access')
  assert.equal(status, 200, JSON.stringify(body))
  return Object(body)
}

/** A key of that account, as a caller and as the list names it. */
async function keyWith(scopes: string[], account = 'acme'): Promise<{ keyId: string; caller: Service }> {
  const { body } = await service.post('/v1/keys', { account, name: scopes.join(' '), scopes })
  const { keyId, key } = Object(body)
  return { keyId, caller: createService(url, key) }
}

await service.post('/v1/accounts', { id: 'acme' })
const worker = await keyWith(['devices:read', 'devices:write'])
const looker = await keyWith(['devices:read'])
const keeper = await keyWith(['devices:read', 'keys:write'])
const owner = await invite(url, service, { email: 'owner@example.com', role: 'owner', account: 'acme' })
const viewer = await invite(url, service, { email: 'viewer@example.com', role: 'viewer', account: 'acme' })
await invite(url, service, { email: 'rival@example.com', role: 'owner' })
await service.post('/v1/devices', { id: 'lobby', account: 'acme' })

test('N5 an owner sees everybody of the account by name, what each may, and when each changed something of the device last', async () => {
  await worker.caller.call('PATCH', '/v1/devices/lobby', { tags: ['hall'] })
  const access = await accessSeenBy(owner.person)
  assert.deepEqual([access.device, access.account], ['lobby', 'acme'])
  assert.deepEqual(
    access.roles.map(({ role, count }) => [role, count]),
    [
      ['viewer', 1],
      ['operator', 0],
      ['admin', 0],
      ['owner', 1],
    ],
  )
  const named = access.roles.flatMap(({ users = [] }) => users)
  assert.deepEqual(named.map(({ email }) => email).sort(), ['owner@example.com', 'viewer@example.com'])
  assert.ok(named.every(({ lastChangedAt }) => lastChangedAt === null))
  const rightsOf = (role: string) => access.roles.find((one) => one.role === role)?.rights ?? []
  assert.ok(!rightsOf('viewer').includes('requests:write') && rightsOf('operator').includes('requests:write'))
  assert.ok(!rightsOf('operator').includes('devices:write') && rightsOf('owner').includes('devices:write'))
  assert.equal(access.keys.count, 3)
  const items = access.keys.items ?? []
  const changed = items.filter(({ lastChangedAt }) => lastChangedAt !== null)
  assert.deepEqual(
    changed.map(({ keyId }) => keyId),
    [worker.keyId],
  )
  assert.ok(Date.parse(access.changesKnownSince ?? '') <= Date.parse(changed[0]?.lastChangedAt ?? ''))
})

test('N5 S-M1 a viewer and a key that manages nobody are told counts, a key that manages keys their names, another tenant nothing', async () => {
  for (const by of [viewer.person, looker.caller]) {
    const access = await accessSeenBy(by)
    assert.deepEqual([access.keys.count, access.roles.map(({ count }) => count)], [3, [1, 0, 0, 1]])
    assert.doesNotMatch(JSON.stringify(access), /@example\.com|"keyId"|devices:read devices:write/)
  }
  const access = await accessSeenBy(keeper.caller)
  assert.equal(access.keys.items?.length, 3)
  assert.doesNotMatch(JSON.stringify(access), /@example\.com/)
  const stranger = await keyWith(['devices:read'], 'default')
  const refused = await stranger.caller.read('/v1/devices/lobby/access')
  assert.deepEqual([refused.status, Object(refused.body).code], [404, 'unknown-device'])
})

test('N5 B8 services that look at the device, and the owner’s consent; a key that has expired is nobody any more', async () => {
  const conditions = [{ object: 'toner.black', op: '<=', value: 20 }]
  const webhook = { url: 'http://127.0.0.1:9/' }
  await worker.caller.post('/v1/subscriptions', { name: 'for all', conditions, webhook })
  await worker.caller.post('/v1/subscriptions', { name: 'its own', device: 'lobby', conditions, webhook })
  await service.post('/v1/devices', { id: 'hall', account: 'acme' })
  await worker.caller.post('/v1/subscriptions', { name: 'another’s', device: 'hall', conditions, webhook })
  const before = await accessSeenBy(owner.person)
  assert.deepEqual(
    before.subscriptions.map(({ name, ofAllDevices, lastOrderedAt }) => [name, ofAllDevices, lastOrderedAt]),
    [
      ['for all', true, null],
      ['its own', false, null],
    ],
  )
  assert.equal(before.mandate, null)
  await owner.person.call('PUT', '/v1/devices/lobby/consent')
  const { mandate, roles } = await accessSeenBy(owner.person)
  assert.deepEqual([mandate?.kind, mandate?.by], ['consent', `user ${owner.userId}`])
  assert.equal((await accessSeenBy(viewer.person)).mandate?.by, undefined)
  const [mine] = roles.find(({ role }) => role === 'owner')?.users ?? []
  assert.notEqual(mine?.lastChangedAt, null, 'to consent is a change')

  const expiresAt = new Date(Date.now() + 1500).toISOString()
  assert.equal((await service.post('/v1/keys', { account: 'acme', expiresAt })).status, 201)
  await until('the key has expired', async () => (await accessSeenBy(viewer.person)).keys.count === 3)
})

test('N5 `fairlead devices access` says the same in words', async () => {
  const { code, stdout, stderr } = await run(['devices', 'access', 'lobby'])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^lobby of the account acme; whoever runs this relay may do everything, too\.\n/)
  assert.match(stdout, /\n {2}viewer: 1, may look\n {4}viewer@example\.com <viewer@example\.com>, no change known\n/)
  assert.match(stdout, /\n {2}owner: 1, may look, ask and change, release and remove\n/)
  assert.match(stdout, /devices:write\), never used|devices:read devices:write, used .* for this or another device/)
  assert.match(stdout, /\n {4}for all \(\S+\), for all devices, has ordered nothing for it\n/)
  assert.match(stdout, /\n {2}services are performed: the owner consented by user \S+, /)
  assert.match(stdout, /\nChanges are known since .*; who only looked stands in no record\.\n$/)
  const json = await run(['devices', 'access', 'lobby', '--json'])
  assert.equal(JSON.parse(json.stdout).device, 'lobby')
})
