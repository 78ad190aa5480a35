/** Scans of many pages: where they lie, one after the other, and what happens when something comes between. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '@fairlead/base'
import { openPullService, type PullServiceOfTest, say } from '../../testkit/pull-service.ts'
import { until } from '../../testkit/until.ts'
import type { ScanFailed, Scanner } from '../scanning/scanner.ts'
import { createVirtualScanner } from '../scanning/virtual-scanner.ts'
import { openTestPull, type TestPull, type TestPullOptions } from './for-tests.ts'

let there: PullServiceOfTest
before(async () => {
  there = await openPullService()
  there.answer('/in', say(200, { state: 'stored' }))
})
after(() => there[Symbol.asyncDispose]())

const open = (more: TestPullOptions = {}) => openTestPull({ scanner: createVirtualScanner(() => 3), ...more })
const begin = (pull: TestPull, settings: object = {}) =>
  pull.pull().upload({ title: 'A program', url: `${there.url}/in`, settings: { resolution: 50, ...settings } })
const asked = (pull: TestPull, id: string, stage: string) =>
  until(`it is ${stage}`, () => {
    const scan = pull.pull().find(id)?.scan
    return scan?.stage === stage && scan
  })
/** Of what has come under that key. */
async function pagesOf(pull: TestPull, id: string): Promise<number> {
  const { body } =
    there.of('/in').find(({ headers }) => headers['idempotency-key'] === id) ?? assert.fail('Nothing came.')
  const file = join(pull.folder, 'came.pdf')
  await writeFile(file, body)
  return Number(/Pages: +(\d+)/.exec(execFileSync('pdfinfo', [file]).toString())?.[1])
}
const left = (pull: TestPull) => readdirSync(join(pull.folder, 'pulls', 'desk'))
const isSent = (id: string) => there.of('/in').some(({ headers }) => headers['idempotency-key'] === id)

test('A14 who has glass and feeder chooses, and all that is in the feeder is one document', async () => {
  await using pull = await open()
  for (const [word, pages] of [
    ['feeder', 3],
    ['feeder-duplex', 6],
  ] as const) {
    const id = begin(pull)
    assert.deepEqual((await asked(pull, id, 'choose')).words, ['glass', 'feeder', 'feeder-duplex'])
    await pull.say(id, word)
    await pull.until(id, 'stored')
    assert.equal(await pagesOf(pull, id), pages)
  }
  assert.deepEqual(left(pull), [])
})

test('A14 from the glass comes page after page, and a press that comes twice is one', async () => {
  await using pull = await open()
  const id = begin(pull)
  await pull.say(id, 'glass')
  const { turn, words, pages } = await asked(pull, id, 'more')
  assert.deepEqual([words, pages], [['another', 'finished'], 1])
  for (let presses = 0; presses < 3; presses++) pull.pull().sayOfScan(id, turn, 'another')
  await until('there are two', () => pull.pull().find(id)?.scan?.pages === 2)
  // Asked, over a restart too, for as long as somebody may be there.
  await pull.again()
  assert.equal((await asked(pull, id, 'more')).pages, 2)
  pull.pull().sayOfScan(id, turn, 'finished')
  pull.pull().sayOfScan(id, turn + 1, 'go-on')
  assert.equal(pull.pull().find(id)?.scan?.stage, 'more', 'what is not asked any more does nothing')
  await pull.say(id, 'finished')
  await pull.until(id, 'stored')
  assert.equal(await pagesOf(pull, id), 2)
})

test('A14 what the configuration says is not asked, and what the scanner has not is told', async () => {
  await using pull = await open()
  const fed = begin(pull, { source: 'feeder' })
  await pull.until(fed, 'stored')
  const image = begin(pull, { source: 'glass', format: 'image/png' })
  await pull.until(image, 'stored')
  const { headers } = there.of('/in').at(-1) ?? assert.fail()
  assert.equal(headers['content-type'], 'image/png')
  await using glass = await open({ scanner: createVirtualScanner() })
  const { why } = await glass.until(begin(glass, { source: 'feeder' }), 'failed')
  assert.deepEqual(why, { kind: 'scan', problem: 'unsupported', detail: 'feeder' })
  await using empty = await open({ scanner: createVirtualScanner(() => 0) })
  const nothing = await empty.until(begin(empty, { source: 'feeder' }), 'failed')
  assert.deepEqual(nothing.why, { kind: 'scan', problem: 'no-paper' })
  assert.deepEqual(left(empty), [])
})

