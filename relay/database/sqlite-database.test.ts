/** The embedded database refuses what it must, and forgets nothing it acknowledged. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { createSeededRandom, Failure } from '@fairlead/base'
import { openDatabase } from './database.ts'
import { temporaryFolder } from './for-tests.ts'

const refusal = (pattern: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === 'unavailable' && pattern.test(error.message)

test('the database is readable by its owner alone', async () => {
  using folder = temporaryFolder()
  await using _database = await openDatabase({ folder: folder.path })
  assert.equal(statSync(join(folder.path, 'fairlead.db')).mode & 0o777, 0o600)
})

test('a folder that is in use is refused with the process that has it', async () => {
  using folder = temporaryFolder()
  await using _database = await openDatabase({ folder: folder.path })
  await assert.rejects(openDatabase({ folder: folder.path }), refusal(new RegExp(`in use by process ${process.pid}`)))
})

test('a damaged database is refused with one sentence, and the folder is free again', async () => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'fairlead.db'), 'this is no database, whatever its name says '.repeat(100))
  await assert.rejects(openDatabase({ folder: folder.path }), refusal(/restore a backup/))
  await assert.rejects(openDatabase({ folder: folder.path }), refusal(/restore a backup/))
})

test('damage in the middle of the database is found at the start', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'fairlead.db')
  {
    await using database = await openDatabase({ folder: folder.path })
    await database.write(async (tx) => {
      for (let index = 0; index < 500; index++)
        await tx.sql
          .insertInto('setting')
          .values({ name: `name ${index}`, value: 'x'.repeat(200) })
          .execute()
    })
  }
  const bytes = readFileSync(path)
  // The first page stays as it is, so that the file still looks like a database.
  bytes.fill(0x5a, 40_000, 80_000)
  writeFileSync(path, bytes)
  await assert.rejects(
    openDatabase({ folder: folder.path }),
    refusal(/fairlead\.db cannot be opened \(.*\): restore a backup/s),
  )
})

test('a data folder that cannot be one is refused with one sentence', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a-file')
  writeFileSync(path, '')
  await assert.rejects(openDatabase({ folder: path }), refusal(/a-file cannot be used .*choose another/))
})

/** Writes rows one after the other, several at a time, and prints the number of each that was acknowledged. */
const writingChild = `
  import { openDatabase } from ${JSON.stringify(new URL('./database.ts', import.meta.url).href)}
  const database = await openDatabase({ folder: process.argv[1] })
  let next = Number(process.argv[2])
  process.stdout.write('open\\n')
  async function writeOn() {
    for (;;) {
      const name = String(next++)
      await database.write((tx) => tx.sql.insertInto('setting').values({ name, value: '' }).execute())
      process.stdout.write(name + '\\n')
    }
  }
  for (let hand = 0; hand < 4; hand++) void writeOn()
`

function startChild(folder: string, from: number): ChildProcess {
  return spawn(process.execPath, ['--input-type=module-typescript', '-e', writingChild, folder, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function acknowledgedUntilKilled(child: ChildProcess, wanted: number): Promise<string[]> {
  assert.ok(child.stdout)
  const acknowledged: string[] = []
  const ended = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== 'open') acknowledged.push(line)
    if (acknowledged.length === wanted) child.kill('SIGKILL')
  }
  await ended
  return acknowledged
}

test('after kill -9 every acknowledged row is there, and the lock of the dead process is in nobody’s way', async () => {
  using folder = temporaryFolder()
  const random = createSeededRandom(7)
  const acknowledged: string[] = []
  for (let round = 0; round < 3; round++) {
    const child = startChild(folder.path, round * 1_000_000)
    acknowledged.push(...(await acknowledgedUntilKilled(child, 100 + Math.floor(random.fraction() * 400))))
    await using database = await openDatabase({ folder: folder.path })
    const stored = new Set((await database.read.selectFrom('setting').select('name').execute()).map((row) => row.name))
    assert.deepEqual(
      acknowledged.filter((name) => !stored.has(name)),
      [],
      `round ${round}`,
    )
  }
  assert.ok(acknowledged.length >= 300)
})

test('a folder that another process holds is refused, naming that process', async () => {
  using folder = temporaryFolder()
  const child = startChild(folder.path, 0)
  try {
    assert.ok(child.stdout)
    await once(child.stdout, 'data')
    await assert.rejects(openDatabase({ folder: folder.path }), refusal(new RegExp(`in use by process ${child.pid}:`)))
  } finally {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
})
