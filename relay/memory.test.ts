/** Memory is given back when it is worth it and nobody is in a hurry. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, silentLog } from '@fairlead/base'
import { watchMemory } from './memory.ts'

function openWatch() {
  const clock = createHandClock()
  const state = { heap: 20, utilization: 0, needed: 20, collections: 0 }
  const watch = watchMemory({
    clock,
    log: silentLog,
    heapBytes: () => state.heap,
    takeUtilization: () => state.utilization,
    collect() {
      state.collections++
      state.heap = state.needed
    },
  })
  const pass = (seconds: number) => {
    for (let second = 0; second < seconds; second++) clock.pass(1000)
  }
  return { state, pass, watch }
}

test('after a storm memory is given back once it is calm, and what the storm has left a minute later', () => {
  const { state, pass } = openWatch()
  Object.assign(state, { heap: 200, needed: 90, utilization: 0.9 })
  pass(60)
  assert.equal(state.collections, 0)
  state.utilization = 0.02
  pass(5)
  assert.equal(state.collections, 0)
  pass(5)
  assert.deepEqual([state.collections, state.heap], [1, 90])
  state.needed = 40
  pass(59)
  assert.equal(state.collections, 1)
  pass(1)
  assert.deepEqual([state.collections, state.heap], [2, 40])
  pass(3600)
  assert.equal(state.collections, 2)
})

test('a pause in a storm is no calm', () => {
  const { state, pass } = openWatch()
  state.heap = 200
  for (let turn = 0; turn < 20; turn++) {
    state.utilization = turn % 2 === 0 ? 0.05 : 0.9
    pass(5)
  }
  assert.equal(state.collections, 0)
})

test('what is in use is no reason to stop again, and a second storm waits for a minute', () => {
  const { state, pass } = openWatch()
  Object.assign(state, { heap: 60, needed: 60 })
  pass(120)
  assert.equal(state.collections, 2)
  state.heap = 119
  pass(3600)
  assert.equal(state.collections, 2)
  state.heap = 120
  pass(5)
  assert.equal(state.collections, 3)
  state.heap = 120
  pass(55)
  assert.equal(state.collections, 3)
  pass(5)
  assert.equal(state.collections, 4)
})

test('closed, it looks no more', () => {
  const { state, pass, watch } = openWatch()
  watch[Symbol.dispose]()
  state.heap = 200
  pass(3600)
  assert.equal(state.collections, 0)
})
