/** B1 B3 codes as they are printed, typed and mistyped. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { inGroups, makeFactoryCode, readFactoryCode } from './factory-code-text.ts'

const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 })

test('B3 Crockford’s own example of a check symbol, and the ends of the range', () => {
  // 1234 = 16J, and 1234 mod 37 = 13 = D (crockford.com/base32.html).
  assert.equal(readFactoryCode('000000000000016JD'), '000000000000016JD')
  assert.equal(makeFactoryCode(new Uint8Array(10)), '00000000000000000')
  // 2^36 is 1 modulo 37, so 2^80 - 1 is 33: the second of the five symbols beyond the digits.
  assert.equal(makeFactoryCode(new Uint8Array(10).fill(255)), `${'Z'.repeat(16)}~`)
})

test('B3 a code is read however it is written: small letters, spaces, hyphens, O for 0, I and L for 1', () => {
  fc.assert(
    fc.property(bytes, fc.nat(), (made, seed) => {
      const code = makeFactoryCode(made)
      assert.equal(readFactoryCode(code), code)
      assert.equal(readFactoryCode(inGroups(code)), code)
      const mangled = [...code.toLowerCase()].map((letter, at) => {
        const one = (seed >> (at % 16)) & 1 ? 'i' : 'L'
        return letter === '0' ? 'o' : letter === '1' ? one : letter
      })
      assert.equal(readFactoryCode(` ${mangled.join(' -')} `), code)
    }),
  )
})

test('S-R1 B3 one character mistyped, or two neighbours swapped, is seen', () => {
  const symbols = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  fc.assert(
    fc.property(bytes, fc.nat(15), fc.nat(31), (made, at, digit) => {
      const code = makeFactoryCode(made)
      const other = symbols[digit] ?? ''
      fc.pre(other !== code[at])
      assert.equal(readFactoryCode(code.slice(0, at) + other + code.slice(at + 1)), undefined)
    }),
  )
  fc.assert(
    fc.property(bytes, fc.nat(14), (made, at) => {
      const code = makeFactoryCode(made)
      const [one = '', two = ''] = [code[at], code[at + 1]]
      fc.pre(one !== two)
      assert.equal(readFactoryCode(code.slice(0, at) + two + one + code.slice(at + 2)), undefined)
    }),
  )
})

test('B3 what is no code is none', () => {
  for (const text of [
    '',
    '0',
    '0'.repeat(16),
    '0'.repeat(18),
    `${'0'.repeat(16)}1`,
    `U${'0'.repeat(16)}`,
    '０'.repeat(17),
    '!'.repeat(17),
  ])
    assert.equal(readFactoryCode(text), undefined, text)
})

test('labels show a code in groups of four', () => {
  assert.equal(inGroups('000000000000016JD'), '0000-0000-0000-016J-D')
})
