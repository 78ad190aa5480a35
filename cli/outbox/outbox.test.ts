/** What several processes of one user do to one outbox at the same time (E1). */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openFolder } from '../../testkit/folder.ts'
import { startProcess } from '../../testkit/process.ts'
import { sendOnce } from './background.ts'
import { type KeptJob, openOutbox } from './outbox.ts'

const job: KeptJob = {
  ...{ id: 'one', relay: { url: 'http://127.0.0.1:9', key: 'k' }, device: 'lobby', name: 'one.pdf' },
  ...{ contentType: 'application/pdf', bytes: 3, ticket: {}, createdAt: 0, expiresAt: 60_000 },
}

async function openWith(kept: KeptJob) {
  const folder = await openFolder()
  const file = join(folder.path, 'one.pdf')
  await writeFile(file, 'one')
  const outbox = openOutbox({ XDG_STATE_HOME: folder.path })
  await outbox.add(kept, file)
  const known = { find: async () => undefined, keep: async () => {} }
  return {
    outbox,
    send: () => sendOnce({ outbox, known, now: () => 1_000 }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

test('E1 a job that was removed stays so, whatever another process writes down of its try', async () => {
  await using it = await openWith(job)
  await it.outbox.remove(job)
  await it.outbox.change(job, { why: 'no relay answers' })
  assert.deepEqual(await it.outbox.list(), [])
})

test('E1 what a living process is about to tell of is left to it, and what a dead one has left is sent', async () => {
  await using other = await startProcess('sleep', ['60'])
  await using it = await openWith({ ...job, inHandOf: other.pid })
  assert.deepEqual(await it.send(), { left: 1, sent: 0 })
  assert.equal((await it.outbox.list())[0]?.why, undefined, 'it was not tried')
  await other.kill()
  assert.deepEqual(await it.send(), { left: 1, sent: 0 })
  assert.match((await it.outbox.list())[0]?.why ?? '', /No relay answers/)
})

test('E1 now or never is never, when whoever asked for it was killed', async () => {
  await using it = await openWith({ ...job, expiresAt: job.createdAt })
  assert.deepEqual(await it.send(), { left: 0, sent: 0 })
  assert.deepEqual(await it.outbox.list(), [])
})
