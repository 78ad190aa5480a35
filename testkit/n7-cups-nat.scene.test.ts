/** N1, N7, A16: a stock CUPS prints through the relay to a stock printer that stands behind a NAT, and nothing reaches it directly. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openCups } from './cups.ts'
import { makePdf } from './documents.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { openNetworks } from './networks.ts'
import { untilJob } from './print-jobs.ts'
import { openIppEvePrinter } from './printers/ippeveprinter.ts'
import { pagesOfRaster } from './printers/pwg-raster.ts'
import { until } from './until.ts'

const port = 8080

test('N7 A16 lp at a computer, a PDF of three pages, a printer behind NAT that takes no PDF: three pages lie in its spool', async () => {
  await using networks = await openNetworks()
  const { internet, left } = networks
  await using street = await openNeighbourhood({
    start: internet.start,
    listen: `0.0.0.0:${port}`,
    reach: internet.reach,
    relay: ['--public-url', `http://${internet.address}:${port}`, '--insecure-transport'],
  })
  await using printer = await openIppEvePrinter([], left)
  assert.notEqual(await internet.tryToConnect(left.publicAddress, printer.port), 'connected', 'no direct way leads in')
  const relayUrl = `http://${internet.address}:${port}`
  await street.openAgent({ id: 'heron', driver: printer.uri, relayUrl, start: left.start })

  await using cups = await openCups()
  const { body } = await street.service.post('/v1/keys', { account: 'default' })
  const address = `localhost:${new URL(street.url).port}/ipp/print/heron`
  const pdf = join(street.data, 'three.pdf')
  await writeFile(pdf, makePdf(3))
  await cups.run('lpadmin', '-p', 'far', '-E', '-v', `ipp://ann:${Object(body).key}@${address}`, '-m', 'everywhere')
  await cups.run('lp', '-d', 'far', '-t', 'report', pdf)
  const { jobId } = await until(
    () => `the job is at the relay: ${cups.log().slice(-4000)}`,
    async () => Object((await street.service.read('/v1/jobs?device=heron')).body).items[0],
  )
  await untilJob(street, jobId, 'done')
  const [spooled, ...others] = await printer.spool()
  assert.deepEqual(others, [])
  assert.equal(pagesOfRaster(await readFile(spooled ?? '')).length, 3)
})
