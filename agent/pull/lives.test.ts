/** Lives that end at any write: what was touched is done once, by this life or the next one, or was never taken. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { give, openPullService, type PullServiceOfTest, say } from '../../testkit/pull-service.ts'
import { until } from '../../testkit/until.ts'
import { ScanSettings } from '../scanning/scanner.ts'
import { createVirtualScanner } from '../scanning/virtual-scanner.ts'
import { openTestPull, type TestPull } from './for-tests.ts'

let there: PullServiceOfTest
before(async () => {
  there = await openPullService()
  there.answer('/out', give(Buffer.from('content'), 'text/plain', { etag: '"one"' }))
  there.answer('/in', say(200, { state: 'stored' }))
})
after(() => there[Symbol.asyncDispose]())

/** Nobody is asked anything. */
const feeder = { ...ScanSettings.parse({ resolution: 50 }), source: 'feeder' as const }
const ends = { print: 'handed', keep: 'kept', send: 'stored' } as const
const deaths = [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((writes) =>
  (['before', 'behind'] as const).map((when) => ({ writes, when })),
)

const servicesThere = () => [
  { id: 'print', title: 'There', download: `${there.url}/out` },
  { id: 'keep', title: 'There', download: `${there.url}/out` },
  { id: 'send', title: 'There', upload: `${there.url}/in`, scan: feeder },
]

for (const kind of ['print', 'keep', 'send'] as const)
  test(`A14 ${kind}: whichever write is the last one of a life, it is done once, or was never taken`, async () => {
    let done = 0
    for (const death of deaths) {
      await using test = await openTestPull({
        services: servicesThere(),
        formats: ['text/plain'],
        death,
        scanner: createVirtualScanner(() => 2),
      })
      const sent = there.of('/in').length
      const id = touchAndDie(test, kind)
      if (id !== undefined) await until('it is dead, or done', () => test.hasDied() || test.pull().find(id)?.isOver)
      await test.again()
      if (id === undefined) continue
      await until('it is over, or somebody is asked', () => test.pull().find(id)?.isOver || isAsked(test, id))
      if (isAsked(test, id)) await test.say(id, 'finished')
      const end = await test.over(id)
      // Another page may lie on the glass now: it is told, and not sent.
      const isCutOff = end.why?.kind === 'scan' && end.why.problem === 'interrupted'
      assert.equal(end.state, isCutOff ? 'failed' : ends[kind], JSON.stringify(death))
      const happened = { print: test.printed.length, keep: test.pull().view().contents.length, send: sentBy(sent) }
      assert.deepEqual(happened, { print: 0, keep: 0, send: 0, [kind]: isCutOff ? 0 : 1 }, JSON.stringify(death))
      assert.deepEqual(readdirSync(join(test.folder, 'pulls', 'desk')), [])
      if (!isCutOff) done++
    }
    assert.ok(done >= 6, `${done} of ${deaths.length} were done`)
  })

for (const kind of ['print', 'keep', 'send'] as const)
  test(`A14 ${kind}: whichever write the disk refuses once, it is done once, and its end is on disk`, async () => {
    let done = 0
    for (const refusal of deaths.filter(({ when }) => when === 'before')) {
      const scanner = createVirtualScanner(() => 2)
      await using test = await openTestPull({ services: servicesThere(), formats: ['text/plain'], refusal, scanner })
      const sent = there.of('/in').length
      const id = touchAndDie(test, kind)
      if (id === undefined) continue
      await until('it is over, or somebody is asked', () => test.pull().find(id)?.isOver || isAsked(test, id))
      if (isAsked(test, id)) await test.say(id, 'finished')
      const { state } = await test.over(id)
      await test.again()
      assert.equal(test.pull().find(id)?.state, state, JSON.stringify(refusal))
      // That there is no room is told, and is the truth: nothing has come of it.
      const hasFailed = state === 'failed'
      if (!hasFailed) assert.equal(state, ends[kind], JSON.stringify(refusal))
      const happened = { print: test.printed.length, keep: test.pull().view().contents.length, send: sentBy(sent) }
      assert.deepEqual(happened, { print: 0, keep: 0, send: 0, [kind]: hasFailed ? 0 : 1 }, JSON.stringify(refusal))
      if (!hasFailed) done++
    }
    assert.ok(done >= 4, `${done} were done`)
  })

/** How many scans, however often each was sent, have come behind so many. */
function sentBy(before: number): number {
  const keys = there
    .of('/in')
    .slice(before)
    .map(({ headers }) => headers['idempotency-key'])
  return new Set(keys).size
}

/** Of pages that an earlier life has scanned. */
const isAsked = (test: TestPull, id: string) => test.pull().find(id)?.scan?.stage === 'stopped'

/** @returns undefined: the touch itself was not kept, and whoever touched was told so */
function touchAndDie(test: TestPull, kind: 'print' | 'keep' | 'send'): string | undefined {
  try {
    return test.touch(kind, kind)
  } catch (error) {
    assert.match(String(error), /The power is gone/)
    return undefined
  }
}
