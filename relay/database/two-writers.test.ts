/** Two nodes write to one PostgreSQL database: they get out of each other's way, and events have one order. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { until } from '../../testkit/until.ts'
import { type Database, openDatabase } from './database.ts'
import { postgresPlace } from './for-tests.ts'
import { allMigrations } from './migrations/migrations.ts'
import type { Transaction } from './writer.ts'

async function openTwo() {
  await using opening = new AsyncDisposableStack()
  const place = opening.use(await postgresPlace())
  const here = opening.use(await openDatabase(place))
  const there = opening.use(await openDatabase(place))
  await here.write(async (tx) => {
    for (const name of ['a', 'b']) await tx.sql.insertInto('setting').values({ name, value: '0' }).execute()
  })
  const opened = opening.move()
  return { place, here, there, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** Adds one to a value, as a program does that reads before it writes. */
async function count(tx: Transaction, name: string): Promise<void> {
  const { value } = await tx.sql
    .selectFrom('setting')
    .select('value')
    .where('name', '=', name)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
  await tx.sql
    .updateTable('setting')
    .set({ value: `${Number(value) + 1}` })
    .where('name', '=', name)
    .execute()
}

const valuesIn = async ({ read }: Database) =>
  (await read.selectFrom('setting').select('value').orderBy('name').execute()).map(({ value }) => value)

test('two writes that wait for each other crosswise are both done, one of them at the second attempt', async () => {
  await using two = await openTwo()
  let attempts = 0
  const meet = Promise.withResolvers<void>()
  let waiting = 0
  const crosswise = (first: string, second: string) => async (tx: Transaction) => {
    attempts++
    await count(tx, first)
    if (++waiting === 2) meet.resolve()
    await meet.promise
    await count(tx, second)
  }
  await Promise.all([two.here.write(crosswise('a', 'b')), two.there.write(crosswise('b', 'a'))])
  assert.deepEqual(await valuesIn(two.here), ['2', '2'])
  assert.equal(attempts, 3)
})

test('groups that wait for each other crosswise are all done, and keep their order', async () => {
  await using two = await openTwo()
  const done: string[] = []
  const meet = Promise.withResolvers<void>()
  let waiting = 0
  const group = (database: Database, node: string, names: readonly string[]) =>
    names.map((name, at) =>
      database.write(async (tx) => {
        await count(tx, name)
        if (at === 0 && ++waiting === 2) meet.resolve()
        if (at === 0) await meet.promise
        tx.afterCommit(() => done.push(`${node} ${at}`))
      }),
    )
  await Promise.all([...group(two.here, 'here', ['a', 'b', 'a']), ...group(two.there, 'there', ['b', 'a', 'b'])])
  assert.deepEqual(await valuesIn(two.here), ['3', '3'])
  for (const node of ['here', 'there'])
    assert.deepEqual(
      done.filter((what) => what.startsWith(node)),
      [0, 1, 2].map((at) => `${node} ${at}`),
    )
})

test('who waits too long for another is refused, and the others of its group are not', async () => {
  await using two = await openTwo()
  const release = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  // It holds the row for as long as the other tries; the server would end it if it were silent.
  const holder = two.there.write(async (tx) => {
    await count(tx, 'a')
    held.resolve()
    let isOver = false
    void release.promise.then(() => {
      isOver = true
    })
    while (!isOver) await tx.sql.selectNoFrom(({ fn, val }) => fn('pg_sleep', [val(0.2)]).as('slept')).execute()
  })
  await held.promise
  const before = two.here.write((tx) => count(tx, 'b'))
  const refused = two.here.write((tx) => count(tx, 'a'))
  const after = two.here.write((tx) => count(tx, 'b'))
  await before
  await assert.rejects(refused, /The database cannot write \(.*lock timeout\): nothing was stored/)
  await after
  release.resolve()
  await holder
  assert.deepEqual(await valuesIn(two.here), ['1', '2'])
  await two.here.write((tx) => count(tx, 'a'))
  assert.equal(two.here.whyNot(), undefined)
})

