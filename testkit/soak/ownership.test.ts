/** The judge of nodes finds two owners, and none where a device goes from one to another. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkEpochs, checkHeard, checkOwners } from './ownership.ts'

const rulesOf = (lies: readonly { rule: string }[]) => lies.map(({ rule }) => rule)

test('a device that two nodes keep is found; one that goes from one to the other is not', () => {
  const both = new Map([['mfp', ['first', 'second']]])
  assert.deepEqual(rulesOf(checkOwners(both, both)), ['two-owners'])
  assert.deepEqual(checkOwners(new Map([['mfp', ['first']]]), both), [])
  assert.deepEqual(checkOwners(both, new Map([['mfp', ['second']]])), [])
})

test('an epoch that two nodes had is found; a new one each time is not', () => {
  const at = (epoch: number, node: string) => ({ device: 'mfp', epoch, node })
  assert.deepEqual(rulesOf(checkEpochs([at(1, 'one'), at(1, 'two')])), ['two-owners'])
  assert.deepEqual(checkEpochs([at(1, 'one'), at(2, 'two'), at(2, 'two'), at(3, 'one')]), [])
})

test('a gap in the events, and an event that nobody wrote, are found; what came after the last is not missed', () => {
  assert.deepEqual(checkHeard([3, 4, 6, 7], [3, 4, 6]), [])
  assert.deepEqual(checkHeard([3, 4, 6], [1, 2, 3, 4, 6]), [])
  assert.deepEqual(rulesOf(checkHeard([3, 4, 6, 7], [3, 6])), ['lost-record'])
  assert.deepEqual(rulesOf(checkHeard([3, 4, 6], [3, 4, 5, 6])), ['lost-record'])
})
