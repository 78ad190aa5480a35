/** Log lines: whatever is said in them, one is one line, and programs read it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from './log.ts'

test('S-M5 what somebody else made up stays inside its fact: a line is one JSON object with its time in UTC', () => {
  const lines: string[] = []
  const log = createLog((line) => lines.push(line))
  const madeUp = 'mfp-1\n{"level":"error","event":"made-up"}\r\u2028\u001b[2K"'
  log.warn('devices.odd', 'A device has an odd name.', { device: madeUp })
  assert.equal(lines.length, 1)
  const [line = ''] = lines
  assert.match(line, /^[^\n\r\u001b]+\n$/)
  const { time, device, event } = JSON.parse(line)
  assert.deepEqual([device, event], [madeUp, 'devices.odd'])
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})
