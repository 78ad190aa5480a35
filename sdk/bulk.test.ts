/** Many devices: how many at once, what is told of each, and how it is stopped. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BulkResult, inBulk } from './bulk.ts'

const devices = Array.from({ length: 20 }, (_, number) => `d-${number}`)

test('each device is tried once, at most so many at once, and a failure is its own', async () => {
  let running = 0
  let most = 0
  const results: BulkResult<string>[] = []
  await inBulk(
    devices,
    async (device) => {
      most = Math.max(most, ++running)
      await new Promise(setImmediate)
      running--
      if (device === 'd-3') throw new Error('it is off')
      return device.toUpperCase()
    },
    { atOnce: 4, told: (result) => results.push(result) },
  )
  assert.equal(most, 4)
  assert.deepEqual(results.map(({ device }) => device).sort(), [...devices].sort())
  assert.deepEqual(
    results.filter(({ is }) => is === 'failed').map(({ device }) => device),
    ['d-3'],
  )
})

test('once it is stopped nothing more begins, and what was under way is told', async () => {
  const stop = new AbortController()
  const gate = Promise.withResolvers<void>()
  const begun: string[] = []
  const told: string[] = []
  const done = inBulk(
    devices,
    async (device) => {
      begun.push(device)
      await gate.promise
    },
    { signal: stop.signal, told: ({ device }) => told.push(device) },
  )
  stop.abort()
  gate.resolve()
  await done
  assert.deepEqual(begun, devices.slice(0, 8))
  assert.deepEqual(told, begun)
})
