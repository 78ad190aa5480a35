/** B7: what a device has printed is told by itself, once, whatever dies between look and tell; and not while its mode is OFF. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runAgentCommand, startAgent } from './agent-command.ts'
import { openHttpWire } from './http-wire.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import type { StartedProcess } from './process.ts'
import { until } from './until.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const { service } = street
const path = '/device/v1/events'

test('A1 B7 pages are told once: over kill -9 before the relay hears of them and after, over a time without an agent, and over mode OFF', async () => {
  await using wire = await openHttpWire(street.url)
  const { data, process } = await street.openAgent({ id: 'hall', relayUrl: wire.url, agent: ['--look-every', '1'] })
  let agent: StartedProcess = process
  const told = () => wire.visits.filter((visit) => visit.path === path)
  const print = async (pages: number) => {
    const { status } = await service.ask('hall', { command: 'print', arguments: { pages } })
    assert.equal(status, 200)
  }
  const isPrinted = (pages: number) =>
    until(`${pages} pages are told`, async () => {
      const { items } = Object((await service.read('/v1/devices/hall/readings?object=printed')).body)
      return items.at(-1)?.value === pages
    })
  const again = async () => {
    await agent.stop('SIGKILL')
    await printWhileOff()
    agent = await startAgent(['--data', data])
    after(() => agent[Symbol.asyncDispose]())
    await agent.nextEvent('device.online')
  }
  /** As a printer does that others print on, too. */
  async function printWhileOff(): Promise<void> {
    const file = join(data, 'drivers', 'hall', 'virtual-printer.json')
    const printer = JSON.parse(await readFile(file, 'utf8'))
    await writeFile(file, JSON.stringify({ ...printer, pages: printer.pages + 2 }))
  }

  await print(3)
  await isPrinted(3)
  assert.equal(Object((await service.read('/v1/devices/hall')).body).objects.pages.value.value, 3)

  let calls = told().length
  wire.set({ silentPath: path })
  await print(5)
  await until('it tells so, and nobody hears it', () => told().length > calls)
  wire.set({ silentPath: '' })
  await again()
  await isPrinted(3 + 5 + 2)

  calls = told().length
  wire.set({ losePath: path, loseAnswerFraction: 1 })
  await print(1)
  await isPrinted(11)
  await until('it is told again', () => told().length > calls + 1)
  wire.set({ losePath: '', loseAnswerFraction: 0 })
  await again()
  await isPrinted(13)

  await runAgentCommand(['mode', 'off', '--data', data])
  calls = told().length
  await agent.stop()
  await printWhileOff()
  agent = await startAgent(['--data', data])
  after(() => agent[Symbol.asyncDispose]())
  assert.equal((await agent.nextEvent('device.offline'))['reason'], 'mode-off')
  // It looks at once, and then each second.
  const enoughAt = Date.now() + 1_500
  await until('it has looked', () => Date.now() >= enoughAt)
  assert.equal(told().length, calls, 'it calls nobody')
  await runAgentCommand(['mode', 'on', '--data', data])
  await isPrinted(15)
  const events = told()
    .filter(({ answered }) => answered)
    .flatMap(({ body }) => JSON.parse(body).events)
  assert.ok(events.every(({ type }) => type === 'printed' || type === 'objects'))
  await agent.stop()
})
