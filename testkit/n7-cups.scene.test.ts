/** N1, N7: a stock CUPS prints to a device at the relay: driverless, over TLS, as a user with an app password. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'

import { openCups } from './cups.ts'
import { makePdf } from './documents.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { openNginx } from './nginx.ts'
import { invite } from './person.ts'
import { pagesOf, untilJob } from './print-jobs.ts'
import { until } from './until.ts'

test('N7 CUPS adds a device as a driverless printer, and a PDF of three pages comes out of it twice', async () => {
  await using street = await openNeighbourhood({ relay: ['--trusted-proxies', '127.0.0.1/32'] })
  await using nginx = await openNginx(street.url, { setUp: 'as-deployed' })
  await using cups = await openCups()
  await street.openAgent({ id: 'lobby' })
  const { person } = await invite(street.url, street.service, { email: 'ann@example.com', role: 'operator' })
  const { body } = await person.post('/v1/app-passwords', { name: 'CUPS' })
  // Longer than proxies let through by themselves.
  const pdf = join(street.data, 'three.pdf')
  await writeFile(pdf, makePdf(3, 3 * 2 ** 20))

  const address = `localhost:${nginx.port}/ipp/print/lobby`
  await cups.run(
    'lpadmin',
    ...['-p', 'hall', '-E', '-v', `ipps://ann%40example.com:${Object(body).password}@${address}`, '-m', 'everywhere'],
  )
  await cups.run('lp', '-d', 'hall', '-t', 'report', '-n', '2', '-o', 'sides=two-sided-long-edge', pdf)
  const job = await until(
    () => `the job is at the relay: ${cups.log().slice(-4000)}`,
    async () => Object((await street.service.read('/v1/jobs?device=lobby')).body).items[0],
  )
  const { pagesDone, name } = await untilJob(street, job.jobId, 'done')
  assert.deepEqual([pagesDone, name, job.user], [6, 'report', 'ann@example.com'])
  assert.deepEqual([job.ticket.copies, job.ticket.sides], [2, 'two-sided-long-edge'])
  assert.equal(await pagesOf(street, 'lobby'), 6)
  await until('CUPS knows that it is done', async () => (await cups.run('lpstat', '-o')) === '')

  // Its backend compresses what it sends where the queue says so, and the printer.
  const packed = `ipps://ann%40example.com:${Object(body).password}@${address}?compression=gzip`
  await cups.run('lpadmin', '-p', 'packed', '-E', '-v', packed, '-m', 'everywhere')
  await cups.run('lp', '-d', 'packed', '-t', 'packed', pdf)
  const second = await until(
    () => `the second job is at the relay: ${cups.log().slice(-4000)}`,
    async () => Object((await street.service.read('/v1/jobs?device=lobby&number=2')).body).items[0],
  )
  const printed = await untilJob(street, second.jobId, 'done')
  assert.deepEqual([printed.pagesDone, second.bytes], [3, job.bytes])
  assert.match(cups.log(), /\[Job 2\] compression keyword gzip/)
})
