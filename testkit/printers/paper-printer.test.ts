/** Printers that are slow, busy, out of paper, that drop what they read and say what is not so: each end is true. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openDriver } from '@fairlead/agent/drivers'
import { silentLog } from '@fairlead/base'
import { type Folder, openFolder } from '../folder.ts'
import { until } from '../until.ts'
import { startPaperPrinter } from './paper.ts'
import type { GivenPaperOptions } from './paper-options.ts'
import { print } from './printed.ts'
import { quickClock } from './quick-clock.ts'

let folder: Folder
let file: string
let large: string
let printers = 0
before(async () => {
  folder = await openFolder()
  file = join(folder.path, 'document')
  large = join(folder.path, 'large')
  await writeFile(file, 'one\ftwo\fthree\f')
  await writeFile(large, `one\f${'.'.repeat(2_000_000)}\fthree\f`)
})
after(() => folder[Symbol.asyncDispose]())

const start = (options: Omit<GivenPaperOptions, 'folder'> = {}) =>
  startPaperPrinter(join(folder.path, `printer-${++printers}`), options)
const whole = ['one', 'two', 'three']

test('M1 all copies of all pages come out, and are told as they do', async () => {
  await using printer = await start()
  const printed = await print(printer.uri, { file, ticket: { copies: 2 } })
  assert.deepEqual(await printed.end, { state: 'done', pages: 6 })
  assert.deepEqual(printer.pages(), [...whole, ...whole])
  assert.deepEqual(
    printed.pages,
    printed.pages.toSorted((one, other) => one - other),
  )
})

test('M1 a printer without paper is waited for, in its words; one that does not count is not counted for', async () => {
  await using printer = await start({ sheets: 1, counts: false })
  const printed = await print(printer.uri, { file })
  await until('somebody is asked for paper', () => printed.waits.at(-1) === 'media-empty')
  assert.deepEqual(printer.pages(), ['one'])
  await printer.tell('paper')
  assert.deepEqual(await printed.end, { state: 'done', pages: undefined })
  assert.deepEqual(printer.pages(), whole)
})

test('M1 one that is busy takes it later, once', async () => {
  await using printer = await start({ busy: 2 })
  const printed = await print(printer.uri, { file })
  assert.deepEqual(await printed.end, { state: 'done', pages: 3 })
  assert.deepEqual(printer.pages(), whole)
})

test('M1 what is cancelled while it waits for paper is cancelled, with the page that came out', async () => {
  await using printer = await start({ sheets: 1 })
  const printed = await print(printer.uri, { file })
  await until('it waits', () => printed.waits.at(-1) === 'media-empty')
  printed.cancel()
  assert.deepEqual(await printed.end, { state: 'cancelled', pages: 1 })
  assert.deepEqual(printer.pages(), ['one'])
})

test('M1 a document that breaks off on its way before anything is printed is sent again, and comes out once', async () => {
  await using printer = await start({ drops: { afterBytes: 500_000, times: 2 } })
  const printed = await print(printer.uri, { file: large })
  assert.deepEqual(await printed.end, { state: 'done', pages: 3 })
  assert.equal(printer.pages().length, 3)
})

test('M1 one that breaks off when a page has come out is not begun anew', async () => {
  await using printer = await start({ drops: { afterBytes: 500_000, times: 1 }, streams: true, pageMs: 0 })
  const printed = await print(printer.uri, { file: large })
  const end = await printed.end
  assert.ok(end.state === 'failed' && /broke off/.test(end.reason), JSON.stringify(end))
  assert.deepEqual([end.pages, printer.pages()], [1, ['one']])
})

test('M1 a printer that says that it is done, and has counted less than there is, is not believed', async () => {
  await using printer = await start({ loses: 1 })
  const end = await (await print(printer.uri, { file })).end
  assert.ok(end.state === 'unknown' && /counted 2 of 3 pages/.test(end.reason), JSON.stringify(end))
  assert.deepEqual([end.pages, printer.pages()], [2, ['one', 'two']])
})

test('M1 a printer that takes no jobs without their document prints once, also when the connection breaks off', async () => {
  await using printer = await start({ createsJobs: false, drops: { afterBytes: 500_000, times: 1 } })
  const printed = await print(printer.uri, { file: large })
  assert.deepEqual(await printed.end, { state: 'done', pages: 3 })
  assert.equal(printer.pages().length, 3)
})

test('A12 name and location are set at a printer that lets them be, and read back', async () => {
  await using printer = await start()
  await using driver = await openDriver(printer.uri, { clock: quickClock, log: silentLog })
  const { values, errors } = await driver.set({ location: '2nd floor', name: 'Lobby', model: 'x' })
  assert.deepEqual(values, { location: '2nd floor', name: 'Lobby' })
  assert.equal(errors['model']?.code, 'read-only')
  assert.deepEqual((await driver.get(['location'])).values, { location: '2nd floor' })
})

test('M1 what it cannot do is refused in words, before it has heard of it', async () => {
  await using printer = await start()
  const said = async (format: string, ticket = {}) => {
    const end = await (await print(printer.uri, { file, format, ticket })).end
    return end.state === 'failed' ? end.reason : assert.fail(end.state)
  }
  assert.match(await said('application/x-plan'), /does not take application\/x-plan; it takes: text\/plain/)
  assert.match(await said('text/plain', { copies: 100 }), /99 of a document at most/)
  assert.match(await said('text/plain', { pages: '2-' }), /cannot print a part of a document/)
  assert.deepEqual(printer.pages(), [])
})
