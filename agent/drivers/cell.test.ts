/** Values by OID and back (contract part 5). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Cell, integer, isOid, octets, readCell, renderCell } from './cell.ts'

const bytes = (...values: number[]): Cell => ({ type: 'octets', value: Uint8Array.from(values) })

test('octets are text where they are printable UTF-8, and hexadecimal otherwise', () => {
  assert.equal(renderCell(octets('トナー')), 'トナー')
  assert.equal(renderCell(octets('one\r\ntwo\tthree')), 'one\r\ntwo\tthree')
  assert.equal(renderCell(octets('')), '')
  assert.deepEqual(renderCell(bytes(0xc3)), { hex: 'c3' })
  assert.deepEqual(renderCell(bytes(0x1b, 0x41)), { hex: '1b41' })
  assert.deepEqual(renderCell(bytes(0xc2, 0x85)), { hex: 'c285' })
})

test('one trailing NUL is dropped, a NUL inside makes it no text', () => {
  assert.equal(renderCell(octets('Toner\0')), 'Toner')
  assert.deepEqual(renderCell(octets('To\0ner')), { hex: '546f006e6572' })
})

test('an opaque value is hexadecimal, printable or not', () => {
  assert.deepEqual(renderCell({ type: 'opaque', value: Buffer.from('A') }), { hex: '41' })
})

test('a value is read as the type that the device has', () => {
  assert.deepEqual(readCell(7, integer(0)), integer(7))
  assert.deepEqual(readCell({ hex: 'FF00' }, octets('')), bytes(0xff, 0))
  assert.deepEqual(readCell('18446744073709551615', { type: 'counter64', value: 0n }), {
    type: 'counter64',
    value: 2n ** 64n - 1n,
  })
  assert.deepEqual(readCell('1.3.6', { type: 'oid', value: '0.0' }), { type: 'oid', value: '1.3.6' })
  assert.deepEqual(readCell('192.0.2.1', { type: 'ip', value: '0.0.0.0' }), { type: 'ip', value: '192.0.2.1' })
})

test('what does not fit the type is refused', () => {
  const refused: [Parameters<typeof readCell>[0], Cell][] = [
    ['7', integer(0)],
    [1.5, integer(0)],
    [2 ** 31, integer(0)],
    [-1, { type: 'gauge', value: 0 }],
    [2 ** 32, { type: 'counter', value: 0 }],
    [7, octets('')],
    [{ hex: 'abc' }, octets('')],
    [{ hex: 'ab', more: 1 }, octets('')],
    [null, octets('')],
    ['18446744073709551616', { type: 'counter64', value: 0n }],
    [2 ** 60, { type: 'counter64', value: 0n }],
    ['1.40.1', { type: 'oid', value: '0.0' }],
    ['256.0.0.1', { type: 'ip', value: '0.0.0.0' }],
  ]
  for (const [value, like] of refused) assert.equal(readCell(value, like), undefined, JSON.stringify(value))
})

test('an OID is dotted, without a leading dot, of numbers below 2^32', () => {
  for (const right of ['1.3', '2.999.1', '1.3.6.1.4294967295']) assert.ok(isOid(right), right)
  for (const wrong of [
    '',
    '1',
    '.1.3',
    '1.3.',
    '3.1',
    '1.40',
    '1.3.4294967296',
    '1.03',
    '1.3.x',
    `1.${'1.'.repeat(128)}1`,
  ])
    assert.ok(!isOid(wrong), wrong)
})
