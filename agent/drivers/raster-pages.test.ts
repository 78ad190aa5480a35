/** Pages of a PWG Raster are counted by passing over them, and what is cut or made up is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countRasterPages } from './raster-pages.ts'

/** A page of three pixels a line, and so many lines. */
function pageOf(height: number, lines: number[]): Buffer {
  const head = Buffer.alloc(1796)
  head.writeUInt32BE(3, 372)
  head.writeUInt32BE(height, 376)
  head.writeUInt32BE(8, 388)
  head.writeUInt32BE(3, 392)
  return Buffer.concat([head, Buffer.from(lines)])
}

const mark = Buffer.from('RaS2')
/** Once, a run of three. */
const run = [0, 2, 0xff]
/** Twice, three of their own. */
const own = [1, 254, 1, 2, 3]
/** Once, white to the end. */
const white = [0, 128]

test('pages are counted, whatever their lines are', () => {
  assert.equal(countRasterPages(Buffer.concat([mark, pageOf(1, run)])), 1)
  assert.equal(countRasterPages(Buffer.concat([mark, pageOf(4, [...run, ...own, ...white]), pageOf(2, own)])), 2)
})

test('what is cut, made up or empty is no raster', () => {
  const whole = Buffer.concat([mark, pageOf(3, [...run, ...own])])
  for (let end = 0; end < whole.length; end += end < 1790 ? 199 : 1)
    assert.throws(() => countRasterPages(whole.subarray(0, end)), /cannot read the raster/, `${end} bytes`)
  assert.throws(() => countRasterPages(Buffer.concat([mark, pageOf(0, [])])), /no size/)
  assert.throws(() => countRasterPages(Buffer.from('RaS3')), /does not begin as one/)
})
