/** B8 in hostile lives: nothing is ordered without its three conditions, once for each cartridge, and every order is heard of. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFolder } from '../folder.ts'
import { playOrders } from './orders.ts'

const seeds = Number(process.env['FAIRLEAD_ORDERS'] ?? 6)

test(`B8 ${seeds} lives of two devices, each decided by its seed: every order had its reasons, and none was lost`, async () => {
  const done = new Map<string, number>()
  let orders = 0
  for (let seed = 1; seed <= seeds; seed++) {
    await using folder = await openFolder()
    const played = await playOrders(seed, folder.path)
    assert.deepEqual(played.broken, [], `seed ${seed}:\n${played.steps.join('\n')}`)
    orders += played.orders.length
    for (const [name, count] of played.done) done.set(name, (done.get(name) ?? 0) + count)
  }
  assert.ok((done.get('a crash in the middle') ?? 0) >= seeds, JSON.stringify([...done]))
  assert.ok(orders > 2 * seeds, `only ${orders} orders`)
})
