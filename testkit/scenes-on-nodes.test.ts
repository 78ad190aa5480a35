/** N6: the core's scenes pass at three nodes behind a balancer as they pass at one relay; the others are played by hand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runHouseFile } from './process.ts'

/** By hand all the others as well: `FAIRLEAD_SCENES=nodes npm test -- testkit/a5-survival.scene.test.ts`. */
const core = [
  'a2-register',
  'a3-new-session',
  'a4-connection',
  'a8-first-request',
  'a9-second-request',
  'a10-response',
  'a10-stock-clients',
]

test('N6 the scenes of the core pass at three nodes', async () => {
  const files = core.map((scene) => `testkit/${scene}.scene.test.ts`)
  const { code, stdout, stderr } = await runHouseFile('tools/test.ts', files, {
    environment: { FAIRLEAD_SCENES: 'nodes' },
  })
  const failed = stdout.split('\n').filter((line) => /^\s*✖/.test(line))
  assert.equal(code, 0, [...failed, stdout.slice(-3000), stderr.slice(-1000)].join('\n'))
})
