/** A printer loses its power at every step of a job: no page comes out twice, and each end is true. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { PrintEnd } from '../../agent/drivers/printing.ts'
import { type Folder, openFolder } from '../folder.ts'
import { startPaperPrinter } from './paper.ts'
import { print } from './printed.ts'

let folder: Folder
let file: string
let printers = 0
before(async () => {
  folder = await openFolder()
  file = join(folder.path, 'document')
  await writeFile(file, 'one\ftwo\fthree\f')
})
after(() => folder[Symbol.asyncDispose]())

const ownFolder = () => join(folder.path, `printer-${++printers}`)
const whole = ['one', 'two', 'three']

/** Where the power goes, what is in the tray at the end, and what is said of it. */
type Cut = [
  step: string,
  options: { keepsJobs?: boolean; createsJobs?: boolean },
  tray: string[],
  state: PrintEnd['state'],
  said: RegExp,
]

const forgets = {}
const keeps = { keepsJobs: true }
/** It takes jobs with their document only. */
const simple = { createsJobs: false }

const cuts: Cut[] = [
  // It has nothing of the document yet: it is handed over again.
  ['asked', forgets, whole, 'done', /^$/],
  ['made', forgets, whole, 'done', /^$/],
  ['made', keeps, whole, 'done', /^$/],
  // It may have had all of it.
  ['document', forgets, [], 'unknown', /has been off meanwhile and knows nothing of the job/],
  ['whole', forgets, [], 'unknown', /has been off meanwhile/],
  ['whole', keeps, [], 'unknown', /has been off meanwhile, and has given the job up/],
  ['laid-2', forgets, ['one', 'two'], 'unknown', /has been off meanwhile/],
  ['laid-2', keeps, ['one', 'two'], 'failed', /given it up: The power was lost/],
  ['printed', forgets, whole, 'unknown', /./],
  ['asked', simple, [], 'unknown', /which has been off since/],
  ['laid-2', simple, ['one', 'two'], 'unknown', /which has been off since|has been off meanwhile/],
]

for (const [step, options, tray, state, said] of cuts)
  test(`M1 the power goes at "${step}" of a printer like ${JSON.stringify(options)}: ${state}`, async () => {
    await using printer = await startPaperPrinter(ownFolder(), { diesAt: step, ...options })
    const printed = await print(printer.uri, { file })
    await printer.dead()
    await printer.startAgain()
    const end = await printed.end
    assert.equal(end.state, state, JSON.stringify(end))
    assert.match('reason' in end ? end.reason : '', said)
    assert.deepEqual(printer.pages(), tray)
    const told = 'pages' in end ? (end.pages ?? 0) : 0
    assert.ok(told <= tray.length, `${told} pages were told`)
  })
