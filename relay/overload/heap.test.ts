/** What is taken for needed of a heap that holds garbage as well. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { neededOf, watchHeap } from './heap.ts'

test('R-12 what is left after a collection is needed; while nobody knows, all but a tenth of the heap is', () => {
  assert.equal(neededOf(0.05, undefined), 0)
  assert.ok(Math.abs(neededOf(0.86, undefined) - 0.76) < 1e-9)
  assert.equal(neededOf(0.84, 0.8), 0.8)
  assert.ok(Math.abs(neededOf(0.84, 0.3) - 0.74) < 1e-9, 'what came since may be needed')
  assert.equal(neededOf(0.5, 0.8), 0.5, 'what has gone since is not')
})

test('of a heap that has room nothing is watched, and it needs no more than it holds', () => {
  using heap = watchHeap(0.75)
  const share = heap.neededShare()
  assert.ok(share >= 0 && share < 0.65, `${share}`)
})

test('R-12 room for young objects is none for old ones, wherever the size of the heap was said', () => {
  const file = new URL('heap.ts', import.meta.url)
  const show = `import { oldRoom } from '${file}'; console.log(oldRoom() / 2 ** 20)`
  const room = (options: readonly string[], nodeOptions: string) => {
    const environment = { ...process.env, NODE_OPTIONS: nodeOptions }
    const ran = spawnSync(process.execPath, [...options, '--input-type=module', '-e', show], { env: environment })
    return Number(ran.stdout)
  }
  const roomy = '--max-semi-space-size=32'
  assert.equal(room([roomy, '--max-old-space-size=48'], ''), 48)
  assert.equal(room([roomy], '--max_old_space_size=64'), 64)
  assert.equal(room([roomy, '--max-old-space-size=48'], '--max-old-space-size=64'), 48)
  assert.ok(room([], '') > 256)
})
