/** How the commands that measure nodes are called: their help, and that they refuse what they cannot with a sentence. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runHouseFile } from '../testkit/process.ts'

const commands: [name: string, options: readonly string[], wrong: readonly (readonly string[])[]][] = [
  [
    'costs',
    ['--devices', '--seconds', '--machine', '--last', '--json', '--write'],
    [
      ['--seconds', '0'],
      ['--machine', 'none'],
      ['--devices', '9999999'],
    ],
  ],
  [
    'nodes',
    ['--nodes', '--devices', '--in-flight', '--machine'],
    [
      ['--nodes', '1,two'],
      ['--machine', '-5'],
      ['--answers', 'aloud'],
    ],
  ],
  [
    'death',
    ['--devices', '--nodes', '--per-second', '--only', '--json', '--write'],
    [
      ['--nodes', '1'],
      ['--devices', 'many'],
      ['--only', 'freeze'],
    ],
  ],
  [
    'known',
    ['--devices', '--calm-seconds'],
    [
      ['--devices', 'all'],
      ['--calm-seconds', ''],
    ],
  ],
]

for (const [name, options, wrong] of commands)
  test(`N6 bench:${name} says what it does, and refuses what it cannot with a sentence`, async () => {
    const run = (...args: string[]) => runHouseFile(`bench/${name}.ts`, args)
    const { code, stdout } = await run('--help')
    assert.equal(code, 0)
    for (const option of options) assert.ok(stdout.includes(option), option)
    for (const args of [...wrong, ['--strange'], ['extra']]) {
      const refused = await run(...args)
      assert.deepEqual([refused.code, refused.stdout], [2, ''], args.join(' '))
      assert.match(refused.stderr, /^[^\n]+\.\n$/)
    }
  })
