/** A record is carried from one database to the other and back without losing a row, or not at all. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { Failure } from '@fairlead/base'
import { openDatabase } from '../database.ts'
import { type Place, postgresPlace, temporaryFolder, testOnBoth } from '../for-tests.ts'
import { allMigrations, type Migration } from '../migrations/migrations.ts'
import { backUpSqlite } from '../sqlite-backup.ts'
import { fillRecord } from './for-tests.ts'
import { exportToFile, importFromFile, migrateRecord } from './transfer.ts'

const newest = allMigrations.length

const refusal = (pattern: RegExp) => (error: unknown) => error instanceof Failure && pattern.test(error.message)

async function filled(place: Place, devices = 300): Promise<void> {
  await using database = await openDatabase(place)
  await fillRecord(database, devices)
}

test('from SQLite to PostgreSQL and back: the same rows, by count and checksum', async () => {
  using folder = temporaryFolder()
  using server = await postgresPlace()
  const file = (name: string) => join(folder.path, name)
  const [first, last] = [{ folder: file('first') }, { folder: file('last') }]
  await filled(first)
  const exported = await exportToFile({ place: first, file: file('a.jsonl.gz') })
  assert.deepEqual(await importFromFile({ place: server, file: file('a.jsonl.gz') }), exported)
  assert.deepEqual(await exportToFile({ place: server, file: file('b.jsonl') }), exported)
  assert.deepEqual(await importFromFile({ place: last, file: file('b.jsonl') }), exported)
  assert.deepEqual(await exportToFile({ place: last, file: file('c.jsonl') }), exported)

  assert.equal(exported.tables['device']?.rows, 300)
  assert.equal(exported.tables['device_object']?.rows, 900)
  assert.equal(exported.tables['event']?.rows, 300)
  for (const table of [
    'account_user',
    'app_password',
    'invitation',
    'oidc_identity',
    'passkey',
    'recovery_code',
    'release_code',
    'removed_user',
  ] as const)
    assert.equal(exported.tables[table]?.rows, 20, table)
  for (const table of ['job', 'launch', 'program'] as const) assert.equal(exported.tables[table]?.rows, 100, table)
  assert.deepEqual(
    ['document', 'node', 'session', 'spent_challenge', 'user_session', 'walk_up'].filter(
      (table) => table in exported.tables,
    ),
    [],
  )
  const rows = (text: string) => text.split('\n').slice(1)
  assert.deepEqual(
    rows(gunzipSync(readFileSync(file('a.jsonl.gz'))).toString()),
    rows(readFileSync(file('c.jsonl'), 'utf8')),
  )
  assert.equal(statSync(file('b.jsonl')).mode & 0o777, 0o600)
  await using database = await openDatabase(last)
  const held = await database.read.selectFrom('request').select('node').where('node', '<>', 0).execute()
  assert.deepEqual(held, [], 'nobody has anything in hand')
  const head = await database.read.selectFrom('journal_head').selectAll().execute()
  assert.deepEqual(
    head.map(({ seq }) => seq),
    [300],
  )
})

testOnBoth('an export while the relay writes is of one moment, and holds nobody up', async (place) => {
  await filled(place, 200)
  await using database = await openDatabase(place)
  await database.write((tx) => tx.sql.insertInto('account').values({ id: 'z', name: null, created_at: 0 }).execute())
  let isOver = false
  async function writeOn(): Promise<void> {
    // Each write changes two tables together.
    for (let turn = 0; !isOver; turn++)
      await database.write(async (tx) => {
        await tx.sql
          .insertInto('account')
          .values({ id: `z${turn}`, name: null, created_at: 0 })
          .execute()
        await tx.sql
          .insertInto('setting')
          .values({ name: `z${turn}`, value: '' })
          .execute()
      })
  }
  const writing = writeOn()
  const file = join(place.folder, 'export.jsonl')
  const { tables } = await exportToFile({ place, file })
  isOver = true
  await writing
  const [before, settingsBefore] = [21, 2]
  assert.equal((tables['account']?.rows ?? 0) - before, (tables['setting']?.rows ?? 0) - settingsBefore)
})

testOnBoth('a file that is cut off anywhere, or changed, is refused, and nothing of it is kept', async (place) => {
  using source = temporaryFolder()
  await filled({ folder: source.path }, 20)
  const whole = join(source.path, 'whole.jsonl')
  const exported = await exportToFile({ place: { folder: source.path }, file: whole })
  const text = readFileSync(whole, 'utf8')
  const lines = text.trimEnd().split('\n')
  const damaged = join(source.path, 'damaged.jsonl')
  const importing = (bytes: string | Uint8Array) => {
    writeFileSync(damaged, bytes)
    return importFromFile({ place, file: damaged })
  }
  const cuts = [0, 1, 50, text.indexOf('"device_event"'), text.length - 300, text.length - 2]
  for (const cut of cuts) await assert.rejects(importing(text.slice(0, cut)), refusal(/Nothing of it was kept\.$/))
  const packed = gzipSync(text)
  await assert.rejects(importing(packed.subarray(0, packed.length - 20)), refusal(/cannot be read on \(unexpected end/))
  const middle = 1 + lines.findIndex((line) => line.startsWith('{"table":"device_object"'))
  const without = (at: number) => `${lines.toSpliced(at, 1).join('\n')}\n`
  await assert.rejects(importing(without(middle)), refusal(/table device_object is not what its checksum says/))
  await assert.rejects(importing(text.replace('account-3', 'account-x')), refusal(/Nothing of it was kept/))
  await assert.rejects(importing(text.replace('"3rd floor', '"4th floor')), refusal(/checksum/))
  await assert.rejects(importing(`${text}{}\n`), refusal(/goes on behind its end/))
  await assert.rejects(
    importing(text.replace(`"schema":${newest}`, `"schema":${newest + 1}`)),
    refusal(new RegExp(`newer program made it \\(schema version ${newest + 1}`)),
  )
  await assert.rejects(importing(text.replace('fairlead-record', 'other')), refusal(/does not say that it is a record/))
  await assert.rejects(importing('\xff\xfe'), refusal(/first line/))
  await assert.rejects(importing(Uint8Array.of(0xff, 0xfe)), refusal(/UTF-8/))
  await assert.rejects(
    importing(text.replace('"created_at"]', '"made_at"]')),
    refusal(/columns that its schema does not have/),
  )
  await assert.rejects(
    importing(text.replace('{"table":"setting"', '{"table":"node"')),
    refusal(/does not belong there/),
  )
  assert.deepEqual(await importing(text), exported, 'all the same it is empty, and takes the whole one')
})

testOnBoth('a record that has something in it takes no other', async (place) => {
  using source = temporaryFolder()
  await filled({ folder: source.path }, 3)
  const file = join(source.path, 'a.jsonl')
  await exportToFile({ place: { folder: source.path }, file })
  await filled(place, 2)
  const before = await exportToFile({ place, file: join(place.folder, 'before.jsonl') })
  await assert.rejects(
    importFromFile({ place, file }),
    refusal(/There is a record in this database already .*: import into an empty one/),
  )
  assert.deepEqual(await exportToFile({ place, file: join(place.folder, 'after.jsonl') }), before)
})

test('a folder that a relay has is exported from, and not imported into', async () => {
  using folder = temporaryFolder()
  await using database = await openDatabase({ folder: folder.path })
  await fillRecord(database, 2)
  const file = join(folder.path, 'a.jsonl')
  const place = { folder: folder.path }
  await exportToFile({ place, file })
  await assert.rejects(importFromFile({ place, file }), refusal(/in use by process/))
  await assert.rejects(exportToFile({ place, file }), refusal(/There is a file .*a\.jsonl already: name another/))
  assert.ok(existsSync(file))
})

test('what is not there is refused in one sentence, and leaves no file behind', async () => {
  using folder = temporaryFolder()
  const place = { folder: join(folder.path, 'nothing') }
  const file = join(folder.path, 'a.jsonl')
  await assert.rejects(
    exportToFile({ place, file }),
    refusal(/^There is no database in .*nothing: name its folder with --data\.$/),
  )
  await assert.rejects(
    importFromFile({ place: { folder: folder.path }, file }),
    refusal(/a\.jsonl cannot be read \(ENOENT/),
  )
  assert.deepEqual(readdirSync(folder.path), [])
  await filled({ folder: folder.path }, 1)
  await assert.rejects(
    exportToFile({ place: { folder: folder.path }, file: '/proc/a.jsonl' }),
    refusal(/cannot be written/),
  )
  assert.deepEqual(
    readdirSync(folder.path).filter((name) => /jsonl/.test(name)),
    [],
  )
})

/** A fourth step, as a later version of the program would have it. */
const later = [
  ...allMigrations,
  {
    async take({ schema }) {
      await schema
        .alterTable('account')
        .addColumn('colour', 'text', (column) => column.notNull().defaultTo('grey'))
        .execute()
    },
  },
] satisfies Migration[]

