/** Calls of programs: the same run is the same call, and those that hang stay few. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import type { LaunchRow, ProgramRow } from '../database/program-tables.ts'
import type { Posted } from '../webhooks/post.ts'
import { createCalling } from './calling.ts'

const program: ProgramRow = {
  ...{ account: 'acme', program: 'p', title: 'P', description: null, asks: '[]', tag: null },
  ...{ webhook_id: 'w', created_at: 0 },
}
const launch: LaunchRow = {
  ...{ launch_id: 'l', account: 'acme', program: 'p', device: 'd', asks: '[]', information: null, created_at: 0 },
  ...{ launched_at: 0, run_at: null, outcome: null, reason: null },
}
const done = { done: { title: 'Done', lines: [] } }

test('a run has one ID for the same answers, in whatever order they come, and another one for others', async () => {
  const ids: string[] = []
  const calling = createCalling({
    async ask(_webhookId, messageId) {
      ids.push(messageId)
      return { status: 200, text: JSON.stringify(done) }
    },
  })
  const run = (runId: string, answers?: Record<string, string>) =>
    calling.run(program, launch, { runId, values: {}, ...(answers && { answers }) })
  await run('1', { a: 'x', b: 'y' })
  await run('1', { b: 'y', a: 'x' })
  await run('1')
  await run('1', {})
  await run('2')
  assert.equal(ids[0], ids[1])
  assert.equal(ids[2], ids[3])
  assert.equal(new Set(ids).size, 3)
  for (const id of ids) assert.match(id, /^run_[\w-]{43}$/, 'nothing in it that a signature divides by')
})

test('a hundred calls of an account may be under way, others’ beside them, and each that ends makes room', async () => {
  const held: ((posted: Posted) => void)[] = []
  const calling = createCalling({ ask: () => new Promise((resolve) => held.push(resolve)) })
  const run = (account = 'acme') => calling.run({ ...program, account }, launch, { runId: '1', values: {} })
  const running = Array.from({ length: 100 }, () => run())
  await assert.rejects(run(), (error) => error instanceof Failure && error.code === 'too-many-requests')
  running.push(run('other'))
  held[0]?.({ status: 200, text: JSON.stringify(done) })
  assert.deepEqual(await running[0], done)
  running.push(run())
  for (const answer of held) answer({ status: 200, text: JSON.stringify(done) })
  assert.equal((await Promise.all(running)).length, 102)
})