test('a node that stops in the middle of a transaction is put out of it, and the others go on', async () => {
  await using two = await openTwo()
  const goOn = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const stopped = two.there.write(async (tx) => {
    await count(tx, 'a')
    held.resolve()
    // As a process does that is frozen, or whose machine is.
    await goOn.promise
  })
  await held.promise
  const startMs = performance.now()
  await until('the other node can write', () =>
    two.here
      .write((tx) => count(tx, 'a'))
      .then(
        () => true,
        () => false,
      ),
  )
  assert.ok(performance.now() - startMs < 8000)
  goOn.resolve()
  await assert.rejects(stopped, /: nothing was stored/)
  await two.there.write((tx) => count(tx, 'a'))
  assert.deepEqual(await valuesIn(two.here), ['2', '0'])
})

test('a newer node changes tables while an older one works: the older one goes on', async () => {
  await using two = await openTwo()
  const read = () => two.here.read.selectFrom('setting').selectAll().where('name', '=', 'a').executeTakeFirst()
  const write = () =>
    two.here.write((tx) => tx.sql.selectFrom('setting').selectAll().where('name', '=', 'b').executeTakeFirst())
  // Prepared on every connection.
  for (let turn = 0; turn < 3; turn++) await Promise.all([read(), read(), read(), read(), write()])
  const take = async ({ schema }: Database['read']) => {
    await schema
      .alterTable('setting')
      .addColumn('remark', 'text', (column) => column.notNull().defaultTo('none'))
      .execute()
  }
  await using _newer = await openDatabase({ ...two.place, migrations: [...allMigrations, { take }] })
  for (let turn = 0; turn < 3; turn++) await Promise.all([read(), read(), read(), read(), write()])
  await two.here.write((tx) => tx.sql.insertInto('setting').values({ name: 'c', value: '0' }).execute())
})

const writingChild = `
  import { openDatabase } from ${JSON.stringify(new URL('./database.ts', import.meta.url).href)}
  const [url, node] = process.argv.slice(1)
  await using database = await openDatabase({ folder: '', url })
  let left = 2000
  async function writeOn() {
    while (left-- > 0)
      await database.write(async (tx) => {
        tx.tell({ at: 1, account: null, device: null, type: 't', data: '{}', node: Number(node) })
        if (left % 7 === 0) throw new Error('changed its mind')
      }).catch(() => {})
  }
  await Promise.all(Array.from({ length: 8 }, writeOn))
`

test('events of two processes are numbered without a gap, and who has read up to a number has read everything up to it', async () => {
  await using two = await openTwo()
  const children = [1, 2].map((node) =>
    spawn(process.execPath, ['--input-type=module-typescript', '-e', writingChild, two.place.url, `${node}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  )
  let running = children.length
  const ended = children.map(async (child) => {
    const [code] = await once(child, 'exit')
    running--
    return code
  })
  const seen: number[] = []
  const nodes = new Set<number>()
  for (let isLast = false; ; ) {
    const rows = await two.here.read
      .selectFrom('event')
      .select(['seq', 'node'])
      .where('seq', '>', seen.length)
      .orderBy('seq')
      .execute()
    // Each reading begins where the last one ended: had a smaller number come later, it would be missing here.
    for (const { seq, node } of rows) {
      seen.push(seq)
      nodes.add(node)
      assert.equal(seq, seen.length)
    }
    if (isLast) break
    isLast = running === 0
  }
  assert.deepEqual(await Promise.all(ended), [0, 0])
  assert.deepEqual([...nodes].sort(), [1, 2])
  const all = await two.here.read.selectFrom('event').select('seq').orderBy('seq').execute()
  assert.deepEqual(
    all.map(({ seq }) => seq),
    seen,
  )
  assert.ok(seen.length > 3000)
})
