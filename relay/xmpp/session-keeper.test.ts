/** The keeper of sessions writes soon and together, and nothing after it was closed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, silentLog } from '@fairlead/base'
import { createSessionKeeper, type EndedSession } from './session-keeper.ts'

const turns = () => new Promise((resolve) => setImmediate(resolve))

/** On a disk that takes what it is given when it is told to. */
function openKeeper() {
  const clock = createHandClock()
  const writes: { ended: readonly EndedSession[]; done: PromiseWithResolvers<void> }[] = []
  const store = {
    load: async () => ({ sessions: [], aliveAt: 0 }),
    async saveAlive() {},
    save(_changed: unknown, ended: readonly EndedSession[]) {
      const done = Promise.withResolvers<void>()
      writes.push({ ended, done })
      return done.promise
    },
  }
  return { clock, writes, keeper: createSessionKeeper({ clock, log: silentLog, store }) }
}

const printer = { device: 'printer', key: 'a', epoch: 1 }
const scanner = { device: 'scanner', key: 'b', epoch: 1 }

test('closed while it writes, it writes once more what ended meanwhile, and never again', async () => {
  const { clock, writes, keeper } = openKeeper()
  keeper.ended(printer)
  clock.pass(60)
  keeper.ended(scanner)
  const closed = keeper.close()
  writes[0]?.done.resolve()
  await turns()
  assert.deepEqual(
    writes.map(({ ended }) => ended),
    [[printer], [scanner]],
  )
  writes[1]?.done.resolve()
  await closed
  keeper.ended(printer)
  clock.pass(60_000)
  await turns()
  assert.equal(writes.length, 2)
})

test('a disk that takes nothing does not keep it from closing', async () => {
  const { clock, writes, keeper } = openKeeper()
  keeper.ended(printer)
  clock.pass(60)
  const closed = keeper.close()
  writes[0]?.done.reject(new Error('The disk is full.'))
  await turns()
  writes[1]?.done.reject(new Error('The disk is full.'))
  await closed
  clock.pass(60_000)
  assert.equal(writes.length, 2)
})
