/** Making sessions leaves room in each turn for those that have one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurns } from './bosh-turns.ts'

test('S-D3 what is too much for one turn of the event loop waits for the next ones, in order', () => {
  let nowMs = 0
  const nextTurns: (() => void)[] = []
  const turns = createTurns(
    () => nowMs,
    (run) => nextTurns.push(run),
  )
  const done: number[] = []
  const each = (at: number) => () => {
    nowMs += 4
    done.push(at)
  }
  for (let at = 1; at <= 7; at++) turns.run(each(at))
  assert.deepEqual(done, [1, 2, 3])
  assert.equal(nextTurns.length, 1, 'the loop is asked for one more turn, however many wait')
  nextTurns.shift()?.()
  assert.deepEqual(done, [1, 2, 3, 4, 5, 6])
  turns.run(each(8))
  assert.deepEqual(done, [1, 2, 3, 4, 5, 6], 'nobody overtakes')
  turns.flush()
  assert.deepEqual(done, [1, 2, 3, 4, 5, 6, 7, 8])
  let taken = 0
  while (turns.run(each(9))) taken++
  assert.equal(taken, 20_000, 'and no more than a fleet waits')
})

test('what takes no time never waits', () => {
  const turns = createTurns(
    () => 0,
    () => assert.fail('no turn is needed'),
  )
  let done = 0
  for (let at = 0; at < 1000; at++) turns.run(() => void done++)
  assert.equal(done, 1000)
})
