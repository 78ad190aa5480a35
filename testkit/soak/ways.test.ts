/** The way between agents and their relay under load is half-open, cut or buffered, three times each. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mustBeTrue } from './for-tests.ts'

// They wait most of the time, so they wait together.
describe('a bad way', { concurrency: 2 }, () => {
  test('A6 R-06 what is half-open is OFFLINE in time, calls meanwhile end truthfully, and it comes back', async () => {
    await mustBeTrue('half-open', 41)
  })

  test('A16 R-08 behind a proxy that cuts idle connections the sessions go on', async () => {
    const { notes } = await mustBeTrue('proxy-cut', 42)
    assert.ok(Number(notes['cuts']) > 4, 'something was cut')
  })

  test('A16 R-08 behind nginx as it comes and behind a proxy that keeps answers back, devices answer and events arrive', async () => {
    await mustBeTrue('proxy-buffer', 43)
  })
})
