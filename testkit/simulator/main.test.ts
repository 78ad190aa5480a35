/** The command: what it says about itself, and that it plays nothing when it is not understood. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runHouseFile } from '../process.ts'

const simulate = (...args: string[]) => runHouseFile('testkit/simulator/main.ts', args)

test('the help names every option', async () => {
  const { code, stdout, stderr } = await simulate('--help')
  assert.deepEqual([code, stderr], [0, ''])
  for (const option of ['--seeds', '--from', '--minutes', '--jobs', '--seed S', '--lines', '--planted'])
    assert.ok(stdout.includes(option), option)
})

test('what cannot be meant is refused, with what can be', async () => {
  for (const words of [['--sede', '4'], ['--seed', 'four'], ['4']]) {
    const { code, stdout, stderr } = await simulate(...words)
    assert.deepEqual([code, stdout], [2, ''], words.join(' '))
    assert.match(stderr, /--planted/)
  }
})

test('one seed shows its history and what came of it', async () => {
  const { code, stdout } = await simulate('--seed', '4', '--lines', '5')
  assert.equal(code, 0)
  assert.match(stdout, /Seed 4, history [0-9a-f]+.*\nEvery invariant held\.\n$/)
})
