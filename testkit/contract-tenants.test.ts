/** Tenants never see each other: every route of the relay's own document, called with another tenant's IDs (S-M1). */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { allScopes, makeFactoryCode } from '@fairlead/protocol/contract'
import { makePdf } from './documents.ts'
import { openEventStream } from './event-stream.ts'
import { type HandDevice, joinByHand } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { invite, type Person, tokenOf } from './person.ts'
import { mustSendJob } from './print-jobs.ts'
import { createService, type Service } from './service.ts'
import { until } from './until.ts'
import { openWebhookReceiver } from './webhook-receiver.ts'

interface Operation {
  method: string
  path: string
  operationId: string
  security: Record<string, string[]>[]
}

const scene = new AsyncDisposableStack()
const street: Neighbourhood = scene.use(await openNeighbourhood({ relay: ['--webhook-networks', '127.0.0.0/8'] }))
const receiver = scene.use(await openWebhookReceiver())
const operations = await readOperations(street)
/** Two of another account, who may all that one may there: a key, and somebody who has signed in. */
let rivals: Record<'key' | 'user', Service>
let rivalKey: string
let rivalCookie: string | undefined
let victim: HandDevice
/** Somebody of the victim's account, who has saved a view. */
let saver: Person
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
  const { person } = await invite(url, service, { email: 'rival@example.com', role: 'owner', account: 'rivals' })
  rivals = { key: createService(url, rivalKey), user: person }
  rivalCookie = person.cookie()
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
  const victimUser = await invite(url, service, { email: 'user@victim.example', role: 'viewer' })
  const { userId } = victimUser
  const [session] = Object((await victimUser.person.read('/v1/sessions')).body).items
  const { body: invited } = await service.post('/v1/invitations', { email: 'invited@victim.example', role: 'viewer' })
  const { invitationId } = Object(invited)
  saver = (await invite(url, service, { email: 'saver@victim.example', role: 'owner' })).person
  const viewId = 'view-of-the-victim'
  await saver.call('PUT', `/v1/views/${viewId}`, { name: 'of the victim', search: 'tag:hall', shared: true })
  const { body: madeCode } = await saver.post('/v1/release-codes', { kind: 'pin' })
  shownByVictim.token = tokenOf(Object((await victim.call('/device/v1/walk-ups', {})).body).url)
  const ordered = await orderSomething()
  await service.post('/v1/programs', program())
  ids = {
    ...ordered,
    id: 'victim',
    program: program().program,
    account: 'default',
    keyId: Object(own.body).keyId,
    requestId: requestId ?? '',
    claimId,
    userId,
    invitationId,
    sessionId: session.sessionId,
    pairingId,
    viewId,
    releaseCodeId: Object(madeCode).releaseCodeId,
    jobId: await mustSendJob(street, 'victim', makePdf(1), 'hold=true'),
    uploadId: Object((await service.post('/v1/uploads', { bytes: 9, contentType: 'application/pdf' })).body).uploadId,
    // Real ones are made in a browser only: n5-passkeys.scene.test.ts tries another user's.
    passkeyId: 'another-passkey',
    // A real one is tried by another user in n1-app-passwords.scene.test.ts.
    appPasswordId: 'another-app-password',
  }
})
after(() => scene.disposeAsync())

const subscription = () => ({
  name: 'toner',
  device: 'victim',
  conditions: [{ object: 'toner.black', op: '<=', value: 20 }],
  webhook: { url: receiver.url },
})

const program = () => ({ program: 'of-the-victim', title: 'of the victim', url: receiver.url })

/** The victim's black toner is low, and somebody has subscribed to that. */
async function orderSomething(): Promise<{ subscriptionId: string; orderId: string }> {
  const { service } = street
  const { subscriptionId } = Object((await service.post('/v1/subscriptions', subscription())).body)
  await service.call('PUT', '/v1/devices/victim/consent')
  const tell = (id: string) => {
    const event = { id, type: 'objects', at: new Date().toISOString(), values: { 'toner.black': 3 } }
    return victim.call('/device/v1/events', { events: [event] })
  }
  await tell('low')
  const enoughAt = Date.now() + 5_000
  await until('two readings lie far enough apart', () => Date.now() >= enoughAt)
  await tell('still low')
  const orderId = await until('it is ordered', async () => {
    const [order] = Object((await service.read('/v1/orders')).body).items
    return order?.state === 'taken' && order.orderId
  })
  return { subscriptionId, orderId }
}

const code = makeFactoryCode(randomBytes(10))
const pin = '12345678'

/** Of the QR code that the victim shows, once it does. */
const shownByVictim = { token: '' }

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
  printClaimPage: {},
  typeClaimWord: { word: 'river 4827' },
  pairDevice: { pin, account: 'default' },
  changeUser: { name: 'stolen' },
  changeAccount: { requireSecondFactor: true },
  resetUser: {},
  inviteUser: { email: 'planted@example.com', role: 'viewer', account: 'default' },
  createSubscription: subscription(),
  changeSubscription: { paused: true },
  createProgram: { ...program(), program: 'planted', account: 'default' },
  changeProgram: { title: 'stolen' },
  saveView: { name: 'stolen', search: 'stolen' },
  changeJob: { hold: false },
  lookAtWalkUp: shownByVictim,
  confirmWalkUp: shownByVictim,
}

