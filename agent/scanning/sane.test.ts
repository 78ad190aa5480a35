/** SANE's own test scanner, by its real program: what it makes, and what it says when it does not. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '@fairlead/base'
import { type Folder, openFolder } from '../../testkit/folder.ts'
import { createSaneScanner, type SaneNeeds } from './sane.ts'
import { type Scanned, ScanSettings } from './scanner.ts'
import { createVirtualScanner } from './virtual-scanner.ts'

let folder: Folder
before(async () => {
  folder = await openFolder()
  await mkdir(join(folder.path, 'sane'))
  await writeFile(join(folder.path, 'sane', 'dll.conf'), 'test\n')
})
after(() => folder[Symbol.asyncDispose]())

/** Source: sane-test(5) */
async function scan(
  more: string[],
  needs: Partial<SaneNeeds> = {},
  settings = {},
  signal = new AbortController().signal,
) {
  const environment = { PATH: process.env['PATH'], SANE_CONFIG_DIR: join(folder.path, 'sane') }
  await writeFile(join(folder.path, 'sane', 'test.conf'), ['number_of_devices 1', ...more, ''].join('\n'))
  const file = join(folder.path, 'scan')
  const scanner = createSaneScanner({ device: 'test:0', clock: systemClock, environment, ...needs })
  return await scanner.scan(ScanSettings.parse({ resolution: 75, ...settings }), file, signal)
}

const beginnings = { 'application/pdf': '%PDF-', 'image/png': '\x89PNG', 'image/jpeg': '\xff\xd8\xff' } as const

test('A14 each format is what it says', async () => {
  for (const [format, beginning] of Object.entries(beginnings)) {
    const scanned = await scan(['test-picture "Color pattern"'], {}, { format })
    const content = await readFile(join(folder.path, 'scan'))
    assert.deepEqual(scanned, { state: 'done', bytes: content.length })
    assert.equal(content.toString('latin1', 0, beginning.length), beginning)
  }
})

test('A14 what keeps a scanner from it is told apart, and leaves nothing', async () => {
  const cases: [string, string[], Partial<SaneNeeds>][] = [
    ['busy', ['read-status-code "SANE_STATUS_DEVICE_BUSY"'], {}],
    ['jammed', ['read-status-code "SANE_STATUS_JAMMED"'], {}],
    ['no-paper', ['read-status-code "SANE_STATUS_NO_DOCS"'], {}],
    ['cover-open', ['read-status-code "SANE_STATUS_COVER_OPEN"'], {}],
    ['denied', ['read-status-code "SANE_STATUS_ACCESS_DENIED"'], {}],
    ['broken', ['read-status-code "SANE_STATUS_IO_ERROR"'], {}],
    ['no-scanner', [], { device: 'test:7' }],
    ['no-scanner', [], { device: 'nothing' }],
    ['no-program', [], { command: 'scanimage-that-nobody-has' }],
    ['too-large', [], { limits: { seconds: 60, megabytes: 0.001 } }],
    ['too-long', ['read-delay true', 'read-delay-duration 200000'], { limits: { seconds: 0.2, megabytes: 9 } }],
  ]
  for (const [problem, settings, needs] of cases) {
    const scanned = await scan(settings, needs, { resolution: 300, format: 'image/png' })
    assert.equal(problemOf(scanned), problem, JSON.stringify([settings, needs, scanned]))
  }
  assert.deepEqual(
    (await readdir(folder.path)).filter((name) => name.endsWith('.part')),
    [],
  )
})

test('A14 a scan is given up, and the scanner is free again', async () => {
  const givenUp = new AbortController()
  const slow = scan(['read-delay true', 'read-delay-duration 200000'], {}, { resolution: 300 }, givenUp.signal)
  setImmediate(() => givenUp.abort())
  assert.equal(problemOf(await slow), 'cancelled')
  assert.equal((await scan([])).state, 'done')
})

test('A14 the page of a virtual scanner is one that other programs can read', async () => {
  const file = join(folder.path, 'drawn')
  const never = new AbortController().signal
  for (const [format, color] of [
    ['application/pdf', 'color'],
    ['image/png', 'gray'],
  ] as const) {
    const scanned = await createVirtualScanner().scan({ format, color, resolution: 300 }, file, never)
    assert.equal(scanned.state, 'done')
    if (format === 'image/png') continue
    const image = execFileSync('pdftoppm', ['-r', '10', file], { stdio: ['ignore', 'pipe', 'pipe'] })
    assert.match(image.toString('latin1', 0, 20), /^P6\n83 117\n255\n/)
  }
})

function problemOf(scanned: Scanned): string | undefined {
  return scanned.state === 'failed' ? scanned.problem : undefined
}