testOnBoth(
  'a newer program starts on an older record by itself, after a backup that an older one can go back to',
  async (place) => {
    await filled(place, 10)
    const before = await exportToFile({ place, file: join(place.folder, 'before.jsonl') })
    assert.deepEqual(await migrateRecord({ place, migrations: later, check: true }), {
      from: newest,
      to: newest + 1,
      waits: undefined,
    })
    await (await openDatabase({ ...place, migrations: later }))[Symbol.asyncDispose]()
    assert.deepEqual(await migrateRecord({ place, check: true, migrations: later }), {
      from: newest + 1,
      to: newest + 1,
      waits: undefined,
    })
    await assert.rejects(
      exportToFile({ place, file: join(place.folder, 'c.jsonl') }),
      refusal(
        new RegExp(`schema version ${newest + 1}, but this program knows only.*: export it with the newer program`),
      ),
    )

    const backups = readdirSync(place.folder).filter((name) => name.startsWith(`backup-schema-${newest}-`))
    assert.equal(backups.length, 1)
    const backup = join(place.folder, backups[0] ?? '')
    assert.equal(statSync(backup).mode & 0o777, 0o600)
    using restored = temporaryFolder()
    if (place.url === undefined) writeFileSync(join(restored.path, 'fairlead.db'), readFileSync(backup))
    else await importFromFile({ place: { folder: restored.path }, file: backup })
    const after = await exportToFile({ place: { folder: restored.path }, file: join(restored.path, 'after.jsonl') })
    assert.deepEqual(after, before)
  },
)

