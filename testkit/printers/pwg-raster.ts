/** Reads PWG raster as a printer would, to count its pages. Source: PWG 5102.4 §4. */
import assert from 'node:assert/strict'

export interface RasterPage {
  width: number
  height: number
  dotsPerInch: number
  /** 18: sgray, 19: srgb, 3: black. */
  colorSpace: number
  isTwoSided: boolean
}

const headerBytes = 1796

/** @throws {AssertionError} where it is none, or ends too early */
export function pagesOfRaster(bytes: Buffer): RasterPage[] {
  assert.equal(bytes.toString('latin1', 0, 4), 'RaS2')
  const pages: RasterPage[] = []
  for (let at = 4; at < bytes.length; ) {
    const header = bytes.subarray(at, at + headerBytes)
    const field = (offset: number) => header.readUInt32BE(offset)
    const height = field(376)
    pages.push({
      ...{ width: field(372), height, dotsPerInch: field(276), colorSpace: field(400) },
      isTwoSided: field(272) === 1,
    })
    at = endOfLines(bytes, at + headerBytes, { height, bytesPerLine: field(392), unit: Math.max(1, field(388) / 8) })
  }
  return pages
}

/** Runs of equal dots and of different ones, in lines that may be repeated. */
function endOfLines(
  bytes: Buffer,
  start: number,
  page: { height: number; bytesPerLine: number; unit: number },
): number {
  let at = start
  for (let line = 0; line < page.height; ) {
    line += bytes.readUInt8(at++) + 1
    for (let filled = 0; filled < page.bytesPerLine; ) {
      const count = bytes.readUInt8(at++)
      // The rest of the line is white.
      if (count === 128) break
      const dots = count < 128 ? count + 1 : 257 - count
      at += count < 128 ? page.unit : dots * page.unit
      filled += dots * page.unit
    }
  }
  assert.ok(at <= bytes.length, 'the last page is cut off')
  return at
}
