/** S-R3 codes and PINs of five kinds each at a real relay: what their answers show, and the test by which their times are compared. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { createSeededRandom } from '@fairlead/base'
import { openNeighbourhood } from '../neighbourhood.ts'
import { codes } from './codes.ts'
import { guess, relayOptions } from './guessing.ts'
import { chanceOf, distanceOf } from './kolmogorov.ts'
import { pins } from './pins.ts'

const street = await openNeighbourhood({ relay: relayOptions })
after(() => street[Symbol.asyncDispose]())

for (const [name, subject] of Object.entries({ codes, PINs: pins }))
  test(`S-R3 sixty ${name} of each kind, in an order of chance, get one and the same answer, and none before 400 ms`, async () => {
    const seen = await guess(street, subject, { each: 60, atOnce: 50, seed: 1 })
    assert.equal(seen.length, 5)
    for (const { kind, looks, latenciesMs } of seen) {
      assert.equal(latenciesMs.length, 60, kind)
      assert.ok(Math.min(...latenciesMs) >= 395, `${kind}: ${Math.min(...latenciesMs)} ms`)
      assert.deepEqual([...looks], [...(seen[0]?.looks ?? [])], kind)
    }
    const [status, headers, , body = ''] = [...(seen[0]?.looks ?? [])][0]?.split('\n') ?? []
    assert.equal(status, '404')
    assert.match(headers ?? '', /content-length/)
    assert.equal(JSON.parse(body).code, 'no-match')
  })

test('S-R3 the devices, and they alone, have learned why', () => {
  using record = new DatabaseSync(join(street.data, 'fairlead.db'), { readOnly: true })
  const rows = record.prepare('SELECT refused_check c, count(*) n FROM pairing GROUP BY 1 ORDER BY 1').all()
  // One that is too old, or was typed already, hears of nothing.
  assert.deepEqual(
    rows.map((row) => [row['c'], row['n']]),
    [
      [null, 120],
      ['network', 60],
      ['pin', 60],
    ],
  )
})

test('the distance of two samples is the largest between their distribution functions', () => {
  assert.equal(distanceOf([1, 2, 3], [1, 2, 3]), 0)
  assert.equal(distanceOf([1, 2, 3], [4, 5, 6]), 1)
  assert.equal(distanceOf([1, 2, 3, 4], [3, 4, 5, 6]), 0.5)
  assert.equal(distanceOf([1, 1, 1, 2], [1, 2, 2, 2]), 0.5)
})

test('its chance is that of the tables, and a shift of a twentieth of the spread is found in ten thousand', () => {
  // Critical values of Smirnov's tables: 1.358 and 1.628 times the root of (n + m) / nm.
  const root = Math.sqrt(2 / 10_000)
  assert.ok(Math.abs(chanceOf(1.358 * root, [10_000, 10_000]) - 0.05) < 0.001)
  assert.ok(Math.abs(chanceOf(1.628 * root, [10_000, 10_000]) - 0.01) < 0.0005)
  assert.equal(chanceOf(0, [100, 100]), 1)
  const random = createSeededRandom(7)
  const sample = (shift: number) => Array.from({ length: 10_000 }, () => random.fraction() + shift)
  const chanceFor = (shift: number) => chanceOf(distanceOf(sample(0), sample(shift)), [10_000, 10_000])
  assert.ok(chanceFor(0) > 0.01)
  assert.ok(chanceFor(0.05) < 1e-6)
})
