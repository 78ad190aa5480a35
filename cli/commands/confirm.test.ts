/** `fairlead claim --page` and `fairlead confirm`, with a real relay and a virtual printer. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { makeFactoryCode } from '@fairlead/protocol/contract'
import { openFolder } from '../../testkit/folder.ts'
import { openNeighbourhood } from '../../testkit/neighbourhood.ts'
import { readWord } from '../../testkit/paper.ts'
import { startHouseFile } from '../../testkit/process.ts'
import { cliFor } from '../for-tests.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const run = cliFor(street)

test('B5 whoever claims has a page printed, and types its word', async () => {
  await using folder = await openFolder()
  const code = makeFactoryCode(randomBytes(10))
  const options = ['--relay', street.url, '--id', 'attic', '--code', code, '--driver', 'virtual', '--data', folder.path]
  await using agent = await startHouseFile('cli/main.ts', ['agent', ...options])
  await agent.nextEvent('device.offline')

  const claimed = await run(['claim', code, '--page'])
  assert.equal(claimed.code, 0, claimed.stderr)
  const [, claimId = ''] = /The claim is (\S+)\./.exec(claimed.stdout) ?? []
  assert.ok(claimed.stdout.endsWith(`printed a page with a word on it.\nType it: fairlead confirm ${claimId} WORD\n`))
  const wrong = await run(['confirm', claimId, 'river'])
  assert.deepEqual([wrong.code, wrong.stdout], [1, ''])
  assert.equal(wrong.stderr, 'That is not the word on the newest page. It can be tried 4 times more.\n')
  const word = await readWord(folder.path, 'attic')
  const right = await run(['confirm', claimId, ...word.split(' ')])
  assert.deepEqual([right.code, right.stdout], [0, 'Confirmed. `fairlead devices attic` shows it.\n'], right.stderr)
  const again = await run(['confirm', claimId])
  assert.deepEqual([again.code, again.stdout], [1, ''])
  assert.match(again.stderr, /nothing more is to be done/)
  await agent.stop()
})
