/** The SDK's calls against a real relay, with a device led by hand behind it. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { joinByHand, type Pushed } from '../testkit/hand-device.ts'
import { openNeighbourhood } from '../testkit/neighbourhood.ts'
import { until } from '../testkit/until.ts'
import { createClient, RelayError } from './index.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const client = createClient({ url: street.url, key: street.adminKey })

/** A device that answers as `respond` says. */
async function openDevice(id: string, respond: (pushed: Pushed) => object | Promise<object>) {
  const device = await joinByHand(street, id)
  device.serve(respond)
  await until(`${id} is online`, async () => (await client.devices.find(id)).state === 'online')
  return device
}

test('get reads objects, and tells which of them failed', async () => {
  const errors = { nothing: { code: 'unknown-object', message: 'No such object.' } }
  await using _device = await openDevice('reads', () => ({ values: { model: 'Hand' }, errors }))
  const { device, values, errors: failed } = await client.get('reads', ['model', 'nothing'])
  assert.equal(device, 'reads')
  assert.deepEqual(values, { model: 'Hand' })
  assert.equal(failed['nothing']?.code, 'unknown-object')
})

test('set tells what now holds at the device', async () => {
  await using _device = await openDevice('sets', ({ request }) => ({ values: request.set, errors: {} }))
  const answer = await client.set('sets', { location: '2nd floor' })
  assert.ok('values' in answer)
  assert.deepEqual(answer.values, { location: '2nd floor' })
})

test('a command takes its arguments along and brings the result back', async () => {
  await using _device = await openDevice('acts', ({ request }) => ({
    result: `${request.command} ${request.arguments?.['seconds']}`,
  }))
  const answer = await client.command('acts', 'identify', { seconds: 5 })
  assert.ok('result' in answer)
  assert.equal(answer.result, 'identify 5')
})

test('what the device refused comes as a RelayError with its words', async () => {
  await using _device = await openDevice('refuses', () => ({ refused: 'The cover is open.' }))
  await assert.rejects(
    client.command('refuses', 'identify'),
    (error) =>
      error instanceof RelayError &&
      error.code === 'device-refused' &&
      error.outcome === 'answered' &&
      /The cover is open\./.test(error.message),
  )
})

test('an asynchronous request is pending at once, and its outcome is found by ID', async () => {
  const gate = Promise.withResolvers<void>()
  await using _device = await openDevice('later', async () => {
    await gate.promise
    return { values: { model: 'Hand' }, errors: {} }
  })
  const pending = await client.request('later', { get: ['model'] }, { async: true })
  assert.ok('outcome' in pending)
  assert.equal(pending.outcome, 'pending')
  assert.equal((await client.findRequest(pending.requestId)).outcome, 'pending')
  gate.resolve()
  const found = await until('it is answered', async () => {
    const view = await client.findRequest(pending.requestId)
    return view.outcome === 'answered' && view
  })
  assert.deepEqual(found.values, { model: 'Hand' })
})

test('a deferred request waits for the device to come back', async () => {
  const { secret } = await client.devices.add({ id: 'away' })
  assert.match(secret, /^.{16,}$/)
  const pending = await client.set('away', { location: 'here' }, { deliverWithinSeconds: 60 })
  assert.ok('outcome' in pending)
  await client.devices.remove('away')
  const dropped = await client.findRequest(pending.requestId)
  assert.equal(dropped.outcome, 'not-sent')

  await using device = await joinByHand(street, 'back')
  const waiting = await client.set('back', { location: 'here' }, { deliverWithinSeconds: 60 })
  assert.ok('outcome' in waiting)
  device.serve(({ request }) => ({ values: request.set, errors: {} }))
  const found = await until('it is answered', async () => {
    const view = await client.findRequest(waiting.requestId)
    return view.outcome === 'answered' && view
  })
  assert.deepEqual(found.values, { location: 'here' })
})

