/** Life after the claim: released, claimed again, given to somebody, reset at the device (S-R4, field note 10). */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeFactoryCode } from '@fairlead/protocol/contract'
import { openCluster } from './cluster.ts'
import { openEventStream } from './event-stream.ts'
import { openFolder } from './folder.ts'
import { openHandDevice } from './hand-device.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { press as pressPanel } from './panel-page.ts'
import { runHouseFile, startHouseFile } from './process.ts'
import { give, openPullService } from './pull-service.ts'
import { createService, type Reply, type Service } from './service.ts'
import { until } from './until.ts'

const street = await openNeighbourhood({ relay: ['--max-failed-claims-of-network', '1000', '--reset-notice', '2'] })
after(() => street[Symbol.asyncDispose]())
const { service, url } = street
await service.post('/v1/accounts', { id: 'others' })

const newCode = () => makeFactoryCode(randomBytes(10))
const problemOf = ({ status, body }: Pick<Reply, 'status' | 'body'>) => [status, Object(body).code]
const noMatch = [404, 'no-match']

async function someone(account = 'default', relayUrl = url): Promise<Service> {
  const { body } = await createService(relayUrl, street.adminKey).post('/v1/keys', { account })
  return createService(relayUrl, Object(body).key)
}

async function post(path: string, body: object, authorization?: string, relayUrl = url) {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
  const response = await fetch(relayUrl + path, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, body: Object(await response.json()) }
}
const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
const enrol = (id: string, code: string, relayUrl = url) => post('/device/v1/enrol', { id, code }, undefined, relayUrl)
const ownershipOf = async (by: Service, id: string) => Object((await by.read(`/v1/devices/${id}/ownership`)).body)

/** What stands in the audit log of a device, as somebody sees it: newest first (S-M4). */
async function auditOf(by: Service, device: string): Promise<string[]> {
  const { items } = Object((await by.read(`/v1/audit?device=${device}`)).body)
  return items.map(({ action, actor }: Record<string, unknown>) => `${action} by ${Object(actor).kind}`)
}

/** Comes with its code, is claimed, and has told what it is. */
async function claimed(id: string, code: string, by: Service): Promise<{ secret: string; claimId: string }> {
  assert.deepEqual((await enrol(id, code)).body, { registration: 'first' })
  const { status, body } = await by.post('/v1/claims', { code })
  assert.equal(status, 201, JSON.stringify(body))
  const { secret } = (await enrol(id, code)).body
  const told = { capabilities: { serial: 'S-1', model: 'Office 200' }, objects: { location: '2nd floor' } }
  assert.equal((await post('/device/v1/register', told, basic(id, secret))).status, 200)
  return { secret, claimId: Object(body).claimId }
}

test('a released device is nobody’s at once: its secret and its session are over, its code is good again; what is known of it stays', async () => {
  const [owner, code] = [await someone(), newCode()]
  const { secret } = await claimed('desk', code, owner)
  await using hand = await openHandDevice({ relayUrl: url, id: 'desk', secret })
  hand.serve(() => ({ values: {}, errors: {} }))
  await until('online', async () => Object((await owner.read('/v1/devices/desk')).body).state === 'online')
  const released = await owner.post('/v1/devices/desk/release', {})
  assert.equal(released.status, 200, JSON.stringify(released.body))
  assert.deepEqual([Object(released.body).registration, Object(released.body).reservedFor], ['none', null])
  assert.equal((await post('/device/v1/register', {}, basic('desk', secret))).status, 401)
  const { body } = await owner.read('/v1/devices/desk')
  const { registration, state, serial, objects } = Object(body)
  assert.deepEqual([registration, state, serial, objects.location.value], ['none', 'offline', 'S-1', '2nd floor'])
  assert.deepEqual(problemOf(await owner.ask('desk', { get: ['model'] })), [409, 'device-offline'])
  assert.deepEqual((await enrol('desk', code)).body, { registration: 'first' }, 'it waits for whoever types its code')
  await hand.leave().catch(() => {})
})

test('field note 10: the same account claims it again, and finds it as it was; its old secret stays dead', async () => {
  const [owner, code] = [await someone(), newCode()]
  const { secret } = await claimed('kept', code, owner)
  await owner.post('/v1/devices/kept/release', {})
  const again = await claimed('kept', code, owner)
  assert.notEqual(again.secret, secret)
  const { registration, serial, objects } = Object((await owner.read('/v1/devices/kept')).body)
  assert.deepEqual([registration, serial, objects.location.value], ['second', 'S-1', '2nd floor'])
  assert.equal((await post('/device/v1/register', {}, basic('kept', secret))).status, 401)
  assert.equal((await post('/device/v1/register', {}, basic('kept', again.secret))).status, 200)
  assert.deepEqual(problemOf(await enrol('kept', code)), noMatch, 'the code is dead')
})

