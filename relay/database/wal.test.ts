/** The log is synced when it is said to be, and does not grow for ever. */
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { temporaryFolder } from './for-tests.ts'
import { openWal } from './wal.ts'

test('what is written over and over does not make the log grow: its thread brings it into the database', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.db')
  const file = new DatabaseSync(path)
  file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0')
  file.exec('create table note (text text)')
  const wal = await openWal(path, { emptyEveryMs: 10 })
  const insert = file.prepare('insert into note (text) values (?)')
  const sizeOf = (name: string) => statSync(name).size
  const mostBytes = 5 * 2 ** 20
  let writtenBytes = 0
  while (writtenBytes < 4 * mostBytes) {
    for (let row = 0; row < 100; row++) insert.run('x'.repeat(4000))
    writtenBytes += 100 * 4000
    await wal.sync()
    // The database grows, though nobody here brings anything into it.
    while (sizeOf(path) < writtenBytes) await pause(5)
  }
  assert.ok(sizeOf(`${path}-wal`) < mostBytes, `${sizeOf(`${path}-wal`)} bytes`)
  await wal[Symbol.asyncDispose]()
  file.close()
})

test('where much is written the log does not wait for its time to be emptied', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.db')
  using file = new DatabaseSync(path)
  file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0')
  file.exec('create table note (text text)')
  await using wal = await openWal(path, { emptyEveryMs: 3_600_000, emptyEverySyncs: 20 })
  const insert = file.prepare('insert into note (text) values (?)')
  const sizeOf = () => statSync(path).size
  const before = sizeOf()
  for (let commit = 0; commit < 20; commit++) {
    insert.run('x'.repeat(4000))
    await wal.sync()
  }
  while (sizeOf() === before) await pause(5)
})

test('after a failed sync the log is in doubt: not tried again too early, then written again as a whole', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.db')
  using file = new DatabaseSync(path)
  file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0')
  file.exec('create table note (text text)')
  let isBroken = true
  const writtenMs = () => statSync(`${path}-wal`).mtimeMs
  const syncedMs: number[] = []
  await using wal = await openWal(path, {
    doubtMs: 300,
    async sync(log) {
      if (isBroken) throw new Error('EIO: i/o error, fdatasync')
      await log.datasync()
      syncedMs.push(writtenMs())
    },
  })
  file.exec("insert into note (text) values ('a')")
  const whole = readFileSync(`${path}-wal`)
  const insertedMs = writtenMs()
  assert.equal(wal.isInDoubt(), false)
  await assert.rejects(wal.sync(), /EIO/)
  assert.equal(wal.isInDoubt(), true)
  isBroken = false
  await assert.rejects(wal.mend(), /EIO/)
  assert.deepEqual([wal.isInDoubt(), syncedMs], [true, []])
  while (wal.isInDoubt()) await wal.mend().catch(() => pause(20))
  assert.equal(syncedMs.length, 1)
  assert.ok((syncedMs[0] ?? 0) > insertedMs, 'it was not written again')
  assert.deepEqual(readFileSync(`${path}-wal`), whole)
})

test('a log that is not there is told at once', async () => {
  using folder = temporaryFolder()
  await assert.rejects(openWal(join(folder.path, 'none.db')), /ENOENT/)
})
