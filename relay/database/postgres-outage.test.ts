/** The server goes away and comes back, in every way it can: nothing that was acknowledged is lost, and nobody waits for ever. */
import assert from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Failure } from '@fairlead/base'
import { sql } from 'kysely'
import { listenOnFreePort } from '../../testkit/listen.ts'
import { type PostgresServer, startPostgres } from '../../testkit/postgres.ts'
import { until } from '../../testkit/until.ts'
import { type Database, openDatabase } from './database.ts'
import { temporaryFolder } from './for-tests.ts'

let server: PostgresServer
let url: string
before(async () => {
  server = await startPostgres()
})
after(() => server[Symbol.asyncDispose]())
beforeEach(async () => {
  url = await server.newDatabase()
})

const put = (database: Database, name: string) =>
  database.write((tx) => tx.sql.insertInto('setting').values({ name, value: '' }).execute())

async function namesIn(database: Database): Promise<Set<string>> {
  return new Set((await database.read.selectFrom('setting').select('name').execute()).map(({ name }) => name))
}

const isUnavailable = (error: unknown) =>
  error instanceof Failure && error.code === 'unavailable' && error.retryAfterSeconds === 5

/** @returns how long it took, in milliseconds */
async function refusedAfter(trying: Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await assert.rejects(trying, isUnavailable)
  return performance.now() - startMs
}

test('while the server is away writes and reads are refused, the reason is known, and all goes on within a second of its return', async () => {
  using folder = temporaryFolder()
  await using database = await openDatabase({ folder: folder.path, url })
  await put(database, 'before')
  await namesIn(database)
  await server.stop()
  await until('it is known', () => database.whyNot() !== undefined)
  assert.ok((await refusedAfter(put(database, 'first'))) < 5000)
  assert.ok((await refusedAfter(put(database, 'second'))) < 100, 'by now it is known')
  assert.ok((await refusedAfter(namesIn(database))) < 5000)
  assert.match(database.whyNot() ?? '', /ECONNREFUSED/)
  await server.start()
  const backMs = performance.now()
  await until('it is back', () => database.whyNot() === undefined)
  await put(database, 'after')
  assert.ok(performance.now() - backMs < 1000)
  assert.deepEqual([...(await namesIn(database))].sort(), ['after', 'before'])
})

test('a server that only restarts is waited for', async () => {
  using folder = temporaryFolder()
  await using database = await openDatabase({ folder: folder.path, url })
  await server.stop()
  await until('it is known', () => database.whyNot() !== undefined)
  const written = put(database, 'patient')
  await server.start()
  await written
})

test('a server that hangs is given up within six seconds, and goes on when it does', async () => {
  using folder = temporaryFolder()
  await using database = await openDatabase({ folder: folder.path, url })
  await put(database, 'before')
  await namesIn(database)
  await server.signal('SIGSTOP')
  try {
    const [written, read] = await Promise.all([refusedAfter(put(database, 'lost')), refusedAfter(namesIn(database))])
    assert.ok(written < 6500 && read < 6500, `${written} ms, ${read} ms`)
  } finally {
    await server.signal('SIGCONT')
  }
  const backMs = performance.now()
  await until('it is back', () => database.whyNot() === undefined)
  await put(database, 'after')
  assert.ok(performance.now() - backMs < 1000)
  assert.ok((await namesIn(database)).has('after'))
})

test('connections that an operator ends are replaced', async () => {
  using folder = temporaryFolder()
  await using database = await openDatabase({ folder: folder.path, url })
  await namesIn(database)
  const end =
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'
  for (let round = 0; round < 3; round++) {
    await server.run(end, url)
    await until('it writes again', () =>
      put(database, `round ${round}`).then(
        () => true,
        () => false,
      ),
    )
    await until('it reads again', () =>
      namesIn(database).then(
        (names) => names.has(`round ${round}`),
        () => false,
      ),
    )
  }
})

