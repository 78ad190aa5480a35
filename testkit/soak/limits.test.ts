/** A relay with a small heap under a flood, and the beginning of a long load. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openFolder } from '../folder.ts'
import { mustBeTrue, patience } from './for-tests.ts'
import { playLongLoad } from './long-load.ts'
import { renderLies } from './report.ts'

test('R-12 a relay with a small heap sheds what it cannot take, truthfully, lives, and is as before afterwards', async () => {
  const { notes } = await mustBeTrue('memory-limit', 51)
  assert.ok(Number(notes['shed']) > 100, JSON.stringify(notes))
})

test('R-14 a long load writes down memory, descriptors and latency as it goes, and ends with all of it true', async () => {
  await using folder = await openFolder()
  const file = join(folder.path, 'load.csv')
  const options = { seed: 52, patience, strict: false, tell() {}, minutes: 1 / 3, file, sampleMs: 2000 }
  const played = await playLongLoad(options)
  assert.equal(renderLies(played), '', 'seed 52')
  const [head, ...lines] = (await readFile(file, 'utf8')).trim().split('\n')
  assert.equal(head, 'seconds,rssKilobytes,descriptors,calls,p50Ms,p99Ms,loopLagSeconds,online')
  assert.ok(lines.length >= 5, `${lines.length} samples`)
  for (const line of lines) {
    const [seconds = 0, rss = 0, descriptors = 0] = line.split(',').map(Number)
    assert.ok(seconds > 0 && rss > 20_000 && descriptors > 10, line)
  }
  assert.ok(played.calls > 100)
})
