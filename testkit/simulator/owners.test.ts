/** B and C in hostile lives: one owner, never two secrets that are good, nothing sent without PIN, network and press. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openFolder } from '../folder.ts'
import { playOwners } from './owners.ts'

const seeds = Number(process.env['FAIRLEAD_OWNERS'] ?? 20)

test(`B4 C4 S-R5 ${seeds} lives of three devices, each decided by its seed: every invariant held, and everything happened`, async () => {
  const done = new Map<string, number>()
  for (let seed = 1; seed <= seeds; seed++) {
    await using folder = await openFolder()
    const played = await playOwners(seed, folder.path)
    assert.deepEqual(played.broken, [], `seed ${seed}:\n${played.steps.join('\n')}`)
    for (const [name, count] of played.done) done.set(name, (done.get(name) ?? 0) + count)
  }
  for (const name of ['is claimed by many at once', 'its PIN is typed', 'spends the code of a link', 'is released'])
    assert.ok((done.get(name) ?? 0) > 0, `${name}: ${JSON.stringify([...done])}`)
})
