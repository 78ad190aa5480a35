/** What the log says of a record that is away: once that it is, once that it is back, and nothing of each thing that failed meanwhile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, Failure, type Log, silentLog } from '@fairlead/base'
import { createOutage, RecordAway } from './outage.ts'

function watched() {
  const lines: string[] = []
  const clock = createHandClock()
  const log: Log = {
    ...silentLog,
    error: (event, _msg, error, facts = {}) =>
      void lines.push(`${event} ${error instanceof Error ? error.message : (error ?? '')} ${JSON.stringify(facts)}`),
    info: (event, _msg, facts) => void lines.push(`${event} ${JSON.stringify(facts)}`),
  }
  return { lines, clock, outage: createOutage(log, clock) }
}

test('an outage is said once, whatever fails because of it, and once that it is over', () => {
  const { lines, clock, outage } = watched()
  outage.worked('write')
  for (let fails = 0; fails < 3; fails++) {
    outage.failed('write', new Error('the server is gone'))
    outage.log.error('jobs.not-swept', 'x', new RecordAway('unavailable', 'away'))
    outage.log.error(
      'devices.presence-lost',
      'x',
      new Failure('unavailable', 'later', { cause: new RecordAway('unavailable', 'away') }),
    )
    clock.pass(4_000)
  }
  assert.deepEqual(lines.splice(0), ['database.away the server is gone {"way":"write"}'])
  outage.worked('write')
  assert.deepEqual(lines.splice(0), [], 'a disk that is full takes a little now and then')
  clock.pass(1_000)
  outage.worked('write')
  outage.worked('write')
  assert.deepEqual(lines.splice(0), [
    'database.back {"way":"write","seconds":13,"failed":"jobs.not-swept 3, devices.presence-lost 3"}',
  ])
})

test('that it can be read says nothing of writing, and what failed for another reason is told as that', () => {
  const { lines, clock, outage } = watched()
  outage.failed('write', 'full')
  outage.failed('read', 'gone')
  clock.pass(10_000)
  outage.worked('read')
  outage.log.error('jobs.not-swept', 'x', new Failure('unavailable', 'a bug'))
  assert.deepEqual(lines, [
    'database.away full {"way":"write"}',
    'database.away gone {"way":"read"}',
    'database.back {"way":"read","seconds":10,"failed":""}',
    'jobs.not-swept a bug {}',
  ])
})

test('a relay that ends before the record is back says what is lost with that', () => {
  const { lines, outage } = watched()
  outage[Symbol.dispose]()
  outage.failed('write', 'full')
  outage.log.error('sessions.not-kept', 'x', new RecordAway('unavailable', 'away'))
  outage[Symbol.dispose]()
  assert.deepEqual(lines.slice(1), ['database.away  {"failed":"sessions.not-kept 1"}'])
})
