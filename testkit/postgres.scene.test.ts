/** A relay whose record is on PostgreSQL: it does what one does that keeps it itself, and outlives the server's absence. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openNeighbourhood } from './neighbourhood.ts'
import { startPostgres } from './postgres.ts'
import { assertRefusal } from './refusal.ts'
import { until } from './until.ts'

test('N6 the same program on PostgreSQL: devices, requests and keys, over a crash of the relay', async () => {
  await using server = await startPostgres()
  await using street = await openNeighbourhood({ relay: ['--database-url', await server.newDatabase()] })
  await street.openAgent({ id: 'mfp', driver: 'virtual?location=here' })
  const key = { 'idempotency-key': 'once' }
  const set = { set: { location: '2nd floor' } }
  const first = await street.service.ask('mfp', set, key)
  assert.deepEqual([first.status, first.outcome], [200, 'answered'])
  await street.restartRelay('SIGKILL')
  await until('the device is back', async () => {
    const { body } = await street.service.read('/v1/devices/mfp')
    return Object(body).state === 'online'
  })
  const again = await street.service.ask('mfp', set, key)
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  assert.deepEqual(again.body, first.body)
})

test('N6 while PostgreSQL is away devices are still reached, what must be stored is refused, and all is well when it is back', async () => {
  await using server = await startPostgres()
  await using street = await openNeighbourhood({ relay: ['--database-url', await server.newDatabase()] })
  await street.openAgent({ id: 'mfp' })
  await server.stop()
  const refused = await street.service.post('/v1/devices', { id: 'another' })
  assertRefusal(refused, { status: 503, code: 'unavailable' })
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  assertRefusal(await street.service.read('/readyz'), { status: 503, code: 'unavailable' })
  assertRefusal(await street.service.read('/v1/devices/mfp'), { status: 503, code: 'unavailable' })
  const read = await street.service.ask('mfp', { get: ['model'] })
  assert.deepEqual([read.status, read.outcome], [200, 'answered'])
  await server.start()
  await until('the relay is ready', async () => (await street.service.read('/readyz')).status === 200, 1000)
  assert.equal((await street.service.post('/v1/devices', { id: 'another' })).status, 201)
})