/** A virtual one that scans so many pages; then it fails, or goes on until it is given up. */
function breaksAfter(pages: number, failed?: ScanFailed): Scanner {
  const scanner = createVirtualScanner(() => pages)
  return {
    sources: scanner.sources,
    async scan(order, signal) {
      await scanner.scan(order, signal)
      if (failed) return failed
      await new Promise((ended) => signal.addEventListener('abort', ended))
      return { problem: 'cancelled' }
    },
  }
}

test('A14 paper that jams keeps what was scanned: it goes on, or what there is is sent', async () => {
  await using pull = await open({ scanner: breaksAfter(2, { problem: 'jammed' }) })
  const id = begin(pull, { source: 'feeder' })
  const { pages, failed, words } = await asked(pull, id, 'stopped')
  assert.deepEqual([pages, failed, words], [2, { problem: 'jammed' }, ['go-on', 'finished']])
  await pull.say(id, 'go-on')
  await until('it has jammed again', () => pull.pull().find(id)?.scan?.pages === 4)
  await pull.again()
  assert.equal((await asked(pull, id, 'stopped')).pages, 4)
  await pull.say(id, 'finished')
  await pull.until(id, 'stored')
  assert.equal(await pagesOf(pull, id), 4)
})

test('A14 an agent that is stopped in the middle of the feeder keeps what was scanned, and asks', async () => {
  await using pull = await open({ scanner: breaksAfter(2) })
  const id = begin(pull, { source: 'feeder' })
  await until('two are there', () => pull.pull().find(id)?.scan?.pages === 2)
  await pull.again()
  assert.deepEqual((await asked(pull, id, 'stopped')).failed, { problem: 'interrupted' })
  await pull.say(id, 'finished')
  await pull.until(id, 'stored')
  assert.equal(await pagesOf(pull, id), 2)
})

test('A14 given up in the middle: the scanner is free, and nothing of it stays', async () => {
  await using pull = await open({ scanner: breaksAfter(2) })
  const id = begin(pull, { source: 'feeder' })
  await until('two are there', () => pull.pull().find(id)?.scan?.pages === 2)
  const next = begin(pull, { source: 'feeder' })
  assert.equal(pull.pull().find(next)?.scan?.stage, 'looking')
  pull.pull().giveUp(id)
  assert.equal(pull.pull().find(id)?.state, 'given-up')
  await until('the next one is scanned', () => pull.pull().find(next)?.scan?.pages === 2)
  pull.pull().giveUp(next)
  await until('all of it is gone', () => left(pull).length === 0)
  assert.ok(!isSent(id) && !isSent(next))
})

test('A14 one document has its bounds, and what is within them may be sent', async () => {
  await using pull = await open({ limits: { scanPages: 2 } })
  const many = begin(pull, { source: 'feeder' })
  const { words, failed } = await asked(pull, many, 'stopped')
  assert.deepEqual([words, failed], [['finished'], { problem: 'too-many' }])
  await pull.say(many, 'finished')
  await pull.until(many, 'stored')
  assert.equal(await pagesOf(pull, many), 2)
  await using small = await open({ limits: { scanBytes: 1000 } })
  const { why } = await small.until(begin(small, { source: 'feeder' }), 'failed')
  assert.deepEqual(why, { kind: 'scan', problem: 'too-large' })
})

test('A14 nobody there: what was to be sent is, and what is known to be a part is not', async () => {
  let laterMs = 0
  const clock = { ...systemClock, wallNow: () => systemClock.wallNow() + laterMs }
  await using pull = await open({ clock })
  await using jams = await open({ clock, scanner: breaksAfter(2, { problem: 'jammed' }) })
  const [unsaid, scanned, jammed] = [begin(pull), begin(pull, { source: 'glass' }), begin(jams, { source: 'feeder' })]
  await asked(pull, unsaid, 'choose')
  await asked(pull, scanned, 'more')
  await asked(jams, jammed, 'stopped')
  laterMs = 599_000
  for (const each of [pull, jams]) await each.again()
  for (const each of [unsaid, scanned]) assert.equal(pull.pull().find(each)?.state, 'scanning')
  laterMs = 601_000
  for (const each of [pull, jams]) await each.again()
  await pull.until(scanned, 'stored')
  assert.equal(await pagesOf(pull, scanned), 1)
  for (const [each, id] of [
    [pull, unsaid],
    [jams, jammed],
  ] as const)
    assert.deepEqual((await each.until(id, 'failed')).why, { kind: 'scan', problem: 'nobody' })
  assert.ok(!isSent(jammed) && !existsSync(join(jams.folder, 'pulls', 'desk', `${jammed}.pages`)))
})
