/** Documents become what printers take, and those that would hang or fill the disk are given up. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '@fairlead/base'
import type { PrintTicket } from '@fairlead/protocol/contract'
import { attributesFrom, ipp } from '@fairlead/protocol/ipp'
import { type Folder, openFolder } from '../../testkit/folder.ts'
import { pagesOfRaster } from '../../testkit/printers/pwg-raster.ts'
import { until } from '../../testkit/until.ts'
import { type ConvertLimits, createConverter } from './convert.ts'
import { targetFor } from './convert-targets.ts'

let folder: Folder
before(async () => {
  folder = await openFolder()
})
after(() => folder[Symbol.asyncDispose]())

const limits: ConvertLimits = { seconds: 60, pages: 10, megabytes: 8 }
const forever = new AbortController().signal
/** Four pages, each with its number on it. */
const fourPages =
  '%!PS-Adobe-3.0\n/Helvetica findfont 40 scalefont setfont\n1 1 4 { 100 400 moveto 20 string cvs show showpage } for\n'

/** A printer that takes this format, prints in colour, and knows two resolutions. */
const printerFor = (format: string) =>
  attributesFrom({
    'document-format-supported': ipp.mimeMediaType('application/octet-stream', format),
    'media-default': ipp.keyword('iso_a4_210x297mm'),
    'print-color-mode-supported': ipp.keyword('color', 'monochrome'),
    'pwg-raster-document-resolution-supported': ipp.resolution(
      { crossFeed: 300, feed: 300, units: 3 },
      { crossFeed: 150, feed: 150, units: 3 },
    ),
    'pwg-raster-document-type-supported': ipp.keyword('sgray_8', 'srgb_8'),
    'pwg-raster-document-sheet-back': ipp.keyword('rotated'),
    'urf-supported': ipp.keyword('V1.4', 'W8', 'SRGB24', 'RS150-300', 'DM3'),
  })

async function convert(document: string | Buffer, format: string, ticket: PrintTicket = {}, given = limits) {
  const file = join(folder.path, 'a 100% document')
  await writeFile(file, document)
  const target = targetFor(printerFor(format), ticket) ?? assert.fail('it takes something')
  const made = await createConverter(systemClock, { limits: given }).convert(relative('', file), target, forever)
  if ('refusal' in made) return { refusal: made.refusal, bytes: Buffer.alloc(0) }
  const bytes = await readFile(made.file)
  assert.equal(bytes.length, made.bytes)
  await made[Symbol.asyncDispose]()
  assert.equal(existsSync(`${file}.converted`), false)
  return { refusal: undefined, bytes }
}

test('M1 PostScript becomes PDF, and that what each printer takes', async () => {
  const pdf = (await convert(fourPages, 'application/pdf')).bytes
  const begins: [string, string][] = [
    ['application/pdf', '%PDF-'],
    ['application/postscript', '%!PS-'],
    ['image/pwg-raster', 'RaS2PwgRaster\0'],
    ['image/urf', 'UNIRAST\0'],
    ['application/vnd.hp-pclxl', '\x1b%-12345X'],
    ['application/vnd.hp-pcl', '\x1bE'],
  ]
  for (const [format, beginning] of begins) {
    const { bytes } = await convert(pdf, format)
    assert.ok(bytes.toString('latin1', 0, 40).includes(beginning), format)
  }
})

test('M1 a raster has the pages that were asked for, on the sheet, as fine and as coloured as the printer can', async () => {
  const ticket = { pages: '1,3-', media: 'na_letter_8.5x11in', sides: 'two-sided-long-edge' } as const
  const pages = pagesOfRaster((await convert(fourPages, 'image/pwg-raster', ticket)).bytes)
  const letter = { width: 2550, height: 3300, dotsPerInch: 300, colorSpace: 19, isTwoSided: true }
  assert.deepEqual(pages, [letter, letter, letter])
  const draft = { quality: 'draft', color: 'monochrome' } as const
  const [page] = pagesOfRaster((await convert(fourPages, 'image/pwg-raster', draft)).bytes)
  assert.deepEqual(page, { width: 1240, height: 1754, dotsPerInch: 150, colorSpace: 18, isTwoSided: false })
})

test('M1 a document that never ends, or grows without end, is given up in words, and leaves nothing', async () => {
  const endless = await convert('%!PS\n{ } loop\n', 'image/pwg-raster', {}, { ...limits, seconds: 1 })
  assert.match(endless.refusal ?? '', /within 1 seconds/)
  const noise = '%!PS\n{ 2000 { rand 600 mod rand 800 mod rand 9 mod 1 rectfill } repeat showpage } loop\n'
  const large = await convert(noise, 'image/pwg-raster', {}, { ...limits, megabytes: 1 })
  assert.match(large.refusal ?? '', /larger than 1 MB/)
  const pdf = (await convert(fourPages, 'application/pdf')).bytes
  const long = await convert(pdf, 'image/pwg-raster', {}, { ...limits, pages: 3 })
  assert.match(long.refusal ?? '', /more than 3 pages/)
  assert.equal(existsSync(join(folder.path, 'a 100% document.converted')), false)
})

test('M1 a damaged document is refused, and one that reads the files of this machine', async () => {
  assert.match((await convert('%PDF-1.7\nnothing', 'image/pwg-raster')).refusal ?? '', /cannot be read/)
  const curious = '%!PS\n(/etc/passwd) (r) file 100 string readline pop 100 400 moveto show showpage\n'
  assert.match((await convert(curious, 'image/pwg-raster')).refusal ?? '', /cannot be read/)
})

test('M1 what is cancelled ends at once', async () => {
  const file = join(folder.path, 'endless')
  await writeFile(file, '%!PS\n{ } loop\n')
  const target = targetFor(printerFor('image/urf'), {}) ?? assert.fail()
  const stop = new AbortController()
  const converting = createConverter(systemClock, { limits }).convert(file, target, stop.signal)
  await until('it is at work', () => existsSync(`${file}.converted`))
  stop.abort()
  await assert.rejects(converting, { name: 'AbortError' })
  assert.equal(existsSync(`${file}.converted`), false)
})

test('M1 without Ghostscript it is known to be missing', async () => {
  assert.equal(await createConverter(systemClock, { command: 'no-ghost-here' }).isThere(), false)
  assert.equal(await createConverter(systemClock).isThere(), true)
})
