/** Translation, by rules that a model's data file might hold. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { UsageError } from '@fairlead/base'
import { readRules } from './rules.ts'
import { createTranslation } from './translation.ts'

const builtIn = readFileSync(new URL('./models.yaml', import.meta.url), 'utf8')
const own = `
- name: stitcher
  models: ["Stitch*"]
  objects:
    speed: { oid: 1.3.6.1.4.1.99999.1, scale: 0.1 }
    mode: { oid: 1.3.6.1.4.1.99999.2, words: { 1: sew, 2: embroider } }
    stitches: { oid: 1.3.6.1.4.1.99999.3, unit: stitches }
    toner.black: { percent: { level: 1.3.6.1.4.1.99999.4, capacity: 1.3.6.1.4.1.99999.5 } }
`
const translation = createTranslation([...readRules(own, 'own.yaml'), ...readRules(builtIn, 'models.yaml')])
const stitcher = { model: 'STITCH 9000', features: [] }

test('A13 names become the OIDs of the model, and the answer comes back under the names', () => {
  const asked = translation.translate(stitcher, { get: ['speed', 'toner.black', 'mode', 'stitches', 'location'] })
  assert.deepEqual(asked?.get, [
    '1.3.6.1.4.1.99999.1',
    '1.3.6.1.4.1.99999.4',
    '1.3.6.1.4.1.99999.5',
    '1.3.6.1.4.1.99999.2',
    '1.3.6.1.4.1.99999.3',
    'location',
  ])
  const answer = asked?.back({
    values: {
      '1.3.6.1.4.1.99999.1': 25,
      '1.3.6.1.4.1.99999.4': 30,
      '1.3.6.1.4.1.99999.5': 120,
      '1.3.6.1.4.1.99999.2': 2,
      '1.3.6.1.4.1.99999.3': 7,
    },
    errors: { location: { code: 'unknown-object', message: 'No such object.' } },
  })
  assert.deepEqual(answer, {
    values: { speed: 2.5, 'toner.black': 25, mode: 'embroider', stitches: { value: 7, unit: 'stitches' } },
    errors: { location: { code: 'unknown-object', message: 'No such object.' } },
  })
})

test('A13 a SET is turned back: scale divided, words into numbers', () => {
  const asked = translation.translate(stitcher, { set: { speed: 2.5, mode: 'sew' } })
  assert.deepEqual(asked?.set, { '1.3.6.1.4.1.99999.1': 25, '1.3.6.1.4.1.99999.2': 1 })
})

test('A13 a level that says nothing certain stays some or unknown', () => {
  const asked = translation.translate(stitcher, { get: ['toner.black'] })
  const level = (value: number, capacity: number) =>
    asked?.back({ values: { '1.3.6.1.4.1.99999.4': value, '1.3.6.1.4.1.99999.5': capacity }, errors: {} }).values
  assert.deepEqual(level(-3, 100), { 'toner.black': 'some' })
  assert.deepEqual(level(-2, 100), { 'toner.black': 'unknown' })
  assert.deepEqual(level(150, 100), { 'toner.black': 'unknown' })
})

test('A13 an error of one of two OIDs is the error of the name', () => {
  const asked = translation.translate(stitcher, { get: ['toner.black'] })
  const silent = { code: 'no-answer', message: 'Silent.' } as const
  const answer = asked?.back({ values: { '1.3.6.1.4.1.99999.4': 3 }, errors: { '1.3.6.1.4.1.99999.5': silent } })
  assert.deepEqual(answer, { values: {}, errors: { 'toner.black': silent } })
})

test('A13 a device that knows names, or that no rule matches, is asked as it is', () => {
  assert.equal(translation.translate({ model: 'Stitch', features: ['object-names'] }, { get: ['speed'] }), undefined)
  assert.equal(translation.translate({ model: 'Other', features: [] }, { get: ['toner.black'] }), undefined)
  assert.equal(translation.translate(stitcher, { get: ['1.3.6.1.2.1.1.1.0'] }), undefined)
})

test('A13 the built-in rules: a model like the Printer-MIB with its own page count, and the feature oids-only', () => {
  const hp = translation.translate({ model: 'HP LaserJet 400', features: [] }, { get: ['pages', 'location'] })
  assert.deepEqual(hp?.get, ['1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.5.0', '1.3.6.1.2.1.1.6.0'])
  const plain = translation.translate({ model: undefined, features: ['oids-only'] }, { get: ['pages'] })
  assert.deepEqual(plain?.get, ['1.3.6.1.2.1.43.10.2.1.4.1.1'])
})

test('a rules file that is wrong is refused with the place', () => {
  const refused = (text: string, words: RegExp) =>
    assert.throws(
      () => readRules(text, 'x.yaml'),
      (error) => error instanceof UsageError && words.test(error.message),
    )
  refused('- name: a\n  objects: {b: {oid: .1.3}}', /x\.yaml.*OID/)
  refused('- name: a\n  like: b\n  objects: {}', /a is like b/)
  refused('{', /^[^\n]*not YAML[^\n]*\.$/)
})
