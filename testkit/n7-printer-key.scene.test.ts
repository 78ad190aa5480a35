/** N7: a printer over TLS is known by its key from the first connection on: another one gets nothing until somebody has accepted it. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { fingerprintOf } from '../agent/drivers/printer-key.ts'
import { runAgentCommand } from './agent-command.ts'
import { makeCertificate } from './certificate.ts'
import { makePdf } from './documents.ts'
import { openFolder } from './folder.ts'
import { openNeighbourhood, type RunningAgent } from './neighbourhood.ts'
import { findJob, mustSendJob, untilJob } from './print-jobs.ts'
import { openIppEvePrinter } from './printers/ippeveprinter.ts'
import { until } from './until.ts'

interface Known {
  id: string
  key: string
  shown: string | null
}

async function knownAt({ data }: RunningAgent, ...words: string[]): Promise<Known[]> {
  return JSON.parse(await runAgentCommand(['trust', ...words, '--json', '--data', data])).devices
}

test('N7 a printer that comes back with another key gets no document until that is accepted, over a restart of the agent', async () => {
  await using one = await openFolder()
  await using other = await openFolder()
  await using street = await openNeighbourhood()
  await using printer = await openIppEvePrinter(['-c', '/bin/true', '-f', 'application/pdf'])
  const [was, is] = [await makeCertificate(one.path), await makeCertificate(other.path)]
  await printer.switchOff()
  await printer.giveKey(was)
  await printer.switchOn()
  const agent = await street.openAgent({
    id: 'heron',
    driver: printer.uri.replace('ipp:', 'ipps:'),
    agent: ['--listen', '127.0.0.1:0', '--look-every', '1'],
  })
  await untilJob(street, await mustSendJob(street, 'heron', makePdf(1)), 'done')
  const expected = fingerprintOf(new X509Certificate(was.cert))
  const shown = fingerprintOf(new X509Certificate(is.cert))
  const [first] = await knownAt(agent)
  assert.deepEqual([first?.id, first?.key, first?.shown], ['heron', expected, null])

  await printer.switchOff()
  await printer.giveKey(is)
  await printer.switchOn()
  const jobId = await mustSendJob(street, 'heron', makePdf(2))
  const reason = await until('the job says why it waits', async () => {
    const job = await findJob(street, jobId)
    return job.reason?.includes('another key') ? job.reason : undefined
  })
  assert.ok(reason.includes(`Expected: ${expected}`) && reason.includes(`fairlead agent trust ${shown}`), reason)
  await until('the device says that somebody must see to it', async () => {
    const { body } = await street.service.read('/v1/devices/heron')
    return JSON.stringify(Object(body).objects?.alerts?.value) === '["service-requested"]'
  })
  const asked = await street.service.ask('heron', { get: ['model'] })
  assert.ok(JSON.stringify(asked.body).includes(shown), JSON.stringify(asked.body))
  const { url } = JSON.parse(agent.process.output().stdout.split('\n')[0] ?? '')
  const page = await (await fetch(url)).text()
  assert.ok(page.includes(`fairlead agent trust ${shown}`), page)
  assert.match(agent.process.output().stderr, /driver\.key-refused/)

  await agent.process.kill()
  const again = await agent.startAgain()
  await until('it is refused again', () => again.output().stderr.includes('driver.key-refused'))
  await assert.rejects(knownAt(agent, 'SHA256:12'), /is no fingerprint/)
  await assert.rejects(knownAt(agent, shown, '--id', 'crane'), /no device crane/)
  assert.equal((await printer.spool()).length, 1)
  const [accepted] = await knownAt(agent, shown)
  assert.deepEqual([accepted?.key, accepted?.shown], [shown, null])
  const told = await runAgentCommand(['trust', '--data', agent.data])
  assert.equal(told, `heron: the printer at localhost:${printer.port} is known by the key ${shown}\n`)
  await untilJob(street, jobId, 'done')
  assert.equal((await printer.spool()).length, 2)
})
