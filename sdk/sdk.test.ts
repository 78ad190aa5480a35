/** The SDK as a service uses it, against a relay that runs. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { openHandDevice } from '../testkit/hand-device.ts'
import { listenOnFreePort } from '../testkit/listen.ts'
import { type Neighbourhood, openNeighbourhood } from '../testkit/neighbourhood.ts'
import { until } from '../testkit/until.ts'
import { type Client, createClient, NoRelayError, RelayError, type RelayEvent } from './index.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let relay: Client

before(async () => {
  street = scene.use(await openNeighbourhood())
  relay = createClient({ url: street.url, key: street.adminKey })
  await street.openAgent({ id: 'mfp', driver: 'virtual?toner.black=42&location=hall' })
  await street.enrol('away')
})
after(() => scene.disposeAsync())

/** @returns what the relay refused */
async function refusalOf(call: Promise<unknown>): Promise<RelayError> {
  const error = await call.then(
    () => assert.fail('it was not refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof RelayError, String(error))
  return error
}

test('get, set and command bring what the device said', async () => {
  const got = await relay.get('mfp', ['toner.black', 'wings'])
  assert.deepEqual(got.values, { 'toner.black': 42 })
  assert.equal(got.errors['wings']?.code, 'unknown-object')
  const set = await relay.set('mfp', { location: 'attic' })
  assert.deepEqual('values' in set && set.values, { location: 'attic' })
  const done = await relay.command('mfp', 'print-test-page', { pages: 3 })
  assert.deepEqual('result' in done && done.result, { pages: 3, totalPages: 3 })
})

test('an asynchronous request is pending at once; its outcome is found by its ID', async () => {
  const pending = await relay.set('mfp', { location: 'later' }, { async: true })
  assert.ok('outcome' in pending)
  const found = await until('it is answered', async () => {
    const view = await relay.findRequest(pending.requestId)
    return view.outcome === 'answered' && view
  })
  assert.deepEqual(found.values, { location: 'later' })
})

test('a deferred request waits for its device', async () => {
  const { secret } = await relay.devices.add({ id: 'sleepy' })
  const pending = await relay.set('sleepy', { location: 'dream' }, { deliverWithinSeconds: 60 })
  assert.ok('outcome' in pending)
  assert.equal((await relay.findRequest(pending.requestId)).outcome, 'pending')
  await using device = await openHandDevice({ relayUrl: street.url, id: 'sleepy', secret })
  device.serve(({ request }) => ({ values: request.set ?? {}, errors: {} }))
  await until('it is answered', async () => (await relay.findRequest(pending.requestId)).outcome === 'answered')
})

test('the same idempotency key is done once', async () => {
  const once = () => relay.command('mfp', 'print-test-page', {}, { idempotencyKey: 'one-page' })
  assert.deepEqual(await once(), await once())
})

test('a refusal says its code for programs, its words for people, and whether it is safe to retry', async () => {
  const offline = await refusalOf(relay.get('away', ['model']))
  assert.deepEqual([offline.code, offline.status, offline.outcome], ['device-offline', 409, 'not-sent'])
  assert.match(offline.message, /offline/)
  assert.equal(offline.problem['reason'], 'never-seen')
  assert.match(offline.requestId ?? '', /^\S{16,}$/)

  const refused = await refusalOf(relay.command('mfp', 'sing'))
  assert.deepEqual([refused.code, refused.outcome], ['device-refused', 'answered'])
  const unknown = await refusalOf(relay.devices.find('nobody'))
  assert.deepEqual([unknown.code, unknown.status, unknown.outcome], ['unknown-device', 404, undefined])
  const stranger = createClient({ url: street.url, key: 'wrong' })
  assert.equal((await refusalOf(stranger.get('mfp', ['model']))).code, 'unauthorized')
})

test('a busy device says when to come again', async () => {
  const { secret } = await relay.devices.add({ id: 'busy' })
  await using device = await openHandDevice({ relayUrl: street.url, id: 'busy', secret })
  const held = device.hold()
  await until('it is online', async () => (await relay.devices.find('busy')).state === 'online')
  for (let n = 0; n < 40; n++) await relay.request('busy', { get: ['model'] }, { async: true })
  const refused = await refusalOf(relay.get('busy', ['model']))
  assert.deepEqual([refused.code, refused.outcome], ['too-many-requests', 'not-sent'])
  assert.ok((refused.retryAfterSeconds ?? 0) > 0)
  await held
  await relay.devices.remove('busy')
})

test('a call that is aborted says so, and withdraws nothing that others asked', async () => {
  const stop = new AbortController()
  const asking = relay.get('mfp', ['model'], { signal: stop.signal })
  stop.abort()
  await assert.rejects(asking, { name: 'AbortError' })
  assert.deepEqual((await relay.get('mfp', ['toner.black'])).values, { 'toner.black': 42 })
})

test('devices, accounts and keys are made, listed and removed', async () => {
  await relay.accounts.add({ id: 'shop', name: 'The shop' })
  assert.deepEqual(
    (await relay.accounts.list()).items.map(({ id }) => id),
    ['default', 'shop'],
  )
  const { key, keyId } = await relay.keys.add({ account: 'shop', scopes: ['devices:read', 'devices:write'] })
  const shop = createClient({ url: `${street.url}/`, key })
  const { id, secret } = await shop.devices.add({ id: 'till', tags: ['red'] })
  assert.notEqual((await shop.devices.rotate(id)).secret, secret)
  assert.deepEqual(
    (await shop.devices.list({ tag: ['red'] })).items.map((device) => device.id),
    ['till'],
  )
  await shop.devices.remove('till')
  assert.equal((await refusalOf(shop.devices.find('till'))).code, 'unknown-device')
  await relay.keys.remove(keyId)
  assert.equal((await refusalOf(shop.devices.list())).code, 'unauthorized')
})

test('all() goes from page to page, each device once', async () => {
  const names = Array.from({ length: 7 }, (_, n) => `page-${n}`)
  for (const id of names) await relay.devices.add({ id, tags: ['paged'] })
  const seen: string[] = []
  for await (const { id } of relay.devices.all({ tag: 'paged', limit: 2 })) seen.push(id)
  assert.deepEqual(seen, names)
})

test('events go on over a restart of the relay, without a gap and without a repeat', async () => {
  const stop = new AbortController()
  const events = relay.events({ type: 'device.removed', retryMs: 50, signal: stop.signal })
  const told: RelayEvent[] = []
  const reading = (async () => {
    for await (const event of events) told.push(event)
  })()
  const addAndRemove = async (id: string) => {
    await relay.devices.add({ id })
    await relay.devices.remove(id)
  }
  const toldOf = (id: string) => told.some(({ data }) => data.device === id)
  // The stream stands once it has told of something.
  let made = 0
  await until('the stream stands', async () => {
    await addAndRemove(`first-${++made}`)
    return told.length > 0
  })
  await until('it has told of all', () => toldOf(`first-${made}`))
  await street.restartRelay('SIGKILL')
  await addAndRemove('second')
  await street.restartRelay()
  await addAndRemove('third')
  await until('both have been told', () => toldOf('second') && toldOf('third'))
  stop.abort()
  await reading
  assert.deepEqual(
    told.flatMap(({ data }) => (data.device?.startsWith('first') ? [] : [data.device])),
    ['second', 'third'],
  )
  const ids = told.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
})

test('events are told that came while a stream was broken which had told of nothing yet', async () => {
  const stop = new AbortController()
  let connections = 0
  const counted: typeof fetch = async (...asked) => {
    const answer = await fetch(...asked)
    connections++
    return answer
  }
  const watching = createClient({ url: street.url, key: street.adminKey, fetch: counted })
  await relay.devices.add({ id: 'quiet' })
  const next = watching.events({ device: 'quiet', type: 'device.removed', retryMs: 50, signal: stop.signal }).next()
  await until('the stream stands', () => connections > 0)
  await street.restartRelay('SIGKILL')
  await relay.devices.remove('quiet')
  const { value } = await next
  assert.equal(value?.data.device, 'quiet')
  stop.abort()
})

test('events with a key that is wrong are refused, not tried for ever', async () => {
  const stranger = createClient({ url: street.url, key: 'wrong' })
  assert.equal((await refusalOf(stranger.events().next())).code, 'unauthorized')
})

test('what is no relay is named as such: nobody there, another server, an error page', async () => {
  const { url: nobody, ...listening } = await listenOnFreePort(createServer())
  await listening[Symbol.asyncDispose]()
  const ask = (url: string) => createClient({ url, key: 'x' }).get('mfp', ['model'])
  await assert.rejects(ask(nobody), (error) => error instanceof NoRelayError && error.message.includes(nobody))

  await using other = await listenOnFreePort(
    createServer((request, response) => {
      const isPage = request.url?.includes('devices') === true
      response.writeHead(isPage ? 502 : 200, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>')
    }),
  )
  await assert.rejects(ask(other.url), (error) => error instanceof NoRelayError && /HTTP 502/.test(error.message))
  const accounts = createClient({ url: other.url, key: 'x' }).accounts.list()
  await assert.rejects(accounts, (error) => error instanceof NoRelayError && /HTTP 200/.test(error.message))
})
