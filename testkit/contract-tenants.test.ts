/** Tenants never see each other: every route of the relay's own document, called with another tenant's IDs (S-M1). */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { makeFactoryCode } from '@fairlead/protocol/contract'
import { openEventStream } from './event-stream.ts'
import { type HandDevice, joinByHand } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { createService, type Service } from './service.ts'
import { until } from './until.ts'

interface Operation {
  method: string
  path: string
  operationId: string
  security: Record<string, unknown>[]
}

const scene = new AsyncDisposableStack()
const street: Neighbourhood = scene.use(await openNeighbourhood())
const operations = await readOperations(street)
let rival: Service
let rivalKey: string
let victim: HandDevice
/** What the rival may have learned of the other tenant, to try it wherever an ID is wanted. */
let ids: Record<string, string>

/** The document names what there is, so that a route that comes tomorrow is tried as well. */
async function readOperations({ service }: Neighbourhood): Promise<Operation[]> {
  const { paths } = Object((await service.read('/v1/openapi.json')).body)
  return Object.entries(paths as Record<string, Record<string, Omit<Operation, 'method' | 'path'>>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  )
}

before(async () => {
  const { service, url } = street
  await service.post('/v1/accounts', { id: 'rivals' })
  const made = await service.post('/v1/keys', { account: 'rivals' })
  rivalKey = Object(made.body).key
  rival = createService(url, rivalKey)
  const own = await service.post('/v1/keys', { account: 'default', name: 'the victim’s' })
  victim = scene.use(await joinByHand(street, 'victim'))
  victim.serve(({ request }) => ({ values: request.set ?? {}, errors: {} }))
  await until('the victim is online', async () => {
    const { body } = await service.read('/v1/devices/victim')
    return Object(body).state === 'online'
  })
  const { requestId } = await service.ask('victim', { set: { location: 'here' } }, { 'idempotency-key': 'mine' })
  await fetch(`${url}/device/v1/enrol`, { method: 'POST', body: JSON.stringify({ id: 'claimed', code }) })
  const { claimId } = Object((await service.post('/v1/claims', { code, account: 'default' })).body)
  const shown = { id: 'shown', pin, addresses: ['192.168.1.20/24'], localUrl: 'http://192.168.1.20/' }
  await fetch(`${url}/device/v1/pairing`, { method: 'POST', body: JSON.stringify(shown) })
  const { pairingId } = Object((await service.post('/v1/pairings', { pin, account: 'default' })).body)
  const keyId = Object(own.body).keyId
  ids = { id: 'victim', account: 'default', keyId, requestId: requestId ?? '', claimId, pairingId }
})
after(() => scene.disposeAsync())

const code = makeFactoryCode(randomBytes(10))
const pin = '12345678'

/** What a good caller would send. */
const bodies: Record<string, object> = {
  askDevice: { set: { location: 'stolen' } },
  askDeviceOfAccount: { set: { location: 'stolen' } },
  enrolDevice: { id: 'planted', account: 'default' },
  rotateDeviceSecret: {},
  releaseDevice: {},
  changeDevice: { tags: ['stolen'] },
  createKey: { account: 'default' },
  claimDevice: { code, account: 'default' },
  pairDevice: { pin, account: 'default' },
}

const wantsKey = ({ security }: Operation) => security.some((scheme) => 'key' in scheme)
const namesSomething = ({ path, operationId }: Operation) => path.includes('{') || operationId in bodies

/** All that the other tenant has, as the admin sees it. */
async function everything(): Promise<unknown> {
  const lists = ['/v1/devices?account=default&limit=500', '/v1/keys?limit=500', '/v1/accounts?limit=500']
  const seen = await Promise.all(lists.map(async (list) => Object((await street.service.read(list)).body).items))
  const request = (await street.service.read(`/v1/requests/${ids['requestId']}`)).body
  const untimed = JSON.stringify([...seen, request], (name, value) => (/^last(Used|Seen)At$/.test(name) ? 'x' : value))
  return JSON.parse(untimed)
}

test('the document names every call that the contract fixes for tenants', () => {
  const calls = operations.map(({ method, path }) => `${method} ${path}`)
  for (const call of [
    'POST /v1/accounts',
    'GET /v1/accounts',
    'POST /v1/keys',
    'GET /v1/keys',
    'DELETE /v1/keys/{keyId}',
    'POST /v1/devices',
    'GET /v1/devices',
    'GET /v1/devices/{id}',
    'DELETE /v1/devices/{id}',
    'POST /v1/devices/{id}/rotate',
    'POST /v1/devices/{id}/requests',
    'POST /v1/accounts/{account}/requests',
    'GET /v1/requests/{requestId}',
    'GET /v1/events',
    'POST /v1/claims',
    'GET /v1/claims/{claimId}',
  ])
    assert.ok(calls.includes(call), call)
})

for (const operation of operations.filter((each) => wantsKey(each) && namesSomething(each)))
  test(`S-M1 ${operation.method} ${operation.path} with another tenant's IDs: not found, nothing changed`, async () => {
    const before = await everything()
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
      assert.ok(ids[name], `this test knows no ID for {${name}}: teach it one`)
      return ids[name] ?? ''
    })
    const body = operation.method === 'GET' ? undefined : (bodies[operation.operationId] ?? {})
    const { status, body: told } = await rival.call(operation.method, path, body)
    assert.ok(status === 404 || status === 403, `${status} ${JSON.stringify(told)}`)
    for (const secret of [victim.secret, 'the victim’s', 'here'])
      assert.ok(!JSON.stringify(told).includes(`"${secret}"`), 'it tells of the other tenant')
    assert.deepEqual(await everything(), before)
  })

for (const operation of operations.filter((each) => wantsKey(each) && each.method === 'GET' && !namesSomething(each)))
  test(`S-M1 ${operation.method} ${operation.path} shows a tenant nothing of another`, async () => {
    if (operation.operationId === 'streamEvents') return await seesOnlyItsOwnEvents()
    const { status, body } = await rival.read(operation.path)
    assert.ok([200, 403].includes(status), `${status}`)
    assert.doesNotMatch(JSON.stringify(body), /victim/)
  })

async function seesOnlyItsOwnEvents(): Promise<void> {
  await using stream = await openEventStream({ relayUrl: street.url, key: rivalKey, lastEventId: '0' })
  await street.service.ask('victim', { set: { location: 'still here' } })
  await street.service.post('/v1/devices', { id: 'own', account: 'rivals' })
  await street.service.call('DELETE', '/v1/devices/own')
  for (let type = ''; type !== 'device.removed'; ) {
    const event = await stream.next()
    assert.ok(event.type === 'reset' || event.data['device'] === 'own', JSON.stringify(event))
    type = event.type
  }
}
