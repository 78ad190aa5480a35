/** M1, N7: a service's job comes out of a stock printer over IPP, once, also when the agent beside it is killed in the middle. */
import assert from 'node:assert/strict'
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { makePdf } from './documents.ts'
import { openFolder } from './folder.ts'
import { type Neighbourhood, openNeighbourhood, type RunningAgent } from './neighbourhood.ts'
import { mustSendJob, sendJob, untilJob } from './print-jobs.ts'
import { type IppEvePrinter, openIppEvePrinter } from './printers/ippeveprinter.ts'
import { pagesOfRaster } from './printers/pwg-raster.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let printer: IppEvePrinter
let agent: RunningAgent
let gate: string

before(async () => {
  const folder = scene.use(await openFolder())
  gate = join(folder.path, 'gate')
  const work = join(folder.path, 'work')
  // What the printer does with a document: it waits for the gate.
  await writeFile(work, `#!/bin/sh\nwhile [ ! -e ${gate} ]; do sleep 0.05; done\n`)
  await chmod(work, 0o755)
  await writeFile(gate, '')
  printer = scene.use(await openIppEvePrinter(['-c', work]))
  street = scene.use(await openNeighbourhood())
  agent = await street.openAgent({ id: 'heron', driver: printer.uri })
})
after(() => scene.disposeAsync())

const pagesOfAll = async () =>
  Promise.all((await printer.spool()).map(async (file) => pagesOfRaster(await readFile(file)).length))

test('N7 M1 a PDF that a service sends comes out of a printer that takes no PDF', async () => {
  const jobId = await mustSendJob(street, 'heron', makePdf(3), 'name=report.pdf&pages=2-')
  await untilJob(street, jobId, 'done')
  assert.deepEqual(await pagesOfAll(), [2])
  const refused = await sendJob(street, 'heron', makePdf(1), 'copies=2')
  assert.equal(refused.status, 400, JSON.stringify(refused.body))
})

test('M1 the agent is killed while the printer prints: the next one follows the job, and it comes out once', async () => {
  await rm(gate)
  const jobId = await mustSendJob(street, 'heron', makePdf(3))
  await until('it is at the printer', async () => (await printer.spool()).length === 2)
  await agent.process.kill()
  // What a crash leaves behind of jobs that are over goes at the next start.
  const folder = join(agent.data, 'jobs', 'heron')
  await writeFile(join(folder, 'of-a-job-that-is-over'), 'x')
  await agent.startAgain()
  await writeFile(gate, '')
  await untilJob(street, jobId, 'done')
  assert.deepEqual(await pagesOfAll(), [2, 3])
  await until('nothing is left', async () => (await readdir(folder)).length === 0)
})
