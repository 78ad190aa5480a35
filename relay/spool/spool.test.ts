/** The spool of files: what somebody has taken from its folder is no document any more, and is never given in part as one. */
import assert from 'node:assert/strict'
import { truncateSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Failure, silentLog, systemClock, systemRandom } from '@fairlead/base'
import { openDatabase } from '../database/database.ts'
import { temporaryFolder } from '../database/for-tests.ts'
import { openFolderBlobs } from './folder-blobs.ts'
import { openSpool } from './spool.ts'

const document = Buffer.from('%PDF-1.7 and what is in it')

async function* inPieces(): AsyncGenerator<Uint8Array> {
  yield document.subarray(0, 9)
  yield document.subarray(9)
}

test('M1 a document that was shortened or removed in the folder is told as lost, and not given as a shorter one', async () => {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(temporaryFolder()).path
  const database = opened.use(await openDatabase({ folder, log: silentLog }))
  const blobs = await openFolderBlobs(join(folder, 'spool'))
  const spool = opened.use(openSpool({ blobs, database, clock: systemClock, random: systemRandom, log: silentLog }))
  const taken = await spool.take(inPieces(), 1000)
  await database.write((tx) => spool.own(tx, taken))
  const file = join(folder, 'spool', taken.blob)
  const read = async (from: number) => {
    const pieces: Uint8Array[] = []
    for await (const piece of await spool.open(taken.digest, from)) pieces.push(new Uint8Array(piece))
    return Buffer.concat(pieces).toString()
  }
  const isLost = (error: unknown) => error instanceof Failure && error.code === 'not-found'
  assert.equal(await read(0), document.toString())
  assert.equal(await read(9), document.subarray(9).toString())
  assert.equal(await read(document.length), '')
  truncateSync(file, 12)
  await assert.rejects(spool.takeBlob(taken.blob, document.length), isLost)
  await assert.rejects(read(9), isLost)

  // Who sends it again is not told that it is there.
  const again = await spool.take(inPieces(), 1000)
  await database.write((tx) => spool.own(tx, again))
  assert.equal(await read(0), document.toString())
  unlinkSync(join(folder, 'spool', again.blob))
  await assert.rejects(read(0), isLost)
})
