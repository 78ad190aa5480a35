/** The server's disk is full: what cannot be stored is refused with the reason, and goes on when there is room. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Failure, systemRandom } from '@fairlead/base'
import { startPostgres } from '../../testkit/postgres.ts'
import { openMountSpace } from '../../testkit/soak/mount-space.ts'
import { type Database, openDatabase } from './database.ts'
import { temporaryFolder } from './for-tests.ts'

const nobody = 65_534

/** A server with a tablespace that holds 24 MiB; `grow` makes it larger. */
async function openSmallDisk() {
  await using opening = new AsyncDisposableStack()
  const space = opening.use(await openMountSpace())
  const server = opening.use(await startPostgres({ start: space.start }))
  const disk = join(server.folder, 'small')
  mkdirSync(disk)
  const owned = `mode=0700,uid=${nobody},gid=${nobody}`
  await space.run('mount', '-t', 'tmpfs', '-o', `size=24m,${owned}`, 'small', disk)
  await server.run(`create tablespace small location '${disk}'`)
  const grow = () => space.run('mount', '-o', `remount,size=96m,${owned}`, disk)
  const opened = opening.move()
  return { server, grow, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

let written = 0
/** Of what cannot be packed. */
const put = ({ write }: Database, bytes: number) =>
  write((tx) =>
    tx.sql
      .insertInto('setting')
      .values({ name: `${++written}`, value: systemRandom.token(bytes) })
      .execute(),
  )

test('a full disk refuses writes and openings with a reason, and both work when there is room', async () => {
  await using small = await openSmallDisk()
  using folder = temporaryFolder()
  const url = await small.server.newDatabase('tablespace small')
  const empty = await small.server.newDatabase('tablespace small')
  await using database = await openDatabase({ folder: folder.path, url })
  let refusal: unknown
  let stored = 0
  for (const bytes of [300_000, 10_000, 1_000])
    for (refusal = undefined; refusal === undefined; )
      await put(database, bytes).then(
        () => stored++,
        (error) => {
          refusal = error
        },
      )
  assert.ok(refusal instanceof Failure && refusal.code === 'unavailable')
  assert.match(refusal.message, /cannot write \(.*No space left on device.*\): nothing was stored/)
  assert.match(database.whyNot() ?? '', /No space left/)
  const rows = await database.read.selectFrom('setting').select('name').execute()
  assert.equal(rows.length, stored)
  await assert.rejects(
    openDatabase({ folder: folder.path, url: empty }),
    (error) =>
      error instanceof Failure &&
      /(No space left|could not write).*: make room on the server's disk\.$/.test(error.message),
  )
  await small.grow()
  await put(database, 300_000)
  assert.equal(database.whyNot(), undefined)
  await (await openDatabase({ folder: folder.path, url: empty }))[Symbol.asyncDispose]()
})
