/** B7: levels over time: what stays the same is one reading, unknown stays unknown, and nobody fills the disk. */
import assert from 'node:assert/strict'
import type { Json, ReadingsQuery } from '@fairlead/protocol/contract'
import { openDatabase } from '../database/database.ts'
import { testOnBoth } from '../database/for-tests.ts'
import { createReadings, type Seen } from './readings.ts'

const start = Date.parse('2026-11-28T00:00:00.000Z')
const series = { account: 'a', device: 'd', source: 'event' } as const
const all: ReadingsQuery = { limit: 500 }

testOnBoth(
  'B7 a level that stays is one reading that grows; unknown is kept as it was said; others see nothing of it',
  async (place) => {
    await using database = await openDatabase(place)
    const readings = createReadings(database)
    const keep = (minute: number, value: Json, more: Partial<Seen> = {}, object = 'toner.black') =>
      database.write((tx) => readings.keep(tx, { ...series, at: start + minute * 60_000, ...more }, [[object, value]]))
    for (const [minute, value] of [50, 50, 50, 'unknown', 49, 49].entries()) await keep(minute, value)
    await keep(2, 1)
    await keep(1, { value: 10, unit: 'impressions' }, { source: 'poll' }, 'pages')
    await keep(1, 3, { account: 'b' })
    const { items, nextCursor } = await readings.list('a', 'd', all)
    const at = (minute: number) => new Date(start + minute * 60_000).toISOString()
    const toner = { object: 'toner.black', source: 'event' }
    assert.equal(nextCursor, null)
    assert.deepEqual(items, [
      { ...toner, value: 50, at: at(0), untilAt: at(2) },
      { object: 'pages', source: 'poll', value: { value: 10, unit: 'impressions' }, at: at(1), untilAt: at(1) },
      { ...toner, value: 'unknown', at: at(3), untilAt: at(3) },
      { ...toner, value: 49, at: at(4), untilAt: at(5) },
    ])
    const page = await readings.list('a', 'd', { limit: 2 })
    const rest = await readings.list('a', 'd', { limit: 2, cursor: page.nextCursor ?? '' })
    assert.deepEqual([[...page.items, ...rest.items], rest.nextCursor], [items, null])
    const within = await readings.list('a', 'd', { ...all, object: 'toner.black', from: at(1), to: at(3) })
    assert.deepEqual(within.items, [items[0], items[2]])
    await assert.rejects(readings.list('a', 'd', { limit: 1, cursor: 'nonsense' }), { code: 'invalid-request' })

    const thin = { ...all, everySeconds: 240 }
    assert.deepEqual(
      (await readings.list('a', 'd', thin)).items,
      items.slice(1),
      'the last of each span of four minutes',
    )
    const [first] = (await readings.list('a', 'd', { ...thin, limit: 1 })).items
    const { nextCursor: next } = await readings.list('a', 'd', { ...thin, limit: 1 })
    assert.deepEqual(first, items[1])
    assert.deepEqual((await readings.list('a', 'd', { ...thin, cursor: next ?? '' })).items, items.slice(2))

    await readings.forgetOld(start + 3 * 60_000)
    assert.deepEqual((await readings.list('a', 'd', all)).items, items.slice(2))
  },
)

testOnBoth(
  'B7 a device that flutters keeps 120 readings an hour, and one of endless names a hundred of them',
  async (place) => {
    await using database = await openDatabase(place)
    const readings = createReadings(database)
    await database.write(async (tx) => {
      for (let at = 0; at < 200; at++)
        await readings.keep(tx, { ...series, at: start + at * 1000 }, [['toner.black', at]])
      for (const letter of ['x', 'y']) {
        const values = Array.from({ length: 60 }, (_, at) => [`toner.${letter}${at}`, at] as const)
        await readings.keep(tx, { ...series, device: 'names', at: start }, values)
      }
    })
    const { items } = await readings.list('a', 'd', all)
    assert.equal(items.length, 120)
    assert.deepEqual(items.at(-1)?.value, 199, 'the newest is there')
    assert.equal((await readings.list('a', 'names', all)).items.length, 100)
  },
)

testOnBoth('B7 pages that jobs have told of are a counter', async (place) => {
  await using database = await openDatabase(place)
  const readings = createReadings(database)
  for (const [minute, pages] of [3, 4].entries())
    await database.write((tx) => readings.countPrinted(tx, { ...series, at: start + minute * 60_000 }, pages))
  const { items } = await readings.list('a', 'd', { ...all, object: 'printed' })
  assert.deepEqual(
    items.map(({ value }) => value),
    [3, 7],
  )
})