testOnBoth('a file of an older schema is imported into a record that is brought to the newer one', async (place) => {
  using source = temporaryFolder()
  await filled({ folder: source.path }, 10)
  const file = join(source.path, 'a.jsonl')
  await exportToFile({ place: { folder: source.path }, file })
  // Empty, and newer than the file already.
  await migrateRecord({ place, migrations: later, check: false })
  await importFromFile({ place, file, migrations: later })
  const { schema, tables } = await exportToFile({ place, migrations: later, file: join(place.folder, 'b.jsonl') })
  assert.deepEqual([schema, tables['device']?.rows], [newest + 1, 10])
  assert.match(
    readFileSync(join(place.folder, 'b.jsonl'), 'utf8'),
    /"columns":\["id","name","created_at","require_second_factor","colour"\]\}\n\["account-0",.*,"grey"\]/,
  )
})

testOnBoth(
  'an empty record that an older program has made takes a file of today, its audit log included',
  async (place) => {
    using source = temporaryFolder()
    await filled({ folder: source.path }, 10)
    const file = join(source.path, 'a.jsonl')
    const exported = await exportToFile({ place: { folder: source.path }, file })
    await migrateRecord({ place, migrations: allMigrations.slice(0, 3), check: false })
    assert.deepEqual(await importFromFile({ place, file }), exported)
    await using database = await openDatabase(place)
    const { seq, hash } = await database.read.selectFrom('audit_head').selectAll().executeTakeFirstOrThrow()
    const newest = await database.read
      .selectFrom('audit')
      .select(['seq', 'hash'])
      .orderBy('seq', 'desc')
      .executeTakeFirst()
    assert.deepEqual({ ...newest }, { seq, hash })
  },
)

test('without a backup nothing is changed', async () => {
  using folder = temporaryFolder()
  using server = await postgresPlace()
  await filled(server, 1)
  await assert.rejects(
    openDatabase({ ...server, folder: '/proc/nowhere', migrations: later }),
    refusal(/must be brought to a newer schema, but no backup of it can be made: /),
  )
  assert.deepEqual(await migrateRecord({ place: server, check: true, migrations: later }), {
    from: newest,
    to: newest + 1,
    waits: undefined,
  })

  using file = new DatabaseSync(join(folder.path, 'a.db'))
  await assert.rejects(
    backUpSqlite(file, newest, { folder: '/proc/nowhere' }),
    refusal(/newer schema, but no backup of it can be made in \/proc\/nowhere \(.*\): make room there\.$/),
  )
})

test('nodes that start together bring the record forward once', async () => {
  using place = await postgresPlace()
  const opened = await Promise.all(Array.from({ length: 5 }, () => openDatabase({ ...place, migrations: later })))
  for (const database of opened) await database[Symbol.asyncDispose]()
  assert.deepEqual(await migrateRecord({ place, check: true, migrations: later }), {
    from: newest + 1,
    to: newest + 1,
    waits: undefined,
  })
})
