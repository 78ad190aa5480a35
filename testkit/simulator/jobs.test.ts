/** M1 in hostile minutes: no page comes out twice, no job is lost, and each end is true. `FAIRLEAD_JOBS=100000` plays many. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playJobs } from './jobs.ts'

const seeds = Number(process.env['FAIRLEAD_JOBS'] ?? 300)
const from = Number(process.env['FAIRLEAD_JOBS_FROM'] ?? 1)

test(`M1 A14 ${seeds} stories of five jobs and two of the device's own, agents and printers that die at any step: each page once, each end true`, async () => {
  const ends = new Map<string, number>()
  let deaths = 0
  for (let seed = from; seed < from + seeds; seed++) {
    const played = await playJobs(seed)
    assert.deepEqual(played.broken, [], `seed ${seed}`)
    deaths += played.deaths
    for (const [end, count] of played.ends) ends.set(end, (ends.get(end) ?? 0) + count)
  }
  console.log(`${seeds} seeds: ${JSON.stringify(Object.fromEntries(ends))}, ${deaths} deaths`)
  for (const end of ['done', 'cancelled', 'unknown', 'expired']) assert.ok(ends.get(end), `none is ${end}`)
  assert.ok(deaths > seeds)
})
