/** M1: a document over lines that break again and again, on its way in and on its way out: it arrives whole, and is printed once. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { makePdf } from './documents.ts'
import { openFolder } from './folder.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { findJob, pagesOf } from './print-jobs.ts'
import { runHouseFile } from './process.ts'
import { until } from './until.ts'
import { openWire, type Wire } from './wire.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let ofSender: Wire
let ofDevice: Wire

/** `FAIRLEAD_CUT_EVERY=5000` plays it slowly. */
const megabytes = Number(process.env['FAIRLEAD_MEGABYTES'] ?? 200)
const cutEveryMs = Number(process.env['FAIRLEAD_CUT_EVERY'] ?? 700)
/** So that there is something to cut. */
const bytesPerSecond = (megabytes * 1_000_000) / ((4 * cutEveryMs) / 1000)
/** MiB that the collector of a busy process leaves lying about, of a document of any size: it is not held. Some 45 were seen. */
const mostGrowth = 120

before(async () => {
  street = scene.use(await openNeighbourhood())
  ofSender = scene.use(await openWire(street.url, { bytesPerSecond }))
  ofDevice = scene.use(await openWire(street.url, { bytesPerSecond }))
  await street.openAgent({ id: 'lobby', relayUrl: ofDevice.url })
})
after(() => scene.disposeAsync())

/** In MiB. Source: proc(5) */
function most(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

test('M1 300 pages over lines that are cut again and again arrive whole, are printed once, and the relay does not hold them', async () => {
  const folder = scene.use(await openFolder())
  const file = join(folder.path, 'large.pdf')
  await writeFile(file, makePdf(300, megabytes * 1_000_000))
  const before = most(street.relay().pid)
  let [cutIn, cutOut] = [0, 0]
  const cutting = setInterval(() => {
    cutIn += ofSender.counts.open
    cutOut += ofDevice.counts.open
    ofSender.cutAll()
    ofDevice.cutAll()
  }, cutEveryMs)
  try {
    const environment = { HOME: folder.path, FAIRLEAD_RELAY: ofSender.url, FAIRLEAD_KEY: street.adminKey }
    const started = performance.now()
    const { code, stdout, stderr } = await runHouseFile('cli/main.ts', ['print', file, '--to', 'lobby', '--json'], {
      environment,
    })
    assert.equal(code, 0, stderr)
    assert.match(stdout, /"(jobId|outboxId)"/)
    // Where even the last word was cut off, a process behind it goes on.
    const { jobId } = await until('it is at the relay', async () => {
      const [job] = Object((await street.service.read('/v1/jobs')).body).items
      return job
    })
    const inMs = performance.now() - started
    const job = await until(
      'it has ended',
      async () => {
        const seen = await findJob(street, jobId)
        return ['done', 'failed', 'unknown'].includes(seen.state) && seen
      },
      300_000,
    )
    assert.equal(job.state, 'done', JSON.stringify(job))
    assert.equal(job.pagesDone, 300)
    const fetched = Date.parse(job.states.find(({ state }) => state === 'fetched')?.at ?? '')
    const received = Date.parse(job.states.find(({ state }) => state === 'received')?.at ?? '')
    const grown = most(street.relay().pid) - before
    console.log(
      `${megabytes} MB: in ${(inMs / 1000).toFixed(1)} s over ${cutIn} cuts, out ${((fetched - received) / 1000).toFixed(1)} s over ${cutOut}; the relay grew by ${grown.toFixed()} MiB.`,
    )
    assert.ok(cutIn > 1 && cutOut > 1, 'nothing was cut')
    assert.ok(grown < mostGrowth, `the relay grew by ${grown} MiB`)
  } finally {
    clearInterval(cutting)
  }
  assert.equal(await pagesOf(street, 'lobby'), 300)
})
