/** What all keepers of documents promise alike: files, rows of the record, and objects of a real S3-compatible storage. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Failure, silentLog, systemClock, systemRandom } from '@fairlead/base'
import { openSwift, type Swift } from '../../testkit/swift.ts'
import { openDatabase } from '../database/database.ts'
import { type Place, temporaryFolder, testOnBoth } from '../database/for-tests.ts'
import type { Blobs } from './blobs.ts'
import { openFolderBlobs } from './folder-blobs.ts'
import { createRecordBlobs } from './record-blobs.ts'
import { openS3Store } from './s3-store.ts'
import { createStoredBlobs } from './stored-blobs.ts'

let swift: Swift

before(async () => {
  swift = await openSwift()
})
after(async () => {
  await swift?.[Symbol.asyncDispose]()
})

const keys = () => ({ ...swift, region: 'us-east-1', prefix: 'spool/' })

interface Kept {
  blobs: Blobs
  /** Two who write at once may be at two nodes. */
  isOfSeveral: boolean
}

type Keeper = (place: Place, opened: AsyncDisposableStack) => Promise<Kept>

const inFolder: Keeper = async ({ folder }) => ({
  blobs: await openFolderBlobs(`${folder}/spool`),
  isOfSeveral: false,
})

const inRecord: Keeper = async (place, opened) => {
  const database = opened.use(await openDatabase({ ...place, log: silentLog }))
  return { blobs: createRecordBlobs(database, systemClock.wallNow), isOfSeveral: true }
}

const common = { clock: systemClock, random: systemRandom, log: silentLog }

const inStorage: Keeper = async (place, opened) => {
  const database = opened.use(await openDatabase({ ...place, log: silentLog }))
  const store = opened.use(await openS3Store({ ...common, place: keys(), failed() {} }))
  return { blobs: opened.use(createStoredBlobs({ ...common, store, database })), isOfSeveral: true }
}

const title = (keeper: string) => `M1 documents ${keeper} grow at their end, survive a cut and are read from anywhere`
test(title('in files'), async () => {
  using folder = temporaryFolder()
  await keepsItsPromises({ folder: folder.path, url: undefined }, inFolder)
})
testOnBoth(title('in the record'), (place) => keepsItsPromises(place, inRecord))
testOnBoth(title('in an S3-compatible storage'), (place) => keepsItsPromises(place, inStorage))

async function keepsItsPromises(place: Place, open: Keeper): Promise<void> {
  await using opened = new AsyncDisposableStack()
  const { blobs, isOfSeveral } = await open(place, opened)
  // More than a part of any keeper, and no multiple of one.
  const document = madeBytes(4.5 * 2 ** 20 + 17)
  assert.equal(await blobs.length('a'), 0)

  const cutAt = 700_001
  await assert.rejects(blobs.append('a', 0, cut(inPieces(document.subarray(0, cutAt)))), /the line was cut/)
  assert.equal(await blobs.length('a'), cutAt, 'what came counts')
  for (const wrong of [0, cutAt - 1, cutAt + 1])
    await assert.rejects(blobs.append('a', wrong, inPieces(document)), isFailure('wrong-offset'))
  assert.equal(await blobs.length('a'), cutAt)
  assert.equal(await blobs.append('a', cutAt, inPieces(document.subarray(cutAt))), document.length)
  assert.equal(await blobs.append('a', document.length, inPieces(document.subarray(0, 0))), document.length)
  for (const from of [0, 1, cutAt, 4 * 2 ** 20 + cutAt - 1, document.length - 1, document.length])
    assert.ok(document.subarray(from).equals(await readAll(blobs.read('a', from))), `from ${from}`)

  if (isOfSeveral) {
    const both = [1, 2].map((byte) => blobs.append('b', 0, inPieces(Buffer.alloc(1000, byte))))
    const ends = await Promise.allSettled(both)
    const [lost] = ends.filter((end) => end.status === 'rejected')
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.ok(isFailure('wrong-offset')(lost?.reason))
    const won = await readAll(blobs.read('b', 0))
    assert.ok(won.equals(Buffer.alloc(1000, won[0])), 'nothing of the other is in it')
  } else await blobs.append('b', 0, inPieces(Buffer.alloc(1000, 1)))

  assert.deepEqual(await blobs.olderThan(Date.now() - 60_000), [])
  assert.deepEqual((await blobs.olderThan(Date.now() + 60_000)).sort(), ['a', 'b'])
  await blobs.remove('a')
  await blobs.remove('a')
  assert.deepEqual([await blobs.length('a'), await blobs.length('b')], [0, 1000])
  assert.equal((await readAll(blobs.read('a', 0))).length, 0)
}

test('M1 what a file is read into is the same memory for all of it, so that a large document leaves no heap of small ones', async () => {
  using folder = temporaryFolder()
  const blobs = await openFolderBlobs(`${folder.path}/spool`)
  await blobs.append('a', 0, inPieces(madeBytes(3 * 2 ** 20)))
  const memories = new Set<ArrayBufferLike>()
  for await (const piece of blobs.read('a', 0)) memories.add(piece.buffer)
  assert.equal(memories.size, 1)
})

function madeBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE((at * 2_654_435_761) >>> 0, at)
  return bytes
}

/** As they come from a socket: of any size. */
async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = Math.min(size * 3, 100_003))
    yield bytes.subarray(at, at + size)
}

async function* cut(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces
  throw new Error('the line was cut')
}

async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(new Uint8Array(piece))
  return Buffer.concat(all)
}

function isFailure(code: string) {
  return (error: unknown) => error instanceof Failure && error.code === code
}
