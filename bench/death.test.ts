/** What is made of a node's death that was seen: the table, and the promises that it broke. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokenPromises, type Going, renderGoing, spreadOf } from './going-table.ts'

const good: Going = {
  ...{ what: 'kill -9', devicesOfNode: 500, logIns: 5, logInsOfOthers: 0, continuedPercent: 99, seconds: 16 },
  ...{ online: spreadOf([14, 16]), answered: spreadOf([13, 15]), cpuSeconds: [3, 2.5], postgresCpuSeconds: 0.5 },
  ...{ othersAsked: 1000, othersFailed: {}, othersFailedInHand: { '502 Bad Gateway': 4 }, othersMostMs: 630.4 },
  ...{ ownTold: { '409 device-offline': 2022, '502 connection-lost': 133 }, ownInHand: {} },
}

test('D6 the table has a column for each node that went, and every figure', () => {
  const lines = renderGoing([good, { ...good, what: 'restart', othersFailedInHand: {} }]).split('\n')
  for (const line of lines) assert.equal(line.split('|').length, 5, line)
  for (const row of [
    '| answered again, seconds, p50 / p99 / most | 15.0 / 15.0 / 15.0 | 15.0 / 15.0 / 15.0 |',
    '| sessions that went on, % | 99.00 | 99.00 |',
    '| not answered of those in hand | 4 × 502 Bad Gateway | none |',
  ])
    assert.ok(lines.includes(row), row)
})

test('D6 what is promised of a node that goes is measured: thirty seconds, most sessions, and nothing for the others', () => {
  assert.deepEqual(brokenPromises([good]), [])
  const bad: Going = {
    ...{ ...good, answered: spreadOf([31]), continuedPercent: 94, logInsOfOthers: 2 },
    othersFailed: { '409 device-offline': 2, '502 connection-lost': 1 },
  }
  assert.deepEqual(brokenPromises([good, bad]), [
    'kill -9: some devices were away for 31.0 seconds.',
    'kill -9: only 94.00 % of the sessions went on.',
    'kill -9: 3 requests to devices of the others were not answered.',
    'kill -9: 2 devices of the others had to log in.',
  ])
})
