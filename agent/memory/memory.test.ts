/** What survives: restarts, crashes between two steps, and damage. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createHandClock } from '@fairlead/base'
import type { DeviceRecord } from './device-record.ts'
import { rememberedMs, rememberedRequests, undeliveredMs } from './journal.ts'
import { openMemory } from './memory.ts'

const record: DeviceRecord = {
  id: 'lobby',
  relay: 'https://relay.example',
  code: null,
  pairs: false,
  resetDueAt: null,
  services: [],
  scanner: null,
  claim: null,
  confirmationPages: { page: null, printedAt: [] },
  secret: 'the-secret-of-the-lobby',
  driver: { host: '192.0.2.1', user: 'x' },
  printerKey: null,
  listen: null,
  sessionMaintenance: true,
  configuredMode: null,
  survivalMode: 'survival',
  survivalTimeoutSeconds: null,
  survivalAnswerTimeoutSeconds: 10,
  lookEverySeconds: 60,
  walkUp: null,
  learnedWaitSeconds: null,
}

async function openFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-memory-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'data')
}

/** Runs `script` in a process of its own that kills itself without any farewell at its end. */
async function crash(folder: string, script: string): Promise<void> {
  const module = new URL('memory.ts', import.meta.url).href
  const source = `
    import { openMemory } from ${JSON.stringify(module)}
    const memory = openMemory(${JSON.stringify(folder)}, { wallNow: Date.now })
    ${script}
    process.kill(process.pid, 'SIGKILL')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [, signal] = await once(child, 'exit')
  assert.equal(signal, 'SIGKILL')
}

const real = { wallNow: Date.now }

test('A1 A1b what a device is survives a crash, and the mode with it', async (t) => {
  const folder = await openFolder(t)
  await crash(folder, `memory.keep(${JSON.stringify(record)}); memory.change('lobby', { sessionMaintenance: false })`)
  using memory = openMemory(folder, real)
  assert.deepEqual(memory.devices(), [{ ...record, sessionMaintenance: false }])
})

test('6.1 a crash between the record and the execution: the repeated SET is known as begun', async (t) => {
  const folder = await openFolder(t)
  await crash(folder, `memory.journalOf('lobby').begin('r1', Date.now() + 60_000)`)
  using memory = openMemory(folder, real)
  assert.deepEqual(memory.journalOf('lobby').recall('r1'), { known: 'begun' })
  assert.deepEqual(memory.journalOf('lobby').recall('r2'), { known: 'no' })
  assert.deepEqual(memory.journalOf('hall').recall('r1'), { known: 'no' })
})

test('6.1 a crash between the execution and the delivery: the answer is there, and known as undelivered', async (t) => {
  const folder = await openFolder(t)
  const answer = { values: { location: 'x' }, errors: {} }
  await crash(
    folder,
    `const journal = memory.journalOf('lobby')
     journal.begin('r1', Date.now() + 60_000)
     journal.finish('r1', ${JSON.stringify(answer)})`,
  )
  using memory = openMemory(folder, real)
  const journal = memory.journalOf('lobby')
  assert.deepEqual(journal.recall('r1'), { known: 'answered', answer })
  assert.deepEqual(
    journal.undelivered().map(({ requestId }) => requestId),
    ['r1'],
  )
  journal.delivered('r1')
  assert.deepEqual(journal.undelivered(), [])
})

test('a folder has one agent at a time, and a killed one lets go of it', async (t) => {
  const folder = await openFolder(t)
  {
    using _first = openMemory(folder, real)
    assert.throws(() => openMemory(folder, real), { code: 'in-progress', message: /Another agent is running/ })
  }
  await crash(folder, '')
  using _again = openMemory(folder, real)
})

test('secrets are for the owner of the files only', async (t) => {
  const folder = await openFolder(t)
  using memory = openMemory(folder, real)
  memory.keep(record)
  for (const file of readdirSync(folder)) assert.equal(statSync(join(folder, file)).mode & 0o077, 0, file)
  assert.equal(statSync(folder).mode & 0o077, 0)
})

test('a damaged file is kept aside whole, and told', async (t) => {
  const folder = await openFolder(t)
  {
    using memory = openMemory(folder, real)
    memory.keep(record)
  }
  const path = join(folder, 'agent.db')
  const damaged = Buffer.concat([Buffer.from('not a database'), readFileSync(path).subarray(14)])
  writeFileSync(path, damaged)
  using memory = openMemory(folder, real)
  assert.ok(memory.keptAside?.includes('agent.db.damaged-'))
  assert.deepEqual(readFileSync(memory.keptAside ?? ''), damaged)
  assert.deepEqual(memory.devices(), [])
  memory.keep(record)
  assert.equal(memory.devices().length, 1)
})

test('a folder that cannot be made is told in one sentence', async (t) => {
  const folder = await openFolder(t)
  writeFileSync(folder, 'a file is in the way')
  assert.throws(() => openMemory(folder, real), { code: 'unavailable', message: /cannot be used/ })
})

test('A10 an answer that nobody has taken is remembered for a day, and one that was taken is not', async (t) => {
  const folder = await openFolder(t)
  const clock = createHandClock()
  const answer = { result: 'done' }
  {
    using memory = openMemory(folder, clock)
    const journal = memory.journalOf('lobby')
    for (const id of ['owed', 'told']) {
      journal.begin(id, clock.wallNow() + undeliveredMs)
      journal.finish(id, answer)
    }
    journal.delivered('told')
  }
  using memory = openMemory(folder, clock)
  const journal = memory.journalOf('lobby')
  clock.pass(undeliveredMs - 1)
  journal.begin('later', clock.wallNow() + undeliveredMs)
  assert.deepEqual(
    journal.undelivered().map(({ requestId }) => requestId),
    ['owed'],
  )
  assert.deepEqual(journal.recall('owed'), { known: 'answered', answer })
  assert.equal(journal.recall('told').known, 'no')
  for (let number = 1; number < rememberedRequests; number++)
    journal.begin(`set-${number}`, clock.wallNow() + undeliveredMs)
  assert.equal(journal.recall('owed').known, 'no', 'as one of the last 256')

  journal.finish('later', answer)
  clock.pass(undeliveredMs)
  assert.deepEqual(journal.undelivered(), [])
  assert.equal(journal.recall('later').known, 'no')
})

test('6.1 the last 256 requests are remembered, for ten minutes', async (t) => {
  const folder = await openFolder(t)
  const clock = createHandClock()
  using memory = openMemory(folder, clock)
  const journal = memory.journalOf('lobby')
  for (let number = 0; number <= rememberedRequests; number++) {
    clock.pass(1)
    journal.begin(`set-${number}`, clock.wallNow() + 1000)
    journal.finish(`get-${number}`, { result: number })
  }
  assert.equal(journal.recall('set-0').known, 'no')
  assert.equal(journal.recall('set-1').known, 'begun')
  assert.equal(journal.recall('get-0').known, 'no')
  assert.equal(journal.recall('get-1').known, 'answered')
  clock.pass(rememberedMs)
  assert.equal(journal.recall(`set-${rememberedRequests}`).known, 'no')
  assert.equal(journal.recall(`get-${rememberedRequests}`).known, 'no')
})
