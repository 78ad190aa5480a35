/** An S3-compatible storage that refuses, is away, breaks off and is busy: nothing that counts is lost, and each is told in words. */
import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { after, before, test } from 'node:test'
import { type Clock, createHandClock, Failure, type Log, silentLog, systemClock, systemRandom } from '@fairlead/base'
import { listenOnFreePort } from '../../testkit/listen.ts'
import { openSwift, type Swift } from '../../testkit/swift.ts'
import { until } from '../../testkit/until.ts'
import { openWire } from '../../testkit/wire.ts'
import { openDatabase } from '../database/database.ts'
import { temporaryFolder } from '../database/for-tests.ts'
import type { SpoolConfig } from '../spool-config.ts'
import { openS3Store, type S3Store } from './s3-store.ts'
import { createStoredBlobs } from './stored-blobs.ts'

const all = new AsyncDisposableStack()
let swift: Swift

before(async () => {
  swift = all.use(await openSwift())
})
after(() => all.disposeAsync())

const said: string[] = []
const log: Log = { ...silentLog, warn: (event, msg, facts) => void said.push(`${event} ${msg} ${facts?.['said']}`) }

/** Pauses between tries are spread: here they are the shortest. */
const random = { ...systemRandom, fraction: () => 0.05 }

function open(place: Partial<SpoolConfig> = {}, clock: Clock = systemClock): Promise<S3Store> {
  const at = { ...swift, region: 'us-east-1', prefix: '', ...place }
  return openS3Store({ place: at, clock, random, log, failed() {} })
}

async function openBlobs(store: S3Store, clock: Clock = systemClock) {
  const opened = new AsyncDisposableStack()
  const folder = opened.use(temporaryFolder())
  const database = opened.use(await openDatabase({ folder: folder.path, log }))
  const blobs = opened.use(createStoredBlobs({ store, database, clock, random: systemRandom, log }))
  return { blobs, database, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = []
  for await (const piece of pieces) read.push(new Uint8Array(piece))
  return Buffer.concat(read)
}

/** Whose place in it shows. */
const document = Buffer.from(Uint32Array.from({ length: 1_500_000 }, (_, at) => at).buffer)

test('M1 a storage that refuses the relay is told at its start, with what to do and without the secret', async () => {
  const late: Clock = { ...systemClock, wallNow: () => Date.now() - 3_600_000 }
  for (const [place, words, clock] of [
    [{ secretKey: 'canary' }, /403 SignatureDoesNotMatch\): correct --spool-access-key and FAIRLEAD_SPOOL_SECRET_KEY/],
    [{ accessKey: 'test:nobody' }, /403 \w+\): (correct --spool-access-key|let this access key)/],
    [{ bucket: 'another' }, /404 NoSuchBucket\): make the bucket, or correct --spool-url/],
    [{ endpoint: swift.endpoint.replace('http', 'https') }, /that is no HTTP server, or one that wants|EPROTO|SSL/],
    [{}, /403 RequestTimeTooSkewed\): the clock of this machine or of the storage is wrong/, late],
  ] as [Partial<SpoolConfig>, RegExp, Clock?][])
    await assert.rejects(open(place, clock), (error) => {
      assert.ok(error instanceof Failure && error.code === 'unavailable', String(error))
      assert.match(error.message, words)
      assert.doesNotMatch(error.message, /canary|the-storage-secret/)
      return true
    })
})

test('M1 while the storage is away the relay starts, refuses documents and loses none; it goes on when it is back', async () => {
  await using up = await openBlobs(await open())
  await up.blobs.append('kept', 0, once(document))
  await swift.kill()
  said.length = 0
  using store = await open()
  assert.match(said.join('\n'), /spool\.storage-away .* documents are refused until it does: no server listens there/)
  await using away = await openBlobs(store)
  const isAway = (error: unknown) =>
    error instanceof Failure && error.code === 'unavailable' && error.retryAfterSeconds === 30
  await assert.rejects(away.blobs.append('new', 0, once(document)), isAway)
  assert.match(said.join('\n'), /spool\.storage-failed .*ECONNREFUSED/)
  assert.equal(await away.blobs.length('new'), 0)
  await assert.rejects(readAll(up.blobs.read('kept', 0)), isAway)
  await swift.restart()
  assert.ok(document.equals(await readAll(up.blobs.read('kept', 0))))
  assert.equal(await away.blobs.append('new', 0, once(document)), document.length)
  await up.blobs.remove('kept')
  await away.blobs.remove('new')
  await until('what was removed is gone', async () => (await swift.objects()).length <= 1)
})

test('M1 connections to the storage that break in the midst are taken up again where they broke', async () => {
  await using wire = await openWire(swift.endpoint, { bytesPerSecond: 30_000_000 })
  using store = await open({ endpoint: wire.url })
  await using kept = await openBlobs(store)
  wire.cutAll()
  const ofTrial = wire.counts.connections
  const coming = kept.blobs.append('a', 0, once(document))
  await until('a part is on its way', () => wire.counts.connections > ofTrial)
  wire.cutAll()
  assert.equal(await coming, document.length)
  const before = wire.counts.connections
  assert.ok(before - ofTrial >= 2, `${before - ofTrial} connections`)
  let [cuts, bytes] = [0, 0]
  const read: Uint8Array[] = []
  for await (const piece of kept.blobs.read('a', 0)) {
    read.push(new Uint8Array(piece))
    bytes += piece.length
    if (bytes < (cuts + 1) * 1_000_000) continue
    cuts++
    wire.cutAll()
  }
  assert.ok(wire.counts.connections - before >= 4, `${cuts} cuts, ${wire.counts.connections - before} connections`)
  assert.ok(document.equals(Buffer.concat(read)))
})