const isOfTenants = ({ security }: Operation) => security.some((scheme) => 'key' in scheme || 'session' in scheme)
const whoMayCall = ({ security }: Operation) =>
  (['key', 'user'] as const).filter((who) => security.some((scheme) => (who === 'key' ? 'key' : 'session') in scheme))

/** Their own account gives them every right that there is in it. */
function isAllowed({ security }: Operation, who: 'key' | 'user'): boolean {
  const rights = security.flatMap((scheme) => scheme[who === 'key' ? 'key' : 'session'] ?? [])
  return rights.every((right) => right !== 'admin' && (who === 'user' || allScopes.some((scope) => scope === right)))
}
const namesSomething = ({ path, operationId }: Operation) => path.includes('{') || operationId in bodies

/** All that the other tenant has, as the admin sees it: a line for each value, so that it shows which has changed. */
async function everything(): Promise<string[]> {
  const lists = [
    ...['devices?account=default&', 'keys?', 'accounts?', 'users?', 'invitations?'],
    ...['subscriptions?', 'orders?', 'devices/victim/readings?', 'mandates?account=default&', 'jobs?', 'programs?'],
  ].map((list) => `/v1/${list}limit=500`)
  const seen = await Promise.all(lists.map(async (list) => Object((await street.service.read(list)).body).items))
  const request = (await street.service.read(`/v1/requests/${ids['requestId']}`)).body
  const views = (await saver.read('/v1/views')).body
  const releaseCodes = (await saver.read('/v1/release-codes')).body
  const named = Object.fromEntries(lists.map((list, at) => [list, seen[at]]))
  return linesOf({ ...named, request, views, releaseCodes }).filter(
    (line) => !/\.(last(Used|Seen)|until)At: /.test(line),
  )
}

function linesOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [`${path}: ${JSON.stringify(value)}`]
  return Object.entries(value).flatMap(([name, inner]) => linesOf(inner, `${path}.${name}`))
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
    'GET /v1/users',
    'PATCH /v1/users/{userId}',
    'DELETE /v1/users/{userId}',
    'POST /v1/users/{userId}/reset',
    'DELETE /v1/users/{userId}/sessions',
    'PATCH /v1/accounts/{account}',
    'DELETE /v1/sessions/{sessionId}',
    'POST /v1/invitations',
    'GET /v1/invitations',
    'DELETE /v1/invitations/{invitationId}',
    'POST /v1/devices/{id}/jobs',
    'GET /v1/jobs/{jobId}',
    'DELETE /v1/jobs/{jobId}',
  ])
    assert.ok(calls.includes(call), call)
})

for (const operation of operations.filter((each) => isOfTenants(each) && namesSomething(each)))
  for (const who of whoMayCall(operation))
    test(`S-M1 ${operation.method} ${operation.path} by a ${who} with another tenant's IDs: not found, nothing changed`, async () => {
      const before = await everything()
      const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
        assert.ok(ids[name], `this test knows no ID for {${name}}: teach it one`)
        return ids[name] ?? ''
      })
      const body = operation.method === 'GET' ? undefined : (bodies[operation.operationId] ?? {})
      const { status, body: told } = await rivals[who].call(operation.method, path, body)
      assert.ok(status === 404 || (status === 403 && !isAllowed(operation, who)), `${status} ${JSON.stringify(told)}`)
      for (const secret of [victim.secret, 'the victim’s', 'here'])
        assert.ok(!JSON.stringify(told).includes(`"${secret}"`), 'it tells of the other tenant')
      assert.deepEqual(await everything(), before)
    })

for (const operation of operations.filter(
  (each) => isOfTenants(each) && each.method === 'GET' && !namesSomething(each),
))
  for (const who of whoMayCall(operation))
    test(`S-M1 ${operation.method} ${operation.path} shows a ${who} nothing of another account`, async () => {
      if (operation.operationId === 'streamEvents') return await seesOnlyItsOwnEvents(who)
      const { status, body } = await rivals[who].read(operation.path)
      assert.equal(status, isAllowed(operation, who) ? 200 : 403)
      assert.doesNotMatch(JSON.stringify(body), /victim/)
    })

async function seesOnlyItsOwnEvents(who: 'key' | 'user'): Promise<void> {
  const shown = who === 'key' ? { key: rivalKey } : { cookie: rivalCookie }
  await using stream = await openEventStream({ relayUrl: street.url, ...shown, lastEventId: '0' })
  await street.service.ask('victim', { set: { location: 'still here' } })
  await street.service.post('/v1/devices', { id: 'own', account: 'rivals' })
  await street.service.call('DELETE', '/v1/devices/own')
  for (let type = ''; type !== 'device.removed'; ) {
    const event = await stream.next()
    assert.ok(event.type === 'reset' || event.data['device'] === 'own', JSON.stringify(event))
    type = event.type
  }
}
