/** Colours in the words of real life. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { colorInWords, colorOfColorant } from './colors.ts'

for (const [description, color] of [
  ['Black Toner Cartridge', 'black'],
  ['TONER BK', 'black'],
  ['Tonerkartusche Schwarz', 'black'],
  ['Schwarztoner', 'black'],
  ['Cartouche de toner noire', 'black'],
  ['ブラックトナー', 'black'],
  ['トナー（黒）', 'black'],
  ['Toner (Cyan)', 'cyan'],
  ['Zyantoner', 'cyan'],
  ['シアン', 'cyan'],
  ['Magenta-Toner', 'magenta'],
  ['マゼンタトナー', 'magenta'],
  ['Gelbtoner', 'yellow'],
  ['Encre jaune', 'yellow'],
  ['イエロー', 'yellow'],
  ['Grüne Tinte', 'green'],
  ['Encre bleue', 'blue'],
  ['Rot', 'red'],
  ['Photo Black Ink', 'black'],
  ['Hellcyan', 'cyan'],
  ['Cyan Photoconductive Drum', 'cyan'],
] as const)
  test(`${description} is ${color}`, () => assert.equal(colorInWords(description), color))

for (const description of [
  'Rotation unit',
  'Registered drum',
  'Waste Toner',
  'Vertical tray',
  'Fuser',
  'Cyan/Magenta/Yellow',
  '',
])
  test(`"${description}" names no colour`, () => assert.equal(colorInWords(description), undefined))

test('a colorant is a name, and unknown is none', () => {
  assert.deepEqual(
    ['Black', 'Light Cyan', 'matte black', 'schwarz', 'clear', 'none', 'unknown', '', '<b>'].map(colorOfColorant),
    ['black', 'light-cyan', 'matte-black', 'black', 'clear', undefined, undefined, undefined, undefined],
  )
})
