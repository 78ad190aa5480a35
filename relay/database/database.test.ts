/** The record opens, shows what was committed and nothing else, and refuses what a newer program made; on both databases. */
import assert from 'node:assert/strict'
import { Failure } from '@fairlead/base'
import { openDatabase } from './database.ts'
import { testOnBoth } from './for-tests.ts'
import { allMigrations } from './migrations/migrations.ts'

testOnBoth('what was written is read back after closing and opening again', async (place) => {
  {
    await using database = await openDatabase(place)
    await database.write((tx) => tx.sql.insertInto('setting').values({ name: 'a', value: '1' }).execute())
  }
  await using database = await openDatabase(place)
  const rows = await database.read.selectFrom('setting').selectAll().execute()
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [{ name: 'a', value: '1' }],
  )
})

testOnBoth('closing waits for writes under way', async (place) => {
  const database = await openDatabase(place)
  const written = database.write((tx) => tx.sql.insertInto('setting').values({ name: 'a', value: '1' }).execute())
  await database[Symbol.asyncDispose]()
  await written
})

testOnBoth('the reader cannot write', async (place) => {
  await using database = await openDatabase(place)
  await assert.rejects(
    database.read.insertInto('setting').values({ name: 'a', value: '1' }).execute(),
    /read-?only|standby/,
  )
})

testOnBoth(
  'the reader sees nothing of a write before its commit, and all of it when write has resolved',
  async (place) => {
    await using database = await openDatabase(place)
    const count = async () => (await database.read.selectFrom('setting').select('name').execute()).length
    await database.write(async (tx) => {
      await tx.sql.insertInto('setting').values({ name: 'a', value: '1' }).execute()
      assert.equal(await count(), 0)
    })
    assert.equal(await count(), 1)
  },
)

testOnBoth('rows are walked through one by one, in the order of their bytes', async (place) => {
  await using database = await openDatabase(place)
  const names = ['B', 'a', 'Z-1', 'a.b', 'a_b', 'ab', 'é', 'Ω', ...Array.from({ length: 1200 }, (_, n) => `row ${n}`)]
  await database.write(async (tx) => {
    for (const name of names) await tx.sql.insertInto('setting').values({ name, value: '' }).execute()
  })
  const walked: string[] = []
  for await (const { name } of database.read.selectFrom('setting').select('name').orderBy('name').stream())
    walked.push(name)
  assert.deepEqual(walked, names.sort())
})

testOnBoth('numbers beyond 32 bits come back as numbers', async (place) => {
  await using database = await openDatabase(place)
  const at = 2 ** 52 + 1
  await database.write((tx) => tx.sql.insertInto('account').values({ id: 'a', name: null, created_at: at }).execute())
  assert.equal((await database.read.selectFrom('account').select('created_at').executeTakeFirst())?.created_at, at)
})

testOnBoth('a newer database is refused with one sentence that says what to do', async (place) => {
  const newest = allMigrations.length
  const next = { take: async () => {}, compatibleFrom: newest + 1 }
  await (await openDatabase({ ...place, migrations: [...allMigrations, next] }))[Symbol.asyncDispose]()
  await assert.rejects(
    openDatabase(place),
    (error) =>
      error instanceof Failure &&
      error.message.includes(
        `schema version ${newest + 1}, for programs that know ${newest + 1}, but this program knows only versions up to ${newest}: start the newer program`,
      ) &&
      error.message.includes('or restore the backup'),
  )
})

testOnBoth(
  'text that PostgreSQL cannot keep is kept alike on both, and found again by what was given',
  async (place) => {
    await using database = await openDatabase(place)
    const given = ['a\0b', '\0', 'half \ud800 a pair', '\udc00\0']
    await database.write(async (tx) => {
      for (const name of given) await tx.sql.insertInto('setting').values({ name, value: name }).execute()
    })
    const find = (name: string) =>
      database.read.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst()
    const found = await Promise.all(given.map(find))
    assert.deepEqual(
      found.map((row) => row?.value),
      ['a\ufffdb', '\ufffd', 'half \ufffd a pair', '\ufffd\ufffd'],
    )
  },
)
