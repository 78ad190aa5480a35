/** `toner.black<20`, read and compared. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { meets, readWhere, textFits } from './where-text.ts'

test('an object, an operator and a value are read, with and without room between them', () => {
  assert.deepEqual(readWhere('toner.black<20'), { object: 'toner.black', operator: '<', value: 20 })
  assert.deepEqual(readWhere(' pages >= 1e3 '), { object: 'pages', operator: '>=', value: 1000 })
  assert.deepEqual(readWhere('1.3.6.1.2.1=-.5'), { object: '1.3.6.1.2.1', operator: '=', value: -0.5 })
  assert.deepEqual(readWhere('status==idle'), { object: 'status', operator: '=', value: 'idle' })
  assert.deepEqual(readWhere('location!=2nd floor*'), { object: 'location', operator: '!=', value: '2nd floor*' })
  assert.deepEqual(readWhere('serial="0042"'), { object: 'serial', operator: '=', value: '0042' })
  assert.deepEqual(readWhere('name=""'), { object: 'name', operator: '=', value: '' })
})

test('what it cannot be is named', () => {
  for (const text of ['', 'toner.black', 'toner.black<', '<20', 'a'.repeat(300), `a=${'x'.repeat(256)}`, 'a b<2'])
    assert.equal(readWhere(text), 'form', text)
  for (const text of ['constructor=1', '-a=1', '1=1', "x';drop=1", "x')--=1", `${'a'.repeat(129)}=1`])
    assert.equal(readWhere(text), 'object', text)
  for (const text of ['pages<many', 'pages<1e999', 'pages=1e999', 'pages>NaN', 'pages<0x10', 'pages<"20"', 'a<>2'])
    assert.equal(readWhere(text), 'number', text)
})

const met = (text: string, value: unknown): boolean => {
  const where = readWhere(text)
  assert.ok(typeof where === 'object', text)
  return meets(where)(value)
}

test('a number is met by numbers alone, and by nothing that is not known', () => {
  for (const text of ['toner.black<20', 'toner.black<=20', 'toner.black!=30', 'toner.black>-1']) {
    assert.ok(met(text, 7), text)
    for (const value of [undefined, null, 'some', '7', true, [7], { value: 7 }]) assert.ok(!met(text, value), text)
  }
  assert.ok(!met('pages<20', 20) && met('pages<=20', 20) && met('pages>=20', 20) && !met('pages>20', 20))
  assert.ok(met('pages=20', 20) && !met('pages=20', '20') && met('pages="20"', '20') && !met('pages="20"', 20))
})

test('a text is met whatever its case, with * for anything, and != by other texts alone', () => {
  assert.ok(met('status=IDLE', 'idle') && met('model=MFC*', 'mfc-9') && met('duplex=true', true))
  assert.ok(met('status!=idle', 'printing') && !met('status!=idle', 'idle') && !met('status!=idle', 5))
  assert.ok(!met('status!=idle', undefined))
})

test('the parts around * stand in order and do not overlap', () => {
  const fits = (pattern: string, text: string) => textFits(pattern)(text)
  assert.ok(fits('*', '') && fits('a*b*c', 'aXbYc') && fits('*b*', 'abc') && fits('a**c', 'ac') && fits('*a', 'aa'))
  assert.ok(!fits('a*a', 'a') && !fits('ab*bc', 'abc') && !fits('a*c*b', 'abc') && !fits('a', 'ab') && !fits('', 'a'))
  const startedMs = performance.now()
  assert.ok(!fits(`${'*a'.repeat(120)}b`, 'a'.repeat(1000)))
  assert.ok(performance.now() - startedMs < 100)
})
