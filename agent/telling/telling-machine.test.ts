/** What is told of a device that nobody asked: what grew, what changed, each once, whatever the counter does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '@fairlead/protocol/contract'
import { newTelling, nextToTell, recalled, step, type Telling, type TellingEffect } from './telling-machine.ts'

const startMs = Date.parse('2026-11-28T03:00:00.000Z')
const pages = (value: number, unit = 'impressions') => ({ value, unit })

/** @returns what the look added to what waits */
function look(state: Telling, objects: Record<string, Json>, afterMs = 0): unknown[] {
  const before = state.waiting.length
  step(state, { kind: 'looked', objects }, startMs + afterMs, [])
  return state.waiting.slice(before).map((event) => (event.type === 'printed' ? event.pages : event.values))
}

/** One that has been looked at. */
function known(objects: Record<string, Json>): Telling {
  const state = newTelling('first')
  assert.deepEqual(look(state, objects), [], 'the register process has told all that')
  return state
}

test('B7 a counter that grows is printed pages, and is told as it stands', () => {
  const state = known({ pages: pages(100) })
  assert.deepEqual(look(state, { pages: pages(100) }), [])
  assert.deepEqual(look(state, { pages: pages(103) }), [3, { pages: pages(103) }])
  assert.deepEqual(
    state.waiting.map(({ id, at }) => [id, at]),
    [
      ['first 1', '2026-11-28T03:00:00.000Z'],
      ['first 2', '2026-11-28T03:00:00.000Z'],
    ],
  )
})

test('B7 a counter that fell, that counts something else, or that is another device’s is no printing; one that was unknown goes on', () => {
  const state = known({ pages: pages(100), serial: 'A' })
  const printed = (objects: Record<string, Json>) =>
    look(state, objects, 1e9).filter((told) => typeof told === 'number')
  assert.deepEqual(printed({ pages: pages(4), serial: 'A' }), [])
  assert.deepEqual(printed({ pages: pages(6), serial: 'A' }), [2])
  assert.deepEqual(printed({ serial: 'A' }), [])
  assert.deepEqual(printed({ pages: 'unknown' }), [])
  assert.deepEqual(printed({ pages: pages(9) }), [3], 'all that it has printed meanwhile')
  assert.deepEqual(printed({ pages: pages(9_000), serial: 'B' }), [], 'another device stands there now')
  assert.deepEqual(printed({ pages: pages(9_001), serial: 'B' }), [1])
  assert.deepEqual(printed({ pages: pages(20_000, 'sheets'), serial: 'B' }), [])
})

test('B7 only what has changed is told, a level once a minute at most, an alert at once', () => {
  const state = known({ 'toner.black': 40, 'toner.cyan': 70, alerts: [] })
  assert.deepEqual(look(state, { 'toner.black': 39, 'toner.cyan': 70, alerts: [] }), [{ 'toner.black': 39 }])
  assert.deepEqual(look(state, { 'toner.black': 38, alerts: [] }, 30_000), [])
  assert.deepEqual(look(state, { 'toner.black': 37, alerts: ['jammed'] }, 40_000), [{ alerts: ['jammed'] }])
  assert.deepEqual(look(state, { 'toner.black': 37, alerts: [] }, 41_000), [{ alerts: [] }])
  assert.deepEqual(look(state, { 'toner.black': 37 }, 60_000), [{ 'toner.black': 37 }])
  assert.deepEqual(look(state, { 'toner.black': 'unknown' }, -1e6), [{ 'toner.black': 'unknown' }], 'a clock set back')
})

test('B7 what the relay may have stays as it is; while it is away for long the newest takes in what comes', () => {
  const state = known({ pages: pages(0) })
  for (let count = 1; count <= 100; count++) look(state, { pages: pages(count) }, count * 60_000)
  assert.equal(state.waiting.length, 50)
  const sum = (of: Telling) => of.waiting.reduce((all, event) => all + (event.type === 'printed' ? event.pages : 0), 0)
  assert.equal(sum(state), 100, 'no page is lost')

  const tried = nextToTell(state, 10).map((event) => JSON.stringify(event))
  const again = recalled(JSON.parse(JSON.stringify(state)))
  const before = JSON.stringify(again.waiting)
  look(again, { pages: pages(200) }, 1e9)
  assert.equal(JSON.stringify(again.waiting.slice(0, 50)), before, 'any of them may have been sent before the end')
  assert.equal(sum(again), 200)

  const effects: TellingEffect[] = []
  step(again, { kind: 'done', events: 10 }, startMs, effects)
  assert.deepEqual(effects, [{ kind: 'keep' }, { kind: 'tell' }])
  assert.ok(!again.waiting.some((event) => tried.includes(JSON.stringify(event))))
  assert.equal(new Set(again.waiting.map(({ id }) => id)).size, again.waiting.length)
  step(again, { kind: 'forget' }, startMs, [])
  assert.deepEqual([again.waiting, look(again, { pages: pages(500) })], [[], []], 'nothing of it is the next owner’s')
})