test('the same idempotency key has the same thing done once', async () => {
  let done = 0
  await using _device = await openDevice('once', ({ request }) => {
    done++
    return { values: request.set, errors: {} }
  })
  const again = () => client.set('once', { location: 'a' }, { idempotencyKey: 'k-1' })
  assert.deepEqual(await again(), await again())
  assert.equal(done, 1)
  await assert.rejects(client.set('once', { location: 'b' }, { idempotencyKey: 'k-1' }), { code: 'key-reused' })
  assert.equal(done, 1)
})

test('RelayError tells code, status, outcome, request ID and when to try again', async () => {
  const gate = Promise.withResolvers<void>()
  await using _device = await openDevice('slow', async ({ request }) => {
    await gate.promise
    return { values: request.set, errors: {} }
  })
  const first = await client.set('slow', { location: 'a' }, { idempotencyKey: 'k-2', async: true })
  assert.ok('outcome' in first)
  const second = client.set('slow', { location: 'a' }, { idempotencyKey: 'k-2' })
  const error = await second.then(
    () => assert.fail('It was not refused.'),
    (thrown: unknown) => thrown,
  )
  gate.resolve()
  assert.ok(error instanceof RelayError)
  assert.equal(error.code, 'in-progress')
  assert.equal(error.status, 409)
  assert.equal(error.outcome, 'rejected')
  assert.ok((error.retryAfterSeconds ?? 0) >= 1)
  assert.match(error.requestId ?? '', /^[\w-]{8,}$/)
  assert.equal(error.problem.type, 'urn:fairlead:problem:in-progress')
  assert.match(error.message, /^[A-Z].*\.$/)
})

test('an offline device is told with its reason, and that nothing was sent', async () => {
  await client.devices.add({ id: 'off' })
  const error = await client.get('off', ['model']).then(
    () => assert.fail('It was not refused.'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof RelayError)
  assert.equal(error.code, 'device-offline')
  assert.equal(error.outcome, 'not-sent')
  assert.equal(error.problem['reason'], 'never-seen')
})

test('a call that is aborted ends with the reason of the abort', async () => {
  await using _device = await openDevice('mute', () => new Promise<object>(() => {}))
  const hangUp = new AbortController()
  const asked = client.get('mute', ['model'], { signal: hangUp.signal })
  hangUp.abort(new Error('no longer wanted'))
  await assert.rejects(asked, /no longer wanted/)
})

test('devices.all() walks over all pages, each device once', async () => {
  await client.accounts.add({ id: 'many' })
  const ids = Array.from({ length: 7 }, (_, index) => `many-${index}`)
  for (const id of ids) await client.devices.add({ id, account: 'many', tags: ['walk'] })
  const seen: string[] = []
  for await (const { id } of client.devices.all({ account: 'many', tag: 'walk', limit: 3 })) seen.push(id)
  assert.deepEqual(seen.sort(), ids)
  const page = await client.devices.list({ account: 'many', limit: 3 })
  assert.equal(page.items.length, 3)
  assert.equal(typeof page.nextCursor, 'string')
})

test('a key is made, works within its scopes, and ends', async () => {
  await client.accounts.add({ id: 'acme', name: 'Acme' })
  assert.ok((await client.accounts.list()).items.some(({ id, name }) => id === 'acme' && name === 'Acme'))
  const { keyId, key } = await client.keys.add({ account: 'acme', scopes: ['devices:read'] })
  const narrow = createClient({ url: street.url, key })
  assert.deepEqual((await narrow.devices.list()).items, [])
  await assert.rejects(narrow.devices.add({ id: 'mine' }), { code: 'forbidden' })
  await client.keys.remove(keyId)
  assert.ok((await client.keys.list()).items.every((one) => one.keyId !== keyId))
  await assert.rejects(narrow.devices.list(), { code: 'unauthorized', status: 401 })
})

test('a rotated secret is a new one', async () => {
  const { secret } = await client.devices.add({ id: 'turned' })
  const { secret: next } = await client.devices.rotate('turned')
  assert.notEqual(next, secret)
})
