/** IDs name their node, and cannot be made up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '@fairlead/base'
import { createIds } from './ids.ts'

const ids = createIds(new Uint8Array(32).fill(1), createSeededRandom(1))

test('N6 an ID names its node, whatever its number', () => {
  for (const node of [0, 1, 255, 256, 65_535]) {
    const id = ids.create(node)
    assert.match(id, /^[A-Za-z0-9_-]{32}$/)
    assert.equal(ids.nodeOf(id), node)
  }
  assert.notEqual(ids.create(1), ids.create(1))
})

test('N6 an ID of another relay, a changed one and anything else is none of ours', () => {
  const id = ids.create(7)
  const others = createIds(new Uint8Array(32).fill(2), createSeededRandom(1))
  assert.equal(ids.nodeOf(others.create(7)), undefined)
  for (let at = 0; at < id.length; at++) {
    const changed = id.slice(0, at) + (id[at] === 'A' ? 'B' : 'A') + id.slice(at + 1)
    assert.equal(ids.nodeOf(changed), undefined, `changed at ${at}`)
  }
  for (const stranger of ['', 'x', `${id}A`, id.slice(1), 'ü'.repeat(32), ' '.repeat(32)])
    assert.equal(ids.nodeOf(stranger), undefined)
})
