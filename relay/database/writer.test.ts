/** Writes share commits and nothing else. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import { Kysely } from 'kysely'
import { nodeSqlite } from './node-sqlite.ts'
import { createSqliteGround } from './sqlite-ground.ts'
import type { Tables } from './tables.ts'
import { createWriter, maxGroup, type Transaction } from './writer.ts'

const sound = { sync: async () => {}, isInDoubt: () => false, mend: async () => {} }

function openWriter(wal: Partial<typeof sound> = {}) {
  const file = new DatabaseSync(':memory:')
  file.exec('create table setting (name text primary key, value text not null)')
  let commits = 0
  const exec = file.exec.bind(file)
  file.exec = (sql) => {
    if (sql === 'COMMIT') commits++
    exec(sql)
  }
  const sql = new Kysely<Tables>({ dialect: nodeSqlite(file) })
  const { write, whyNot, close } = createWriter(createSqliteGround(file, sql, { ...sound, ...wal }))
  const names = () =>
    file
      .prepare('select name from setting order by name')
      .all()
      .map((row) => row['name'])
  return { file, write, whyNot, close, names, commits: () => commits }
}

const put =
  (name: string, value = '') =>
  (tx: Transaction) =>
    tx.sql.insertInto('setting').values({ name, value }).execute()

test('writes that come together share a commit', async () => {
  const { write, names, commits } = openWriter()
  await Promise.all(Array.from({ length: 50 }, (_, index) => write(put(`n${index}`))))
  assert.equal(names().length, 50)
  assert.equal(commits(), 1)
})

test('a write that goes first waits for the group that is being written, and for nothing else', async () => {
  const { write, names } = openWriter()
  const many = Array.from({ length: 5 * maxGroup }, (_, index) => write(put(`n${index}`)))
  await many[0]
  await write(put('first'), 'first')
  assert.ok(names().includes('first'))
  assert.ok(names().length <= 2 * maxGroup, `${names().length} were written before it`)
  await Promise.all(many)
  assert.equal(names().length, 5 * maxGroup + 1)
})

test('a write is stored when it is synced, not before; what comes meanwhile shares the next commit', async () => {
  const syncs: PromiseWithResolvers<void>[] = []
  const { write, commits, close } = openWriter({
    sync() {
      const sync = Promise.withResolvers<void>()
      syncs.push(sync)
      return sync.promise
    },
  })
  const stored: string[] = []
  const putting = (name: string) => write(put(name)).then(() => stored.push(name))
  void putting('a')
  while (syncs.length < 1) await new Promise((resolve) => setImmediate(resolve))
  for (const name of ['b', 'c', 'd']) void putting(name)
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([stored, commits()], [[], 1])
  syncs[0]?.resolve()
  while (syncs.length < 2) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([stored, commits()], [['a'], 2])
  syncs[1]?.resolve()
  await close()
  assert.deepEqual(stored, ['a', 'b', 'c', 'd'])
})

test('what cannot be synced is not called stored, and nothing is told of it', async () => {
  let isBroken = true
  const { write, whyNot } = openWriter({
    async sync() {
      if (isBroken) throw new Error('EIO: i/o error, fdatasync')
    },
  })
  let told = false
  await assert.rejects(
    write(async (tx) => {
      await put('a')(tx)
      tx.afterCommit(() => {
        told = true
      })
    }),
    (error) => error instanceof Failure && /not known, try again/.test(error.message),
  )
  assert.equal(told, false)
  assert.match(whyNot() ?? '', /EIO/)
  isBroken = false
  await write(put('b'))
  assert.equal(whyNot(), undefined)
})

test('while the log is in doubt nothing is committed: first it has to be mended', async () => {
  let isBroken = true
  const { write, names, whyNot } = openWriter({
    isInDoubt: () => isBroken,
    async mend() {
      if (isBroken) throw new Error('EIO: i/o error, fdatasync')
    },
  })
  await assert.rejects(write(put('a')), /cannot write \(EIO/)
  assert.deepEqual(names(), [])
  assert.match(whyNot() ?? '', /EIO/)
  isBroken = false
  await write(put('b'))
  assert.deepEqual([names(), whyNot()], [['b'], undefined])
})

test('closed, it does what was asked for before and refuses what comes after', async () => {
  const { file, write, names, close } = openWriter()
  const before = write(put('before'))
  const closed = close()
  await assert.rejects(write(put('after')), (error) => error instanceof Failure && error.code === 'unavailable')
  await closed
  await before
  assert.deepEqual(names(), ['before'])
  file.close()
  await assert.rejects(write(put('late')), /it is closed/)
})

test('a long queue is committed in several groups, none lost', async () => {
  const { write, names, commits } = openWriter()
  await Promise.all(Array.from({ length: 1000 }, (_, index) => write(put(`n${index}`))))
  assert.equal(names().length, 1000)
  assert.ok(commits() >= 10 && commits() <= 20, `${commits()} commits`)
})

test('a write that fails takes back itself and nothing else of its group', async () => {
  const { write, names, commits } = openWriter()
  const results = await Promise.allSettled([
    write(put('before')),
    write(async (tx) => {
      await put('half')(tx)
      throw new Error('changed my mind')
    }),
    write(put('before')),
    write(put('after')),
  ])
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(names(), ['after', 'before'])
  assert.equal(commits(), 1)
})

test('a write resolves with its result, after its commit, in order', async () => {
  const { file, write } = openWriter()
  const seen: string[] = []
  const watched = (name: string) =>
    write(async (tx) => {
      await put(name)(tx)
      tx.afterCommit(() => seen.push(`${name} committed ${!file.isTransaction}`))
      return name
    }).then((result) => seen.push(`${result} resolved`))
  await Promise.all([watched('a'), watched('b')])
  assert.deepEqual(seen.slice(0, 2), ['a committed true', 'b committed true'])
  assert.deepEqual(seen.slice(2), ['a resolved', 'b resolved'])
})

test('what a failed write wanted to do after its commit is not done', async () => {
  const { write } = openWriter()
  let called = false
  await assert.rejects(
    write(async (tx) => {
      tx.afterCommit(() => {
        called = true
      })
      throw new Error('no')
    }),
  )
  assert.equal(called, false)
})

test('a bug after one commit does not keep the others waiting', async () => {
  const { write, names } = openWriter()
  const results = await Promise.allSettled([
    write(async (tx) => {
      await put('a')(tx)
      tx.afterCommit(() => {
        throw new Error('bug')
      })
    }),
    write(put('b')),
  ])
  assert.deepEqual(
    results.map((result) => result.status),
    ['rejected', 'fulfilled'],
  )
  await write(put('c'))
  assert.deepEqual(names(), ['a', 'b', 'c'])
})

test('a handle that is kept after its write throws', async () => {
  const { write } = openWriter()
  let kept: Transaction | undefined
  await write(async (tx) => {
    kept = tx
  })
  assert.throws(() => kept?.sql, /transaction is over/)
})

test('a full disk refuses the write with a reason, keeps what was stored, and writing goes on when there is room', async () => {
  const { file, write, whyNot, names } = openWriter()
  await write(put('first'))
  assert.equal(whyNot(), undefined)
  file.exec('PRAGMA max_page_count = 10')
  const tooBig = write(put('huge', 'x'.repeat(200_000)))
  const beside = write(put('small'))
  await assert.rejects(
    tooBig,
    (error) => error instanceof Failure && error.code === 'unavailable' && /full/.test(error.message),
  )
  // Its neighbour is either stored or refused: never told one thing and done the other.
  const stored = await beside.then(
    () => true,
    (error) => {
      assert.ok(error instanceof Failure && error.code === 'unavailable')
      return false
    },
  )
  assert.equal(names().includes('small'), stored)
  if (!stored) assert.match(whyNot() ?? '', /full/)
  file.exec('PRAGMA max_page_count = 100000')
  await write(put('huge', 'x'.repeat(200_000)))
  assert.equal(whyNot(), undefined)
  assert.ok(names().includes('huge') && names().includes('first'))
})

test('a database that cannot begin refuses each write and takes them again afterwards', async () => {
  const { file, write, close, names } = openWriter()
  file.exec('PRAGMA query_only = ON')
  const results = await Promise.allSettled([write(put('a')), write(put('b'))])
  for (const result of results) assert.ok(result.status === 'rejected' && result.reason instanceof Failure)
  file.exec('PRAGMA query_only = OFF')
  await write(put('c'))
  await close()
  assert.deepEqual(names(), ['c'])
})