test('another account has a new device, and sees nothing of the former owner’s; who sold it has it no more', async () => {
  const [seller, buyer, code] = [await someone(), await someone('others'), newCode()]
  await using events = await openEventStream({ relayUrl: url, key: street.adminKey, query: 'type=device.removed' })
  await enrol('sold', code)
  await seller.post('/v1/claims', { code })
  const { secret } = (await enrol('sold', code)).body
  await post('/device/v1/register', { objects: { location: 'secret place' } }, basic('sold', secret))
  await seller.post('/v1/devices/sold/release', {})
  await enrol('sold', code)
  assert.equal((await buyer.post('/v1/claims', { code })).status, 201)
  const { account, objects } = Object((await buyer.read('/v1/devices/sold')).body)
  assert.deepEqual([account, objects], ['others', {}])
  assert.equal((await seller.read('/v1/devices/sold')).status, 404)
  assert.equal((await events.next('device.removed')).data['account'], 'default')
  const sellers = ['device.removed by relay', 'device.released by key', 'claim.made by key']
  assert.deepEqual([await auditOf(seller, 'sold'), await auditOf(buyer, 'sold')], [sellers, ['claim.made by key']])
})

test('S-R4 released to one account, it is claimed by that one and by nobody else', async () => {
  const [seller, buyer, other, code] = [await someone(), await someone('others'), await someone(), newCode()]
  await claimed('promised', code, seller)
  const released = await seller.post('/v1/devices/promised/release', { to: 'others' })
  assert.equal(Object(released.body).reservedFor, 'others')
  await enrol('promised', code)
  assert.deepEqual(problemOf(await other.post('/v1/claims', { code })), noMatch)
  assert.equal((await buyer.post('/v1/claims', { code })).status, 201)
})

test('a reset at the device frees it after the notice, unless its owner objects; who has not its secret cannot ask for it', async () => {
  const [owner, code] = [await someone(), newCode()]
  const { secret } = await claimed('reset', code, owner)
  assert.equal((await post('/device/v1/reset', {}, basic('reset', 'not-the-secret-of-it'))).status, 401)
  assert.equal((await ownershipOf(owner, 'reset')).reset, null)
  assert.equal((await owner.call('DELETE', '/v1/devices/reset/reset')).status, 404)

  await using events = await openEventStream({ relayUrl: url, key: street.adminKey, query: 'device=reset' })
  const asked = await post('/device/v1/reset', {}, basic('reset', secret))
  assert.equal(asked.status, 202)
  assert.deepEqual((await post('/device/v1/reset', {}, basic('reset', secret))).body, asked.body, 'again does no harm')
  assert.equal((await events.next('device.changed')).data['reset'], 'asked')
  assert.equal((await ownershipOf(owner, 'reset')).reset.dueAt, asked.body.dueAt)
  assert.equal((await owner.call('DELETE', '/v1/devices/reset/reset')).status, 204)
  assert.equal((await ownershipOf(owner, 'reset')).reset, null)
  assert.equal((await post('/device/v1/register', {}, basic('reset', secret))).status, 200, 'it is the owner’s still')

  await post('/device/v1/reset', {}, basic('reset', secret))
  await until('the notice is over', async () => (await ownershipOf(owner, 'reset')).registration === 'none')
  assert.equal((await post('/device/v1/register', {}, basic('reset', secret))).status, 401)
  assert.deepEqual((await enrol('reset', code)).body, { registration: 'first' })
  assert.deepEqual(await auditOf(owner, 'reset'), [
    'device.released by relay',
    'device.reset-asked by device',
    'device.reset-refused by key',
    'device.reset-asked by device',
    'claim.made by key',
  ])
})

