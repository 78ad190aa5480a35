/** Attributes are found by name and syntax, and what is not as it must be is told with a status. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attributesFrom, attributesOf, findAll, findOne, ipp, mustFindOne } from './attributes.ts'
import { dateTimeOf, msOf } from './date-time.ts'

const attributes = attributesFrom({
  copies: ipp.integer(2),
  sides: ipp.keyword('one-sided', 'two-sided-long-edge'),
  media: [...ipp.keyword('iso_a4_210x297mm'), ...ipp.name('Letterhead')],
  'job-name': [{ tag: 'nameWithLanguage', value: 'Rechnung', language: 'de' }],
  'printer-location': ipp.none('unknown'),
  'media-col': ipp.collection(attributesFrom({ 'media-type': ipp.keyword('stationery') })),
  'left-out': undefined,
})

test('one value is found as what it is', () => {
  const copies: number | undefined = findOne(attributes, 'copies', 'integer')
  assert.equal(copies, 2)
  assert.equal(findOne(attributes, 'job-name', 'name'), 'Rechnung')
  assert.equal(findOne(mustFindOne(attributes, 'media-col', 'collection'), 'media-type', 'keyword'), 'stationery')
})

test('several values are found, also of several syntaxes', () => {
  assert.deepEqual(findAll(attributes, 'sides', 'keyword'), ['one-sided', 'two-sided-long-edge'])
  assert.deepEqual(findAll(attributes, 'media', 'keyword', 'name'), ['iso_a4_210x297mm', 'Letterhead'])
})

test('what is not there is undefined, or missing where it must be', () => {
  assert.equal(findOne(attributes, 'left-out', 'integer'), undefined)
  assert.equal(findAll(attributes, 'constructor', 'keyword'), undefined)
  assert.throws(() => mustFindOne(attributes, 'job-id', 'integer'), { kind: 'missing', statusCode: 0x0400 })
  assert.equal(attributesOf([], 'operation').size, 0)
  assert.equal(attributesOf([{ kind: 'job', attributes }], 'job'), attributes)
})

test('another syntax, no value, or more than one where one must be, is refused', () => {
  const refusal = { kind: 'syntax', statusCode: 0x040b }
  assert.throws(() => findOne(attributes, 'copies', 'keyword'), refusal)
  assert.throws(() => findOne(attributes, 'printer-location', 'text'), refusal)
  assert.throws(() => findOne(attributes, 'sides', 'keyword'), refusal)
  assert.throws(() => findAll(attributes, 'media', 'keyword'), refusal)
})

test('a dateTime is a point in time, in whatever zone it was told', () => {
  const ms = Date.UTC(2026, 10, 28, 8, 30, 15, 700)
  const time = dateTimeOf(ms)
  assert.equal(msOf(time), ms)
  assert.equal(msOf({ ...time, hour: 9, offsetHours: 1 }), ms)
  assert.equal(msOf({ ...time, hour: 3, direction: '-', offsetHours: 5 }), ms)
  assert.equal(msOf({ ...time, hour: 14, minute: 0, offsetHours: 5, offsetMinutes: 30 }), ms)
})

test('a day that does not exist is no point in time', () => {
  const time = dateTimeOf(0)
  for (const wrong of [
    { month: 0 },
    { month: 13 },
    { day: 0 },
    { month: 2, day: 30 },
    { hour: 24 },
    { offsetHours: 15 },
  ])
    assert.equal(msOf({ ...time, ...wrong }), undefined)
  assert.equal(msOf({ ...time, second: 60 }), 60_000)
})
