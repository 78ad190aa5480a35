/** R-15 programs of several schema versions use one record, and what one of them cannot bear is not done to it. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import { until } from '../../testkit/until.ts'
import { createNodeStore } from '../nodes/store.ts'
import { type Database, openDatabase } from './database.ts'
import { type Place, postgresPlace, testOnBoth } from './for-tests.ts'
import { allMigrations, type Migration } from './migrations/migrations.ts'
import { migrateRecord } from './transfer/transfer.ts'

const now = allMigrations.length

const adding: Migration = {
  async take({ schema }) {
    await schema
      .alterTable('setting')
      .addColumn('colour', 'text', (column) => column.notNull().defaultTo('grey'))
      .execute()
  },
}
/** Programs of today would no longer find it. */
const takingAway: Migration = {
  async take({ schema }) {
    await schema.alterTable('setting').renameTo('settings').execute()
  },
  compatibleFrom: now + 2,
}
const next = [...allMigrations, adding]
const overNext = [...next, takingAway]

async function close(database: Database): Promise<void> {
  await database[Symbol.asyncDispose]()
}

const open = async (place: Place, migrations?: readonly Migration[]) =>
  close(await openDatabase({ ...place, ...(migrations && { migrations }) }))

const identity = (name: string) => ({ incarnation: name, home: `home of ${name}`, name, version: '0' })

