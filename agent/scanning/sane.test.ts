/** SANE's own test scanner, by its real program: the pages that it makes, and what it says when it does not. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '@fairlead/base'
import { type Folder, openFolder } from '../../testkit/folder.ts'
import { bindPages } from './bind-pages.ts'
import { createSaneScanner, readSources, type SaneNeeds } from './sane.ts'
import { pageFile, type ScanFailed, type ScanOrder, ScanSettings } from './scanner.ts'
import { createVirtualScanner } from './virtual-scanner.ts'

let folder: Folder
before(async () => {
  folder = await openFolder()
  await mkdir(join(folder.path, 'sane'))
  await writeFile(join(folder.path, 'sane', 'dll.conf'), 'test\n')
})
after(() => folder[Symbol.asyncDispose]())

const environment = () => ({ PATH: process.env['PATH'], SANE_CONFIG_DIR: join(folder.path, 'sane') })

interface Tried {
  config?: string[]
  needs?: Partial<SaneNeeds>
  order?: Partial<Omit<ScanOrder, 'settings'>>
  settings?: object
  signal?: AbortSignal
}

/** Source: sane-test(5) */
async function scan({ config = [], needs = {}, order = {}, settings = {}, signal }: Tried = {}) {
  await writeFile(join(folder.path, 'sane', 'test.conf'), ['number_of_devices 1', ...config, ''].join('\n'))
  await rm(pages(), { recursive: true, force: true })
  await mkdir(pages())
  const scanner = createSaneScanner({ device: 'test:0', clock: systemClock, environment: environment(), ...needs })
  let told = 0
  const scanned = await scanner.scan(
    {
      settings: ScanSettings.parse({ resolution: 75, ...settings }),
      ...{ source: 'glass', folder: pages(), first: 1, most: 200, mostBytes: 9_000_000, onPage: () => void told++ },
      ...order,
    },
    signal ?? new AbortController().signal,
  )
  return { ...scanned, told, files: (await readdir(pages())).toSorted() }
}

const pages = () => join(folder.path, 'pages')
const files = (count: number) => Array.from({ length: count }, (_, at) => pageFile(at + 1))

test('A14 a scanner says where its pages may lie, whatever its driver calls that', async () => {
  const scanner = createSaneScanner({ device: 'test:0', clock: systemClock, environment: environment() })
  await writeFile(join(folder.path, 'sane', 'test.conf'), 'number_of_devices 1\n')
  assert.deepEqual(await scanner.sources(new AbortController().signal), { sources: ['glass', 'feeder'] })
  // Source: the manual pages of pixma, escl, brother, fujitsu, genesys, epjitsu, hpaio
  for (const [listed, told] of [
    ['Flatbed|Automatic Document Feeder|ADF Duplex [Flatbed]', ['glass', 'feeder', 'feeder-duplex']],
    ['ADF|ADF Duplex|Flatbed [ADF]', ['glass', 'feeder', 'feeder-duplex']],
    [
      'FlatBed|Automatic Document Feeder(left aligned)|Automatic Document Feeder(left aligned,Duplex) [FlatBed]',
      ['glass', 'feeder', 'feeder-duplex'],
    ],
    ['ADF Front|ADF Back|ADF Duplex [ADF Front] [advanced]', ['feeder', 'feeder-duplex']],
    ['Flatbed|Transparency Adapter [Flatbed]', ['glass']],
    ['Flatbed|ADF [inactive]', []],
  ] as const)
    assert.deepEqual(
      [...readSources(`  Scan Mode:\n    --source ${listed}\n        Selects it.\n`).keys()],
      told,
      listed,
    )
  assert.deepEqual([...readSources('    --mode Gray|Color [Gray]\n').keys()], [])
})

test('A14 from the glass comes one page, in each format what it says', async () => {
  const beginnings = {
    'application/pdf': '\xff\xd8\xff',
    'image/png': '\x89PNG',
    'image/jpeg': '\xff\xd8\xff',
  } as const
  for (const [format, beginning] of Object.entries(beginnings)) {
    const scanned = await scan({ config: ['test-picture "Color pattern"'], settings: { format } })
    assert.deepEqual(scanned, { pages: 1, told: 1, files: ['0001'] })
    const content = await readFile(join(pages(), '0001'))
    assert.equal(content.toString('latin1', 0, beginning.length), beginning)
  }
})

test('A14 all that is in the feeder comes in one go, and becomes one PDF as large as the paper', async () => {
  // It is empty after ten (sane-test(5)).
  assert.deepEqual(await scan({ order: { source: 'feeder' } }), { pages: 10, told: 10, files: files(10) })
  const file = join(folder.path, 'bound')
  // What the scanner made of that counts.
  await bindPages(pages(), 10, { format: 'application/pdf', resolution: 600 }, file)
  const said = execFileSync('pdfinfo', [file]).toString()
  assert.match(said, /Pages: +10\n/)
  // 80 x 100 mm
  assert.match(said, /Page size: +226\.\d+ x 283\.\d+ pts/)
  assert.deepEqual(await readdir(pages()), files(10))
  const more = await scan({ order: { source: 'feeder', first: 4, most: 2 } })
  assert.deepEqual(more, { pages: 2, told: 2, files: ['0004', '0005'] })
})

