/** Values, answers and times in words. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ageOf, shortTime, timeInWords } from './times.ts'
import { answerInWords, requestInWords, wordsOf } from './words.ts'

const inWords = (name: string, value: Parameters<typeof wordsOf>[0]) =>
  answerInWords({ values: { [name]: value }, errors: {} })

test('numbers have their units, and what is not known is said to be not known', () => {
  assert.equal(inWords('toner.black', 37), 'toner.black: 37 %')
  assert.equal(inWords('toner.black', 'some'), 'toner.black: some left (this model does not say how much)')
  assert.equal(inWords('toner.black', 'unknown'), 'toner.black: unknown')
  assert.equal(inWords('pages', { value: 34_910, unit: 'impressions' }), 'pages: 34910 impressions')
  assert.equal(inWords('location', ''), 'location: (none)')
})

test('lists are words too', () => {
  assert.equal(inWords('alerts', []), 'alerts: (none)')
  assert.equal(inWords('alerts', ['no-paper', 'door-open']), 'alerts: no-paper, door-open')
  const supplies = [
    { description: 'Black', level: 40, capacity: 80, unit: 'percent', percent: 50 },
    { description: 'Waste', level: 'some', capacity: 'unknown', unit: 'items', percent: null },
    { description: 'Drum', level: 'unknown', capacity: 'unknown', unit: 'items', percent: null },
    { description: 'Staples', level: 40, capacity: 'unknown', unit: 'items', percent: null },
  ]
  assert.deepEqual(inWords('supplies', supplies).split('\n    '), [
    'supplies:',
    'Black: 50 %',
    'Waste: some left (this model does not say how much)',
    'Drum: not known',
    'Staples: 40 of unknown items',
  ])
  const trays = [{ index: 1, name: 'Tray 1', level: 20, capacity: 250, media: 'iso_a4_210x297mm' }]
  assert.equal(inWords('trays', trays), 'trays:\n    Tray 1: 20 of 250, iso_a4_210x297mm')
})

test('no control character, separator or turn of the reading direction reaches the terminal, wherever it stands', () => {
  const evil = '\u001b[31m\u009b\u007f\n\r\u2028\u202e\u2066'
  const answer = answerInWords({
    values: {
      location: evil,
      pages: { value: evil, unit: evil },
      alerts: [evil],
      trays: [{ name: evil, level: evil, media: evil }],
      [evil]: { [evil]: evil },
    },
    errors: { name: { code: 'bad-value', message: evil } },
  })
  assert.doesNotMatch(answer, /[^\P{Cc}\n]|[\u2028\u202e\u2066]/u)
  assert.equal(answer.split('\n').length, 7)
  assert.equal(wordsOf('\u00e9\u65e5\u{1f5a8}'), '\u00e9\u65e5\u{1f5a8}')
})

test('a request is called done only when the device said so', () => {
  const request = { requestId: 'r', device: 'mfp', kind: 'set', acceptedAt: '2026-01-01T00:00:00.000Z' } as const
  const now = Date.parse('2026-01-01T00:03:00.000Z')
  assert.match(requestInWords({ ...request, outcome: 'pending' }, now), /^set of mfp: waiting since .* \(3 min ago\)$/)
  const lost = { ...request, outcome: 'unknown', code: 'connection-lost' } as const
  assert.equal(
    requestInWords(lost, now),
    'set of mfp: sent, no answer (connection-lost): it may or may not have been done',
  )
})

test('times stand in the zone of the reader, with their age', () => {
  const at = new Date(2026, 0, 2, 3, 4, 5).toISOString()
  const after = (seconds: number) => ageOf(at, Date.parse(at) + seconds * 1000)
  assert.equal(shortTime(at), '2026-01-02 03:04')
  assert.equal(timeInWords(at, Date.parse(at) + 90_000), '2026-01-02 03:04 (1 min ago)')
  assert.deepEqual([-5, 0, 1, 59, 60, 3600, 172_800].map(after), [
    'just now',
    'just now',
    '1 s ago',
    '59 s ago',
    '1 min ago',
    '1 h ago',
    '2 d ago',
  ])
})
