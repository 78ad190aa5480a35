/** Documents through CUPS' own IPP Everywhere printer, which nobody here wrote. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { silentLog } from '@fairlead/base'
import { attributesOf, ipp } from '@fairlead/protocol/ipp'
import { type Folder, openFolder } from '../../testkit/folder.ts'
import { type IppEvePrinter, openIppEvePrinter } from '../../testkit/printers/ippeveprinter.ts'
import { print } from '../../testkit/printers/printed.ts'
import { pagesOfRaster } from '../../testkit/printers/pwg-raster.ts'
import { quickClock } from '../../testkit/printers/quick-clock.ts'
import { until } from '../../testkit/until.ts'
import { openDriver } from './drivers.ts'
import { createIppClient } from './ipp-client.ts'
import { readIppUrl } from './ipp-target.ts'
import { texts } from './ipp-told.ts'
import { createKeyStore, createPrinterKey } from './printer-key.ts'

/** A PNG of one red pixel. */
const redDot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC'

let folder: Folder
let printer: IppEvePrinter
let gate: string
let document: string

before(async () => {
  folder = await openFolder()
  gate = join(folder.path, 'gate')
  document = join(folder.path, 'document')
  await writeFile(gate, '')
  await writeFile(document, '%!PS\n1 1 3 { pop 100 100 200 200 rectfill showpage } for\n')
  // What the printer does with a document: it waits for the gate.
  const work = join(folder.path, 'work')
  await writeFile(work, `#!/bin/sh\nwhile [ ! -e ${gate} ]; do sleep 0.05; done\necho "ATTR: job-impressions=3" >&2\n`)
  await chmod(work, 0o755)
  printer = await openIppEvePrinter(['-2', '-c', work, '-f', 'image/pwg-raster,text/plain'])
})
after(async () => {
  await printer[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

const postScript = (ticket = {}) => ({ file: document, format: 'application/postscript', ticket })

test('M1 what the printer takes, and what is converted for it, is told in the words of the API', async () => {
  await using driver = await openDriver(printer.uri, { clock: quickClock, log: silentLog })
  const can = (await driver.printing?.abilities()) ?? assert.fail('it answers')
  assert.deepEqual(can.formats, [
    ...['image/pwg-raster', 'text/plain', 'application/octet-stream', 'application/pdf', 'application/postscript'],
    ...['image/jpeg', 'image/png'],
  ])
  assert.deepEqual([can.mostCopies, can.takesPageRanges, can.mediaDefault], [1, true, 'na_letter_8.5x11in'])
  assert.deepEqual(can.sides?.toSorted(), ['one-sided', 'two-sided-long-edge', 'two-sided-short-edge'])
})

test('N7 M1 a document comes out of a stock printer, with the pages that it has', async () => {
  const printed = await print(printer.uri, postScript({ sides: 'two-sided-long-edge', pages: '2-' }))
  const end = await printed.end
  assert.equal(end.state, 'done', JSON.stringify(end))
  const [spooled = assert.fail('it has a document')] = await printer.spool()
  const pages = pagesOfRaster(await readFile(spooled))
  assert.deepEqual(
    pages.map(({ width, isTwoSided }) => [width, isTwoSided]),
    [
      [2550, true],
      [2550, true],
    ],
  )
  assert.match(spooled, /report_txt_fl-/)
  assert.equal(existsSync(`${document}.converted`), false)
})

test('N7 M1 an image comes out of a stock printer that takes none: as its raster, and as a PDF where it takes that', async () => {
  const image = join(folder.path, 'image')
  await writeFile(image, Buffer.from(redDot, 'base64'))
  const before = (await printer.spool()).length
  const printed = await print(printer.uri, { file: image, format: 'image/png', ticket: { media: 'iso_a4_210x297mm' } })
  assert.equal((await printed.end).state, 'done')
  const pages = pagesOfRaster(await readFile((await printer.spool())[before] ?? assert.fail('it has the image')))
  assert.deepEqual(
    pages.map(({ width, height }) => [width, height]),
    [[2479, 3508]],
  )
  assert.deepEqual([existsSync(`${image}.pdf`), existsSync(`${image}.pdf.converted`)], [false, false])
  const end = await (await print(printer.uri, { file: image, format: 'image/png', ticket: { pages: '2-' } })).end
  assert.ok(end.state === 'failed' && /An image has one page/.test(end.reason), JSON.stringify(end))
  const lie = await (await print(printer.uri, { file: image, format: 'image/jpeg' })).end
  assert.ok(lie.state === 'failed' && /does not begin as a JPEG/.test(lie.reason), JSON.stringify(lie))

  await using other = await openIppEvePrinter(['-f', 'application/pdf'])
  const asPdf = await print(other.uri, { file: image, format: 'image/png', ticket: { pages: '1' } })
  assert.equal((await asPdf.end).state, 'done')
  const [spooled = assert.fail('it has the PDF')] = await other.spool()
  assert.match(await readFile(spooled, 'latin1'), /^%PDF-1\.5.*\/Predictor 15/s)
})

test('B5 a page of the agent comes out of it; with paper missing it may come still, and switched off it will not', async () => {
  await using driver = await openDriver(printer.uri, { clock: quickClock, log: silentLog })
  const paper = driver.paper ?? assert.fail('it prints pages')
  await paper.print('To confirm, type:\n\nRIVER 4827')
  const spooled = (await printer.spool()).at(-1) ?? assert.fail('it has a page')
  assert.match(await readFile(spooled, 'latin1'), /RIVER 4827\r\n\f$/)
  await rm(gate)
  await assert.rejects(paper.print('x'), { code: 'device-timeout', message: /look whether it comes out/ })
  await writeFile(gate, '')
  await printer.switchOff()
  await assert.rejects(paper.print('x'), { code: 'device-refused', message: /does not answer/ })
  await printer.switchOn()
})

test('M1 what it does not take, and nobody can convert, is refused before it has heard of it', async () => {
  const before = await printer.spool()
  const end = await (await print(printer.uri, { file: document, format: 'image/tiff' })).end
  assert.ok(end.state === 'failed' && /does not take image\/tiff; it takes: image\/pwg-raster/.test(end.reason))
  assert.deepEqual(await printer.spool(), before)
})

test('M1 a job that is under way is cancelled at the printer', async () => {
  await rm(gate)
  const before = (await printer.spool()).length
  const printed = await print(printer.uri, { file: document })
  await until('it prints', async () => (await printer.spool()).length === before + 1)
  printed.cancel()
  const key = createPrinterKey({ at: '', named: undefined, store: createKeyStore(), log: silentLog })
  const client = createIppClient({ target: readIppUrl(printer.uri), key, clock: quickClock })
  await until('it is to stop', async () => {
    const operation = { 'requested-attributes': ipp.keyword('job-state-reasons') }
    const { groups } = await client.ask('Get-Jobs', { operation })
    return texts(attributesOf(groups, 'job'), 'job-state-reasons').includes('processing-to-stop-point')
  })
  await writeFile(gate, '')
  assert.equal((await printed.end).state, 'cancelled')
})

test('M1 a job that the printer forgot when it was off is not printed twice, and one that it never had is printed', async () => {
  await rm(gate)
  const before = (await printer.spool()).length
  const lost = await print(printer.uri, { file: document })
  await until('it prints', async () => (await printer.spool()).length === before + 1)
  await printer.switchOff()
  const late = await print(printer.uri, { file: document })
  await writeFile(gate, '')
  await printer.switchOn()
  const end = await lost.end
  assert.ok(end.state === 'unknown' && /knows nothing of the job any more/.test(end.reason), JSON.stringify(end))
  assert.equal((await late.end).state, 'done')
  assert.equal((await printer.spool()).length, before + 2)
})
