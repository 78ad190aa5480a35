/** How many pages a PWG Raster has (PWG 5102.4): its lines are passed over, page after page, and their lengths must add up. */
import { Failure } from '@fairlead/base'

const sync = /^(RaS2|2SaR)/
const headBytes = 1796
const [heightAt, bitsPerPixelAt, bytesPerLineAt] = [376, 388, 392]

/** @throws {Failure} `device-refused` */
export function countRasterPages(raster: Buffer): number {
  const mark = raster.toString('latin1', 0, 4)
  if (!sync.test(mark)) throw broken('it does not begin as one')
  const isLittle = mark === '2SaR'
  let at = 4
  let pages = 0
  while (at < raster.length) {
    if (at + headBytes > raster.length) throw broken('it ends within the head of a page')
    const number = (offset: number) => (isLittle ? raster.readUInt32LE(at + offset) : raster.readUInt32BE(at + offset))
    const height = number(heightAt)
    const pixelBytes = Math.max(1, number(bitsPerPixelAt) >> 3)
    const lineBytes = number(bytesPerLineAt)
    if (height === 0 || lineBytes === 0 || lineBytes % pixelBytes > 0) throw broken('a page has no size')
    at += headBytes
    // A line tells how often it comes besides (PWG 5102.4 §4.4).
    for (let line = 0; line < height; ) {
      line += 1 + byteAt(raster, at)
      at = endOfLine(raster, at + 1, lineBytes, pixelBytes)
    }
    pages++
  }
  if (pages === 0) throw broken('it has no pages')
  return pages
}

/** Up to 127: one pixel so many times and once more; from 129: so many pixels as 257 has more; 128: white to the end. */
function endOfLine(raster: Buffer, start: number, lineBytes: number, pixelBytes: number): number {
  let at = start
  for (let written = 0; written < lineBytes; ) {
    const code = byteAt(raster, at++)
    if (code === 128) return at
    const isRun = code < 128
    written += (isRun ? code + 1 : 257 - code) * pixelBytes
    at += (isRun ? 1 : 257 - code) * pixelBytes
  }
  if (at > raster.length) throw broken('it ends within a line')
  return at
}

function byteAt(raster: Buffer, at: number): number {
  const byte = raster[at]
  if (byte === undefined) throw broken('it ends within a page')
  return byte
}

const broken = (why: string) => new Failure('device-refused', `The printer cannot read the raster: ${why}.`)
