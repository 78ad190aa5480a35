/** An agent is killed at every step of a job, and starts again: no page comes out twice, and none is lost. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Folder, openFolder } from '../folder.ts'
import { startHouseFile } from '../process.ts'
import { until } from '../until.ts'
import { type PaperPrinter, startPaperPrinter } from './paper.ts'

const program = 'testkit/printers/print-program.ts'

let folder: Folder
let printer: PaperPrinter
let jobs = 0
before(async () => {
  folder = await openFolder()
  await writeFile(join(folder.path, 'document'), 'one\ftwo\fthree\f')
  printer = await startPaperPrinter(folder.path)
})
after(async () => {
  await printer[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

const newJob = (uri: string) => {
  const jobId = `job-${++jobs}`
  return { uri, jobId, file: join(folder.path, 'document'), mark: join(folder.path, `${jobId}-mark`) }
}

const start = (given: object) => startHouseFile(program, [JSON.stringify(given)])

async function goOn(job: object): Promise<unknown> {
  await using driver = await start(job)
  return (await driver.nextEvent('print.end'))['end']
}

const whole = ['one', 'two', 'three']
const done = { state: 'done', pages: 3 }

for (const diesAt of ['mark-1', 'before-mark-2', 'mark-2', 'mark-3', 'pages'])
  test(`M1 the agent is killed at "${diesAt}", and every page comes out once`, async () => {
    const job = newJob(printer.uri)
    const before = printer.pages().length
    await using driver = await start({ ...job, diesAt })
    assert.equal((await driver.exited).signal, 'SIGKILL')
    assert.deepEqual(await goOn(job), done)
    assert.deepEqual(printer.pages().slice(before), whole)
  })

for (const [holdsAt, createsJobs] of [
  ['asked', true],
  ['document', true],
  ['whole', true],
  ['whole', false],
] as const)
  test(`M1 it is killed while the printer is at "${holdsAt}"${createsJobs ? '' : ', and takes jobs whole only'}: once`, async () => {
    const job = newJob('')
    await using other = await startPaperPrinter(join(folder.path, job.jobId), { holdsAt, createsJobs })
    await using driver = await start({ ...job, uri: other.uri })
    await other.holds()
    await driver.kill()
    await other.tell('go')
    assert.deepEqual(await goOn({ ...job, uri: other.uri }), done)
    assert.deepEqual(other.pages(), whole)
  })

test('M1 it is killed while a second try is at the printer, of which the first broke off: that one is followed', async () => {
  const job = newJob('')
  const options = { createsJobs: false, drops: { afterBytes: 5, times: 1 }, holdsAt: 'whole' }
  await using other = await startPaperPrinter(join(folder.path, job.jobId), options)
  await using driver = await start({ ...job, uri: other.uri })
  await other.holds()
  await driver.kill()
  await other.tell('go')
  await until('all is out', () => other.pages().length === whole.length)
  assert.deepEqual(await goOn({ ...job, uri: other.uri }), done)
  assert.deepEqual(other.pages(), whole)
})

test('M1 an agent that is told to stop leaves at once, and the job is followed by the next one', async () => {
  const job = newJob('')
  await using other = await startPaperPrinter(join(folder.path, job.jobId), { holdsAt: 'laid-1' })
  await using driver = await start({ ...job, uri: other.uri })
  await other.holds()
  driver.signal('SIGTERM')
  assert.deepEqual((await driver.nextEvent('print.end'))['end'], { state: 'suspended' })
  await other.tell('go')
  assert.deepEqual(await goOn({ ...job, uri: other.uri }), done)
  assert.deepEqual(other.pages(), whole)
})