const refusal = (pattern: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === 'unavailable' && pattern.test(error.message)

const backupsIn = ({ folder }: Place) => readdirSync(folder).filter((name) => name.startsWith('backup-'))

testOnBoth('R-15 an older program goes on where a newer one has only added', async (place) => {
  await open(place, next)
  await using older = await openDatabase(place)
  assert.deepEqual(older.schema, { known: now, version: now + 1, waits: undefined })
  await older.write((tx) => tx.sql.insertInto('setting').values({ name: 'a', value: '1' }).execute())
  const rows = await older.read.selectFrom('setting').select('value').execute()
  assert.deepEqual(
    rows.map(({ value }) => value),
    ['1'],
  )
})

testOnBoth('R-15 an older program refuses a record that lacks what it needs', async (place) => {
  await open(place, overNext)
  for (const migrations of [allMigrations, next])
    await assert.rejects(
      openDatabase({ ...place, migrations }),
      refusal(
        new RegExp(
          `schema version ${now + 2}, for programs that know ${now + 2}, but this program knows only versions up to ${migrations.length}: start the newer program`,
        ),
      ),
    )
})

testOnBoth('R-15 a step that takes away spares the programs that do without already', async (place) => {
  await open(place, [...next, { ...takingAway, compatibleFrom: now + 1 }])
  await open(place, next)
  await assert.rejects(openDatabase(place), refusal(new RegExp(`for programs that know ${now + 1}`)))
})

test('R-15 while older nodes run a newer program adds and takes nothing away, and says whom to replace', async () => {
  using place = await postgresPlace()
  await using old = await openDatabase(place)
  const nodes = createNodeStore(old)
  const hostB = await nodes.enlist(identity('host-b 2'))
  const hostA = await nodes.enlist(identity('host-a 1'))

  const waits = `Schema version ${now + 2} waits for nodes that know nothing newer than ${now + 1}: replace host-a 1 (knows ${now}), host-b 2 (knows ${now}); then it is done at the next start of a node, or by fairlead migrate.`
  const change = { from: now, to: now + 1, waits }
  assert.deepEqual(await migrateRecord({ place, migrations: overNext, check: true }), change)
  assert.deepEqual(await migrateRecord({ place, migrations: overNext, check: false }), change)
  assert.equal(backupsIn(place).length, 1)
  {
    await using newer = await openDatabase({ ...place, migrations: overNext })
    assert.deepEqual(newer.schema, { known: now + 2, version: now + 1, waits })
    await newer.write((tx) => tx.sql.insertInto('setting').values({ name: 'a', value: '1' }).execute())
    assert.equal(backupsIn(place).length, 1, 'nothing was done, so nothing was backed up')
  }

  await nodes.remove(hostA.number)
  await open(place, overNext)
  await nodes.remove(hostB.number)
  assert.deepEqual(await migrateRecord({ place, migrations: overNext, check: false }), {
    from: now + 1,
    to: now + 2,
    waits: undefined,
  })
  assert.equal(backupsIn(place).length, 2)
})

test('R-15 a program that needs what stands behind a step that must wait does not begin, and changes nothing', async () => {
  using place = await postgresPlace()
  await using old = await openDatabase(place)
  const nodes = createNodeStore(old)
  const { number } = await nodes.enlist(identity('host-a 1'))
  const migrations = [...allMigrations, { ...takingAway, compatibleFrom: now + 1 }, { take: async () => {} }]
  const refused = refusal(
    new RegExp(
      `^This program needs schema version ${now + 2}, but version ${now + 1} cannot be done while nodes run that know nothing newer than ${now}: first replace host-a 1 \\(knows ${now}\\) by`,
    ),
  )
  await assert.rejects(openDatabase({ ...place, migrations }), refused)
  await assert.rejects(migrateRecord({ place, migrations, check: true }), refused)
  assert.deepEqual(backupsIn(place), [])
  await nodes.remove(number)
  await open(place, migrations)
})

test('R-15 nodes that are dead, or silent for longer than any may act, hold up nothing', async () => {
  using place = await postgresPlace()
  await using old = await openDatabase(place)
  const nodes = createNodeStore(old)
  for (const name of ['dead', 'silent']) await nodes.enlist(identity(name))
  await old.write(async ({ sql }) => {
    await sql.updateTable('node').set({ state: 'dead' }).where('name', '=', 'dead').execute()
    await sql
      .updateTable('node')
      .set(({ eb }) => ({ seen_at: eb('seen_at', '-', 300_000) }))
      .where('name', '=', 'silent')
      .execute()
  })
  const { waits } = await migrateRecord({ place, migrations: overNext, check: true })
  assert.match(waits ?? '', /replace silent \(knows \d+\);/)
  await old.write(({ sql }) =>
    sql
      .updateTable('node')
      .set(({ eb }) => ({ seen_at: eb('seen_at', '-', 60_000) }))
      .execute(),
  )
  await open(place, overNext)
})

test('R-15 an older node that joins while something is taken away waits, and is refused', async () => {
  using place = await postgresPlace()
  await using old = await openDatabase(place)
  const begun = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const slow: Migration = {
    async take() {
      begun.resolve()
      await goOn.promise
    },
    compatibleFrom: now + 1,
  }
  const taken = open(place, [...allMigrations, slow])
  await begun.promise
  let isOver = false
  const joined = createNodeStore(old)
    .enlist(identity('late'))
    .finally(() => {
      isOver = true
    })
  joined.catch(() => {})
  const waiting = async () =>
    (
      await old.read
        .selectFrom('pg_locks' as never)
        .selectAll()
        .where('granted' as never, '=', false as never)
        .execute()
    ).length > 0
  await until('it waits for the record', waiting)
  assert.equal(isOver, false)
  goOn.resolve()
  await taken
  await assert.rejects(joined, refusal(/for programs that know \d+, but this program knows only/))
  assert.deepEqual(await old.read.selectFrom('node').select('name').execute(), [])
})

test('R-15 a node that joins just before something is taken away is seen', async () => {
  using place = await postgresPlace()
  await using old = await openDatabase(place)
  const nodes = createNodeStore(old)
  // Planned while nobody was there; the backup takes its time.
  const migrations = [...allMigrations, takingAway].with(-1, { ...takingAway, compatibleFrom: now + 1 })
  const joining: Migration = {
    async take() {
      await nodes.enlist(identity('quick'))
    },
  }
  await using newer = await openDatabase({
    ...place,
    migrations: [...allMigrations, joining, ...migrations.slice(now)],
  })
  assert.equal(newer.schema.version, now + 1)
  assert.match(newer.schema.waits ?? '', /replace quick/)
})