test('A14 an empty feeder is that, and no failure of the scanner', async () => {
  const config = ['read-status-code "SANE_STATUS_NO_DOCS"']
  assert.deepEqual(await scan({ config, order: { source: 'feeder' } }), { pages: 0, told: 0, files: [] })
})

/** The real program; then it ends as it does when paper jams (sane.h: 6). */
async function jamsAfter(sheets: number): Promise<string> {
  const command = join(folder.path, 'jams')
  await writeFile(
    command,
    `#!/bin/sh\nscanimage "$@" --batch-count=${sheets}\necho 'scanimage: sane_start: Document feeder jammed' >&2\nexit 6\n`,
  )
  await chmod(command, 0o700)
  return command
}

test('A14 what was scanned before a jam is there, and is told', async () => {
  const needs = { command: await jamsAfter(3) }
  // It asks where the pages may lie with the same program, which jams at that as well.
  const scanner = createSaneScanner({ device: 'test:0', clock: systemClock, environment: environment(), ...needs })
  assert.deepEqual(await scanner.sources(new AbortController().signal), { problem: 'jammed' })
  await writeFile(
    needs.command,
    (await readFile(needs.command, 'utf8')).replace(
      '#!/bin/sh\n',
      '#!/bin/sh\ncase "$*" in *--all-options*) exec scanimage "$@";; esac\n',
    ),
  )
  const jammed = await scan({ needs, order: { source: 'feeder' } })
  assert.deepEqual(jammed, { problem: 'jammed', told: 3, files: files(3) })
})

test('A14 what keeps a scanner from it is told apart, and leaves nothing', async () => {
  const cases: [string, string[], Tried][] = [
    ['busy', ['read-status-code "SANE_STATUS_DEVICE_BUSY"'], {}],
    ['jammed', ['read-status-code "SANE_STATUS_JAMMED"'], {}],
    ['jammed', ['read-status-code "SANE_STATUS_JAMMED"'], { order: { source: 'feeder' } }],
    ['cover-open', ['read-status-code "SANE_STATUS_COVER_OPEN"'], {}],
    ['denied', ['read-status-code "SANE_STATUS_ACCESS_DENIED"'], {}],
    ['broken', ['read-status-code "SANE_STATUS_IO_ERROR"'], {}],
    ['no-scanner', [], { needs: { device: 'test:7' } }],
    ['no-scanner', [], { needs: { device: 'nothing' } }],
    ['no-program', [], { needs: { command: 'scanimage-that-nobody-has' } }],
    ['too-large', [], { order: { mostBytes: 1000 } }],
    ['too-long', ['read-delay true', 'read-delay-duration 200000'], { needs: { secondsPerPage: 0.2 } }],
  ]
  for (const [problem, config, tried] of cases) {
    const scanned = await scan({ ...tried, config, settings: { resolution: 300, format: 'image/png' } })
    assert.equal(problemOf(scanned), problem, JSON.stringify([config, tried, scanned]))
    assert.deepEqual([scanned.told, scanned.files], [0, []])
  }
})

test('A14 all pages together have a bound: those within it are there', async () => {
  const [one] = [await scan({ order: { source: 'feeder', most: 1 } })]
  const { length } = await readFile(join(pages(), '0001'))
  assert.equal(problemOf(one), undefined)
  const scanned = await scan({ order: { source: 'feeder', mostBytes: 3 * length } })
  assert.deepEqual(scanned, { problem: 'too-large', told: 3, files: files(3) })
})

test('A14 a scan is given up in the middle of the feeder, and the scanner is free again', async () => {
  const givenUp = new AbortController()
  const slow = await scan({
    config: ['read-delay true', 'read-delay-duration 200000'],
    order: { source: 'feeder', onPage: () => givenUp.abort() },
    signal: givenUp.signal,
  })
  assert.equal(problemOf(slow), 'cancelled')
  assert.deepEqual(slow.files, ['0001'])
  assert.equal(problemOf(await scan()), undefined)
})

test('A14 the pages of a virtual scanner are such as other programs can read', async () => {
  const file = join(folder.path, 'drawn')
  const never = new AbortController().signal
  const scanner = createVirtualScanner(() => 2)
  assert.deepEqual(await scanner.sources(never), { sources: ['glass', 'feeder', 'feeder-duplex'] })
  assert.deepEqual(await createVirtualScanner().sources(never), { sources: ['glass'] })
  for (const [source, color, pagesOfIt] of [
    ['glass', 'color', 1],
    ['feeder', 'gray', 2],
    ['feeder-duplex', 'color', 4],
  ] as const) {
    await rm(pages(), { recursive: true, force: true })
    await mkdir(pages())
    const settings = ScanSettings.parse({ color })
    const order = { settings, source, folder: pages(), first: 1, most: 200, mostBytes: 9_000_000, onPage() {} }
    assert.deepEqual(await scanner.scan(order, never), { pages: pagesOfIt })
    await bindPages(pages(), pagesOfIt, settings, file)
    const image = execFileSync('pdftoppm', ['-r', '10', file], { stdio: ['ignore', 'pipe', 'pipe'] })
    assert.match(image.toString('latin1', 0, 20), /^P6\n83 117\n255\n/)
    assert.equal(image.length, pagesOfIt * (14 + 83 * 117 * 3))
  }
})

function problemOf(scanned: { pages: number } | ScanFailed): string | undefined {
  return 'problem' in scanned ? scanned.problem : undefined
}
