/** What is written behind: in groups and in order, again when it failed, and never lost in silence. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createHandClock, type Log, silentLog } from '@fairlead/base'
import type { NewAuditRow } from '../database/tables.ts'
import { createBehind } from './behind.ts'

const rowOf = (subject: string): NewAuditRow => ({
  ...{ at: 0, account: null, actor_kind: 'relay', actor_id: null, action: 'key.made', device: null, request_id: null },
  ...{ subject, result: 'done', address: null, salt: 's' },
})

function open(mostWaiting?: number) {
  const clock = createHandClock()
  const written: string[][] = []
  const errors: unknown[] = []
  const log: Log = { ...silentLog, error: (event, _msg, _error, facts) => errors.push([event, facts]) }
  const disk = { isFull: false }
  const behind = createBehind({
    clock,
    log,
    async write(rows) {
      await turn()
      if (disk.isFull) throw new Error('The disk is full.')
      written.push(rows.map(({ subject }) => String(subject)))
    },
    lost: (count) => rowOf(`${count} lost`),
    soonMs: 25,
    ...(mostWaiting !== undefined && { mostWaiting }),
  })
  async function pass(ms: number): Promise<void> {
    clock.pass(ms)
    for (let at = 0; at < 10; at++) await turn()
  }
  return { behind, written, errors, disk, pass }
}

test('what comes within a moment is written together, what comes meanwhile after it', async () => {
  const { behind, written, pass } = open()
  for (const subject of ['a', 'b']) behind.add(rowOf(subject))
  await pass(24)
  assert.deepEqual(written, [])
  await pass(1)
  behind.add(rowOf('c'))
  await pass(25)
  assert.deepEqual(written, [['a', 'b'], ['c']])
  for (let at = 0; at < 201; at++) behind.add(rowOf('d'))
  await pass(25)
  assert.deepEqual(
    written.slice(2).map(({ length }) => length),
    [200, 1],
  )
})

test('what could not be written is tried again, and where there was no room it is told how many are lost', async () => {
  const { behind, written, errors, disk, pass } = open(3)
  disk.isFull = true
  for (const subject of ['a', 'b', 'c', 'd', 'e']) behind.add(rowOf(subject))
  await pass(25)
  assert.deepEqual(errors, [['audit.late', undefined]])
  await pass(1000)
  assert.equal(errors.length, 1, 'it is said once')
  disk.isFull = false
  await pass(1000)
  assert.deepEqual(written, [['2 lost', 'a', 'b', 'c']])
  behind.add(rowOf('f'))
  await behind[Symbol.asyncDispose]()
  assert.deepEqual(written[1], ['f'])
})

test('a relay that stops while nothing can be written says in its log how many entries are lost', async () => {
  const { behind, errors, disk } = open(1)
  disk.isFull = true
  for (const subject of ['a', 'b']) behind.add(rowOf(subject))
  await behind[Symbol.asyncDispose]()
  assert.deepEqual(errors, [
    ['audit.late', undefined],
    ['audit.lost', { count: 2 }],
  ])
})
