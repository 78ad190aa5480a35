/** Options from flags, environment and file: which one counts, and what is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flagsOf, readSettings, type SettingSources, UsageError } from './index.ts'

const table = {
  listen: { kind: 'text', default: '127.0.0.1:8080', describe: 'where to listen' },
  waitSeconds: { kind: 'integer', min: 5, max: 55, unit: 'seconds', default: 30, describe: 'how long' },
  adminKey: { kind: 'text', secret: true, matches: /^.{16,}$/, mustBe: 'at least 16 long', describe: 'the key' },
  enrolment: { kind: 'choice', of: ['open', 'list'], default: 'open', describe: 'who may come' },
  anonymous: { kind: 'switch', describe: 'for tests' },
  corsOrigin: { kind: 'list', describe: 'whose pages' },
} as const

function read(sources: Partial<SettingSources>) {
  return readSettings(table, { flags: {}, environment: {}, ...sources })
}

function refused(sources: Partial<SettingSources>, ...words: RegExp[]) {
  assert.throws(
    () => read(sources),
    (error) => error instanceof UsageError && words.every((word) => word.test(error.message)),
    words.join(),
  )
}

test('what nobody sets has its default', () => {
  assert.deepEqual(read({}), {
    listen: '127.0.0.1:8080',
    waitSeconds: 30,
    adminKey: undefined,
    enrolment: 'open',
    anonymous: false,
    corsOrigin: [],
  })
})

test('a flag beats the environment beats the file', () => {
  const file = { waitSeconds: 10 }
  const environment = { FAIRLEAD_WAIT_SECONDS: '20' }
  assert.equal(read({ file }).waitSeconds, 10)
  assert.equal(read({ file, environment }).waitSeconds, 20)
  assert.equal(read({ file, environment, flags: { waitSeconds: '40' } }).waitSeconds, 40)
  assert.equal(read({ file, environment: { FAIRLEAD_WAIT_SECONDS: '' } }).waitSeconds, 10)
})

test('a name that no option has is refused, with the one that was meant', () => {
  refused({ file: { 'cors-origin': [] } }, /has cors-origin, which is no option here: write corsOrigin\./)
  refused({ file: { constructor: 1 } }, /constructor/)
  refused({ flags: { waiting: 1 } }, /--waiting is no option here\./)
  assert.equal(read({ flags: { waiting: undefined } }).waitSeconds, 30)
})

test('a value out of bounds is told with its name, place and bounds', () => {
  refused({ flags: { waitSeconds: '4' } }, /^--wait-seconds is "4": it must be a whole number from 5 to 55 seconds\.$/)
  refused({ environment: { FAIRLEAD_WAIT_SECONDS: '56' } }, /^FAIRLEAD_WAIT_SECONDS is "56"/)
  refused({ file: { waitSeconds: 5.5 } }, /^waitSeconds in the configuration file is 5\.5/)
  for (const odd of ['', ' 30', '0x1e', '3e1', '-30', true, [30]])
    refused({ flags: { waitSeconds: odd } }, /whole number/)
  refused({ flags: { enrolment: 'shut' } }, /open or list/)
  refused({ flags: { anonymous: 'maybe' } }, /on or off/)
  refused({ file: { listen: 8080 } }, /within quotes/)
  refused({ file: { corsOrigin: [1] } }, /one or several texts/)
})

test('all that is wrong is told at once, and a secret is never repeated', () => {
  refused({ flags: { waitSeconds: '4', enrolment: 'shut' } }, /--wait-seconds/, /--enrolment/)
  assert.throws(
    () => read({ flags: { adminKey: 'canary' } }),
    (error: Error) => /--admin-key .* at least 16 long/.test(error.message) && !error.message.includes('canary'),
  )
})

test('whatever a file holds, what is wrong is told in one line of bearable length', () => {
  const circle: unknown[] = [1]
  circle.push(circle)
  refused(
    { file: { corsOrigin: circle } },
    /^corsOrigin in the configuration file is \[1,…\]: it must be one or several/,
  )
  refused({ file: { waitSeconds: { a: circle } } }, /^waitSeconds in the configuration file is \{…\}: it must/)
  for (const odd of ['a\nb', 'a\0'])
    for (const file of [{ listen: odd }, { corsOrigin: ['a', odd.replace('\n', '\x0b\x1b')] }])
      refused({ file }, /^[^\n]* is [^\n]*: it must be/)
  refused({ file: { 'a\nb': 1 } }, /^The configuration file has "a\\nb", which is no option here\.$/)
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`x${at}`, 'y'.repeat(1000)]))
  const long = { ...many, enrolment: 'z'.repeat(10_000), ['n'.repeat(10_000)]: 1 }
  refused({ file: long }, /^[^\n]{1,2000} So are 992 more\.$/)
})

test('switches and lists are read from each place', () => {
  for (const on of [true, 'on', 'TRUE', 'yes', '1']) assert.equal(read({ flags: { anonymous: on } }).anonymous, true)
  for (const off of [false, 'off', 'false', 'no', '0'])
    assert.equal(read({ flags: { anonymous: off } }).anonymous, false)
  assert.deepEqual(read({ flags: { corsOrigin: ['a', 'b'] } }).corsOrigin, ['a', 'b'])
  assert.deepEqual(read({ environment: { FAIRLEAD_CORS_ORIGIN: 'a, b c' } }).corsOrigin, ['a', 'b', 'c'])
  assert.deepEqual(read({ file: { corsOrigin: 'a' } }).corsOrigin, ['a'])
})

test('an empty file is no file, and a file that is a list is refused', () => {
  assert.equal(read({ file: null }).waitSeconds, 30)
  refused({ file: ['wait'] }, /names and values/)
  refused({ file: 'wait' }, /names and values/)
})

test('the table becomes flags for the command line', () => {
  const flags = flagsOf(table)
  assert.deepEqual(flags[1], {
    flags: '--wait-seconds <seconds>',
    describe: 'how long (default 30)',
    repeatable: false,
  })
  assert.deepEqual(
    flags.map((flag) => flag.flags),
    [
      '--listen <text>',
      '--wait-seconds <seconds>',
      '--admin-key <text>',
      '--enrolment <open|list>',
      '--anonymous [on|off]',
      '--cors-origin <text>',
    ],
  )
  assert.deepEqual(
    flags.filter((flag) => flag.repeatable).map((flag) => flag.flags),
    ['--cors-origin <text>'],
  )
})
