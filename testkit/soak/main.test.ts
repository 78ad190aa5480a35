/** `npm run soak` as a program: its help, its refusals, its table and its exit status. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runHouseFile } from '../process.ts'
import { kinds } from './kinds.ts'

const runSoak = (...args: string[]) => runHouseFile('testkit/soak/main.ts', args)

test('--help names every kind and every option, and plays nothing', async () => {
  const { code, stdout } = await runSoak('--help')
  assert.equal(code, 0)
  for (const word of [...Object.keys(kinds), 'load', '--only', '--rounds', '--seed', '--minutes', '--strict'])
    assert.ok(stdout.includes(word), word)
})

test('a kind that is not there, or no number: exit 2 and one sentence', async () => {
  for (const args of [['--only', 'earthquake'], ['--rounds', 'many'], ['--minutes', '0'], ['--loud']]) {
    const { code, stderr } = await runSoak(...args)
    assert.equal(code, 2, args.join(' '))
    assert.match(stderr, /^[A-Z-].*\.\n$/, args.join(' '))
  }
})

test('one kind alone: progress, a table, exit 0', async () => {
  const { code, stdout, stderr } = await runSoak(
    '--only',
    'proxy-buffer',
    '--rounds',
    '1',
    '--seed',
    '3',
    '--patience',
    '5',
  )
  assert.equal(code, 0, stderr)
  assert.match(stderr, /seed 3\n[\s\S]*proxy-buffer 1\/1/)
  assert.match(stdout, /^\| kind \| rounds \|.*\n\| --- .*\n\| proxy-buffer \| 1 \| \d+ \|/)
  assert.match(stdout, /All of it is true \(seed 3\)\.\n$/)
})