test('kill -9 of the server under load: what was acknowledged is there, what was refused with "nothing stored" is not', async () => {
  using folder = temporaryFolder()
  await using database = await openDatabase({ folder: folder.path, url })
  const fates = new Map<string, 'stored' | 'not stored' | 'not known'>()
  let isOver = false
  async function writeOn(hand: number): Promise<void> {
    for (let turn = 0; !isOver; turn++) {
      const name = `${hand}-${turn}`
      const fate = await put(database, name).then(
        () => 'stored' as const,
        (error: Failure) => (/not known/.test(error.message) ? ('not known' as const) : ('not stored' as const)),
      )
      fates.set(name, fate)
      if (fate !== 'stored') await pause(20)
    }
  }
  const hands = Array.from({ length: 20 }, (_, hand) => writeOn(hand))
  for (let round = 0; round < 3; round++) {
    const soFar = fates.size
    await until('it writes', () => fates.size > soFar + 200)
    await server.kill()
    await server.start()
  }
  const soFar = [...fates.values()].filter((fate) => fate === 'stored').length
  await until('it writes again', () => [...fates.values()].filter((fate) => fate === 'stored').length > soFar)
  isOver = true
  await Promise.all(hands)
  const there = await namesIn(database)
  const wrong = [...fates].filter(([name, fate]) => fate !== 'not known' && there.has(name) !== (fate === 'stored'))
  assert.deepEqual(wrong, [])
})

test('closing while the server is away ends at once', async () => {
  using folder = temporaryFolder()
  const database = await openDatabase({ folder: folder.path, url })
  await server.stop()
  await until('it is known', () => database.whyNot() !== undefined)
  const startMs = performance.now()
  await database[Symbol.asyncDispose]()
  assert.ok(performance.now() - startMs < 1000)
  await assert.rejects(put(database, 'late'), /it is closed/)
  await server.start()
})

/** Stands between, and hangs up when a client says `word`: before the server hears of it, or when it has answered. */
async function openCutter(word: string, when: 'before' | 'answered') {
  let cuts = 1
  const cutter = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1')
    let isCut = false
    client.on('data', (chunk) => {
      isCut ||= chunk.includes(`${word}\0`) && cuts-- > 0
      if (isCut && when === 'before') client.destroy()
      else upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (isCut) client.destroy()
      else client.write(chunk)
    })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on('error', () => {}).on('close', () => other.destroy())
  })
  const { port, ...listening } = await listenOnFreePort(cutter)
  return { ...listening, url: url.replace(`:${server.port}/`, `:${port}/`) }
}

for (const [when, isThere] of [
  ['before', false],
  ['answered', true],
] as const)
  test(`a connection that is cut at the commit, ${when}: what became of it is called not known, and no more is claimed`, async () => {
    await using cutter = await openCutter('COMMIT', when)
    using folder = temporaryFolder()
    await using database = await openDatabase({ folder: folder.path, url: cutter.url })
    let isTold = false
    const written = database.write(async (tx) => {
      await tx.sql.insertInto('setting').values({ name: 'doubtful', value: '' }).execute()
      tx.afterCommit(() => {
        isTold = true
      })
    })
    await assert.rejects(
      written,
      (error) => isUnavailable(error) && /whether this is stored is not known/.test((error as Error).message),
    )
    assert.equal(isTold, false)
    await put(database, 'after')
    assert.deepEqual([...(await namesIn(database))].sort(), isThere ? ['after', 'doubtful'] : ['after'])
  })

test('a connection that is cut in the middle of a write: nothing is stored, and that is what is said', async () => {
  await using cutter = await openCutter('cut-here', 'answered')
  using folder = temporaryFolder()
  await using database = await openDatabase({ folder: folder.path, url: cutter.url })
  await assert.rejects(
    database.write(async ({ sql: db }) => {
      await db.insertInto('setting').values({ name: 'lost', value: '' }).execute()
      await sql.raw('select 1 -- cut-here').execute(db)
    }),
    /: nothing was stored/,
  )
  await put(database, 'after')
  assert.deepEqual([...(await namesIn(database))], ['after'])
})
