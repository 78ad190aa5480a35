/** The device of docs/examples, in Python's standard library, lives at a real relay as docs/protocol.md says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openNeighbourhood } from './neighbourhood.ts'
import { startProcess } from './process.ts'
import { until } from './until.ts'

const example = fileURLToPath(new URL('../docs/examples/device.py', import.meta.url))

test('the example device registers, is reached, answers, survives and comes back after a restart', async () => {
  await using street = await openNeighbourhood({ relay: ['--survival-timeout', '1', '--wait', '5'] })
  const { service } = street
  const { secret } = await street.enrol('coffee-1')
  await using device = await startProcess('python3', [example, street.url, 'coffee-1', secret])
  const isOnline = async () => (await stateOf()) === 'online'
  const stateOf = async () => ((await service.read('/v1/devices/coffee-1')).body as { state: string }).state
  await until('the device is ONLINE', isOnline)

  const read = await service.ask('coffee-1', { get: ['model', 'toner.black'] })
  assert.deepEqual(read.body, {
    ...(read.body as object),
    values: { model: 'Coffee machine' },
    errors: { 'toner.black': { code: 'unknown-object', message: 'This device has no toner.black.' } },
  })
  const set = await service.ask('coffee-1', { set: { location: 'hall', model: 'x' } })
  assert.deepEqual((set.body as { values: object }).values, { location: 'hall' })
  assert.equal(
    ((await service.ask('coffee-1', { command: 'brew' })).body as { result: string }).result,
    'Coffee is ready.',
  )
  assert.equal((await service.ask('coffee-1', { command: 'dance' })).status, 422)

  await until('a survival notification', async () => {
    const metrics = String((await service.read('/metrics')).body)
    return /route="\/device\/v1\/survival",status="200"/.test(metrics)
  })
  await street.restartRelay()
  await until('the device is back', isOnline)
  const again = await service.ask('coffee-1', { get: ['location'] })
  assert.deepEqual((again.body as { values: object }).values, { location: 'hall' })
  assert.equal(device.output().stderr, '')
})

test('the example device says so when its secret is wrong, and ends', async () => {
  await using street = await openNeighbourhood()
  await street.enrol('coffee-1')
  await using device = await startProcess('python3', [example, street.url, 'coffee-1', 'a secret that is wrong'])
  assert.equal((await device.exited).code, 1)
  assert.match(device.output().stderr, /^.+\n$/)
})