test('an agent that is reset on its page waits for its owner, and then for a new one; `devices keep` objects', async () => {
  await using folder = await openFolder()
  const code = newCode()
  await using library = await openPullService()
  library.answer('/form', give(Buffer.from('a form'), 'text/plain'))
  const config = join(folder.path, 'agent.yaml')
  await writeFile(
    config,
    JSON.stringify({ services: [{ id: 'form', title: 'Form', download: `${library.url}/form` }] }),
  )
  const driver = ['--driver', 'virtual', '--data', folder.path, '--config', config]
  const options = ['--relay', url, '--id', 'hall', '--code', code, ...driver]
  await using agent = await startHouseFile('cli/main.ts', ['agent', ...options, '--listen', '127.0.0.1:0'])
  const { url: panelUrl } = await agent.nextEvent('agent.ready')
  await agent.nextEvent('device.offline')
  const owner = await someone()
  const program = { program: 'theirs', title: 'Their program', url: 'https://programs.example/' }
  assert.equal((await owner.post('/v1/programs', program)).status, 201)
  assert.equal((await owner.post('/v1/claims', { code })).status, 201)
  await agent.nextEvent('device.online')
  const page = async () => (await fetch(String(panelUrl))).text()
  async function press(path: string): Promise<void> {
    const [, token = ''] =
      new RegExp(`action="${path}">\\s*<input type="hidden" name="token" value="([^"]+)"`).exec(await page()) ?? []
    const form = { method: 'POST', body: new URLSearchParams({ token }), redirect: 'manual' } as const
    assert.equal((await fetch(panelUrl + path, form)).status, 303)
  }
  await pressPanel(String(panelUrl), '/pull', { kind: 'keep' })
  const keeps = async () => /Kept here/.test(await page())
  await until('something is kept there', keeps)
  const offers = async () => /Their program/.test(await page())
  await until('a program is offered there', offers)
  await press('/reset')
  assert.match(await page(), /may object until/)
  const kept = await runHouseFile('cli/main.ts', ['devices', 'keep', 'hall', '--relay', url, '--key', street.adminKey])
  assert.equal(kept.code, 0, kept.stderr)
  assert.equal((await ownershipOf(owner, 'hall')).reset, null)

  const args = ['agent', 'reset', '--id', 'hall', '--data', folder.path]
  const asked = await runHouseFile('cli/main.ts', args)
  assert.match(asked.stdout, /The owner of hall has been told/)
  let { reason } = await agent.nextEvent('device.offline')
  while (reason !== 'unclaimed') reason = (await agent.nextEvent('device.offline'))['reason']
  assert.ok(!(await keeps()), 'what was kept there is not for whoever comes next')
  assert.ok(!(await offers()), 'nor what was offered there')
  assert.equal((await owner.post('/v1/claims', { code })).status, 201, 'its code is good again')
  await agent.nextEvent('device.online')
})

test('tags can be changed, and devices are found by them', async () => {
  const owner = await someone()
  await claimed('tagged', newCode(), owner)
  const changed = await owner.call('PATCH', '/v1/devices/tagged', { tags: ['berlin', 'berlin', '2nd floor'] })
  assert.deepEqual([changed.status, Object(changed.body).tags], [200, ['berlin', '2nd floor']])
  const found = await owner.read('/v1/devices?tag=berlin')
  assert.deepEqual(
    Object(found.body).items.map(({ id }: { id: string }) => id),
    ['tagged'],
  )
  assert.equal((await owner.call('PATCH', '/v1/devices/tagged', { tags: ['\n'] })).status, 400)
  assert.deepEqual(await auditOf(owner, 'tagged'), ['device.changed by key', 'claim.made by key'])
})

test('S-M1 nobody releases, or looks at the ownership of, another account’s device', async () => {
  const [owner, rival] = [await someone(), await someone('others')]
  await claimed('mine', newCode(), owner)
  assert.equal((await rival.post('/v1/devices/mine/release', {})).status, 404)
  assert.equal((await rival.read('/v1/devices/mine/ownership')).status, 404)
  assert.equal((await ownershipOf(owner, 'mine')).registration, 'second')
})

test('N6 released at one node, it is nobody’s at the other at once, and another account has it there', async () => {
  await using cluster = await openCluster({ nodes: 2 })
  const [here, there] = cluster.nodes.map((node) => ({ ...node, service: createService(node.url, cluster.adminKey) }))
  assert.ok(here && there)
  const code = newCode()
  await enrol('shared', code, here.url)
  await here.service.post('/v1/claims', { code })
  const { secret } = (await enrol('shared', code, here.url)).body
  assert.equal((await post('/device/v1/register', {}, basic('shared', secret), there.url)).status, 200)
  assert.equal((await here.service.post('/v1/devices/shared/release', {})).status, 200)
  assert.equal((await post('/device/v1/register', {}, basic('shared', secret), there.url)).status, 401)
  await here.service.post('/v1/accounts', { id: 'others' })
  await enrol('shared', code, there.url)
  assert.equal((await there.service.post('/v1/claims', { code, account: 'others' })).status, 201)
  for (const { service: at } of [here, there])
    assert.equal(Object((await at.read('/v1/devices/shared')).body).account, 'others')
})