test('M1 a storage that wants fewer calls is asked again, as long as it says', async () => {
  let busy = 0
  const server = createServer((incoming, response) => {
    if (busy-- > 0) {
      response.writeHead(503, { 'retry-after': '1' }).end('<Error><Code>SlowDown</Code></Error>')
      return
    }
    const { method, url = '/', headers } = incoming
    const outgoing = request(new URL(url, swift.endpoint), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      void pipeline(answer, response)
    })
    void pipeline(incoming, outgoing)
  })
  await using listening = await listenOnFreePort(server)
  using store = await open({ endpoint: listening.url })
  busy = 1
  const from = performance.now()
  await store.put('busy', [Buffer.from('word')])
  assert.ok(performance.now() - from >= 990, 'it waits as it was asked to')
  busy = Number.POSITIVE_INFINITY
  said.length = 0
  await assert.rejects(store.remove('busy'), (error) => error instanceof Failure && error.code === 'unavailable')
  assert.match(said.join('\n'), /it wants fewer calls at a time than the relay makes\. 503 SlowDown/)
  busy = 0
  await store.remove('busy')
})

test('M1 what a crash has left in the storage is removed within two hours, and nothing of what is coming', async () => {
  const clock = createHandClock()
  using store = await open()
  await using kept = await openBlobs(store, clock)
  const { blobs, database } = kept
  await blobs.append('a', 0, once(document))
  const objects = await swift.objects()
  // Killed behind the put, and before it.
  await store.put('crashed', [Buffer.from('word')])
  const rows = ['crashed', 'never-put'].map((object) => ({ object, at: clock.wallNow() }))
  await database.write(({ sql }) => sql.insertInto('loose_object').values(rows).execute())
  const loose = () => database.read.selectFrom('loose_object').select('object').execute()
  const slow = Promise.withResolvers<void>()
  async function* slowly() {
    yield document
    await slow.promise
  }
  const coming = blobs.append('b', 0, slowly())
  await until('its first part is there', async () => (await blobs.length('b')) > 0)
  for (let minutes = 0; minutes < 60; minutes += 10) clock.pass(600_000)
  assert.ok((await swift.objects()).includes('crashed'), 'it may be of somebody who is still at it')
  clock.pass(600_000)
  await until('nothing is loose', async () => (await loose()).length === 0)
  slow.resolve()
  assert.equal(await coming, document.length)
  await blobs.remove('b')
  await until('only what counts is left', async () => (await loose()).length === 0)
  assert.deepEqual((await swift.objects()).sort(), objects.sort())
  assert.ok(document.equals(await readAll(blobs.read('a', 0))))
})

test('M1 a part that took so long that it was swept is refused, and nothing of it stays', async () => {
  await using wire = await openWire(swift.endpoint)
  using slow = await open({ endpoint: wire.url })
  using store = await open()
  const clock = createHandClock()
  await using kept = await openBlobs(store, clock)
  const { database } = kept
  // Of this one no time passes, so that it sweeps nothing.
  using atSlow = createStoredBlobs({ store: slow, database, clock: createHandClock(), random: systemRandom, log })
  const before = await swift.objects()
  const loose = () => database.read.selectFrom('loose_object').select('object').execute()
  wire.set({ swallow: 'to-client' })
  const coming = assert.rejects(
    atSlow.append('a', 0, once(Buffer.from('word'))),
    (error) => error instanceof Failure && error.code === 'unavailable' && /given up/.test(error.message),
  )
  await until('it is stored, and the answer does not come', async () => (await swift.objects()).length > before.length)
  clock.pass(7 * 600_000)
  await until('it is swept', async () => (await loose()).length === 0)
  wire.set({ swallow: 'nothing' })
  wire.cutAll()
  await coming
  assert.equal(await kept.blobs.length('a'), 0)
  clock.pass(7 * 600_000)
  await until('nothing of it stays', async () => (await loose()).length === 0)
  assert.deepEqual((await swift.objects()).sort(), before.sort())
})

test('M1 an object that somebody else has removed is told as a document that is not there', async () => {
  using store = await open()
  await using kept = await openBlobs(store)
  await kept.blobs.append('a', 0, once(document))
  const part = await kept.database.read.selectFrom('stored_part').select('object').executeTakeFirstOrThrow()
  await store.remove(part.object)
  said.length = 0
  const isGone = (error: unknown) => error instanceof Failure && error.code === 'not-found'
  await assert.rejects(readAll(kept.blobs.read('a', 0)), isGone)
  assert.match(said.join('\n'), /nothing but the relay may change what is below --spool-url/)
})
