/** JSON from outside, read strictly. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import fc from 'fast-check'
import { readJson } from './index.ts'

function refused(input: string | Uint8Array, words: RegExp) {
  assert.throws(
    () => readJson(input),
    (error) => error instanceof Failure && error.code === 'invalid-request' && words.test(error.message),
    String(input),
  )
}

test('S-X4 names that are special to JavaScript are refused at any depth', () => {
  for (const name of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__']) {
    refused(`{"${name}":1}`, /not allowed/)
    refused(`{"a":[{"b":{"${name}":{}}}]}`, /not allowed/)
  }
})

test('a name given twice is refused, also when it is written differently', () => {
  refused('{"a":1,"a":2}', /twice/)
  refused('{"a":1,"\\u0061":2}', /twice/)
  refused('[{"x":{"b:":1,"b:":":"}}]', /twice/)
  assert.deepEqual(readJson('{"a":{"a":1},"b":":\\":\\\\"}'), { a: { a: 1 }, b: ':":\\' })
})

test('what is not UTF-8 is refused, a byte order mark is not', () => {
  refused(Uint8Array.of(0x22, 0xff, 0x22), /UTF-8/)
  refused(Uint8Array.of(0x22, 0xc0, 0xaf, 0x22), /UTF-8/)
  assert.equal(readJson(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31)), 1)
})

test('a refusal tells the place and never quotes the text', () => {
  refused('{"secret":canary}', /^The body is not JSON/)
  assert.throws(
    () => readJson('{"secret":canary}'),
    (error: Error) => !error.message.includes('canary'),
  )
  refused('', /not JSON/)
})

test('numbers that would lose digits are refused', () => {
  refused('9007199254740993', /decimal string/)
  refused('[1e999]', /decimal string/)
  assert.equal(readJson('9007199254740991'), 9007199254740991)
})

test('nesting ends at 32', () => {
  assert.ok(readJson('['.repeat(32) + ']'.repeat(32)))
  refused('['.repeat(33) + ']'.repeat(33), /deeper than 32/)
  refused('['.repeat(32_000) + ']'.repeat(32_000), /deeper than 32/)
})

test('what JSON.stringify writes is read back', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), (value) => {
      const text = JSON.stringify(value)
      fc.pre(!/"(__proto__|constructor|prototype)":/.test(text) && !/\de\+?(1[6-9]|[2-9]\d|\d{3})/.test(text))
      fc.pre(!/\d{16,}/.test(text))
      assert.deepEqual(readJson(text), JSON.parse(text))
    }),
    { numRuns: 500 },
  )
})
