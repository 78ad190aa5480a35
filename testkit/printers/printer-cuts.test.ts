/** A printer loses its power at every step of a job: no page comes out twice, and each end is true. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openDriver } from '@fairlead/agent/drivers'
import { Failure, passing, silentLog } from '@fairlead/base'
import type { Json, PrintTicket } from '@fairlead/protocol/contract'
import type { Follow, PrintEnd } from '../../agent/drivers/printing.ts'
import { type Folder, openFolder } from '../folder.ts'
import { type PaperPrinter, startPaperPrinter } from './paper.ts'
import { quickClock } from './quick-clock.ts'

let folder: Folder
let jobs = 0
before(async () => {
  folder = await openFolder()
  await writeFile(join(folder.path, 'document'), 'one\ftwo\fthree\f')
})
after(() => folder[Symbol.asyncDispose]())

const ownFolder = () => join(folder.path, `job-${++jobs}`)

interface Printed {
  end: Promise<PrintEnd>
  pages: number[]
  waits: (string | undefined)[]
  cancel: AbortController
}

/** As an agent does: again with what was kept last, when the printer has taken nothing. */
async function print(uri: string, ticket: PrintTicket = {}): Promise<Printed> {
  const driver = await openDriver(uri, { clock: quickClock, log: silentLog })
  const printing = driver.printing ?? assert.fail('it prints')
  const [pages, waits, cancel] = [[] as number[], [] as (string | undefined)[], new AbortController()]
  const document = { file: join(folder.path, 'document'), bytes: 14, format: 'text/plain' }
  const job = { id: `${jobs}`, name: 'Report.txt', user: 'ann', ticket, ...document }
  let kept: Json | undefined
  const follow: Follow = {
    mark(mark) {
      kept = mark
    },
    pages: (done) => void pages.push(done),
    waits: (reason) => void waits.push(reason),
    cancelled: cancel.signal,
    stopping: new AbortController().signal,
  }
  async function untilTaken(): Promise<PrintEnd> {
    for (;;)
      try {
        return await printing.print(job, kept, follow)
      } catch (error) {
        if (!(error instanceof Failure && error.code === 'device-offline')) throw error
        await passing(quickClock, 1000)
      }
  }
  return { end: untilTaken(), pages, waits, cancel }
}

const pagesOf = (printer: PaperPrinter) => printer.tray().map(({ page }) => page)
const whole = ['one', 'two', 'three']

/** Where the power goes, what is in the tray at the end, and what is said of it. */
const cuts: [step: string, keepsJobs: boolean, tray: string[], end: PrintEnd['state'], said: RegExp][] = [
  // It has nothing of the document yet: it is handed over again.
  ['asked', false, whole, 'done', /^$/],
  ['made', false, whole, 'done', /^$/],
  ['made', true, whole, 'done', /^$/],
  // It may have had all of it.
  ['document', false, [], 'unknown', /has been off meanwhile and knows nothing of the job/],
  ['whole', false, [], 'unknown', /has been off meanwhile/],
  ['whole', true, whole, 'done', /^$/],
  ['laid-2', false, ['one', 'two'], 'unknown', /has been off meanwhile/],
  ['laid-2', true, ['one', 'two'], 'failed', /given it up: The power was lost/],
  ['printed', false, whole, 'unknown', /./],
]

for (const [step, keepsJobs, tray, state, said] of cuts)
  test(`M1 the power goes at "${step}" of a printer that ${keepsJobs ? 'keeps' : 'forgets'} its jobs: ${state}`, async () => {
    await using printer = await startPaperPrinter(ownFolder(), { diesAt: step, keepsJobs })
    const printed = await print(printer.uri)
    await printer.dead()
    await printer.startAgain()
    const end = await printed.end
    assert.equal(end.state, state, JSON.stringify(end))
    assert.match('reason' in end ? end.reason : '', said)
    assert.deepEqual(pagesOf(printer), tray)
    const told = 'pages' in end ? (end.pages ?? 0) : 0
    assert.ok(told <= tray.length, `${told} pages were told`)
  })
