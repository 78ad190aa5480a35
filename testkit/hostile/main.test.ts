/** The command: what it says about itself, and that it attacks nobody when it is not understood. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runHouseFile } from '../process.ts'

const hostile = (...args: string[]) => runHouseFile('testkit/hostile/main.ts', args)

test('the help names the options and every attack', async () => {
  const { code, stdout } = await hostile('--help')
  assert.equal(code, 0)
  for (const word of ['--full', 'FILTER', 'slow headers', 'flood of creations, another network'])
    assert.ok(stdout.includes(word), word)
})

test('what cannot be meant is refused, with what can be', async () => {
  const option = await hostile('--ful')
  assert.equal(option.code, 1)
  assert.match(option.stderr, /'--ful'/)
  assert.match(option.stdout, /--full/)
  const filter = await hostile('no such attack')
  assert.equal(filter.code, 1)
  assert.match(filter.stderr, /no such attack.*slow headers/)
})
