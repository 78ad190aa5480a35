/** Event streams over real sockets: no gap, no repeat, no other tenant's events. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createHandClock, Failure, silentLog } from '@fairlead/base'
import { openDatabase } from '../database/database.ts'
import { placeIn, temporaryFolder } from '../database/for-tests.ts'
import type { Caller } from '../http/route.ts'
import { openJournal } from './journal.ts'
import { createEventStreams } from './streams.ts'

const acme: Caller = { kind: 'key', keyId: 'k1', account: 'acme', scopes: new Set(['events:read']) }

/** What a journal has of other nodes; it hears nothing of them but what it reads. */
const nodeWithNumber = (number: number) => ({
  node: () => number,
  learn: async () => {},
  isListenedTo: () => true,
  known() {},
  wrote() {},
  wroteQuietly() {},
})

async function open(options: { maxStreams?: number; keepEvents?: number; hasOtherNode?: boolean } = {}) {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(temporaryFolder())
  const clock = createHandClock()
  const database = opening.use(await openDatabase(await placeIn(folder.path)))
  const log = silentLog
  const shared = options.hasOtherNode ? { shared: nodeWithNumber(1) } : {}
  const journal = opening.use(await openJournal({ database, clock, log, ...options, ...shared }))
  const elsewhere = opening.use(await openJournal({ database, clock, log, shared: nodeWithNumber(2) }))
  const dead = new Set<Caller>()
  const streams = opening.use(
    createEventStreams({ journal, clock, log, isStillGood: (caller) => !dead.has(caller), ...options }),
  )
  let caller: Caller = acme
  const server = createServer(async (request, response) => {
    const query = new URL(request.url ?? '/', 'http://relay').searchParams
    const lastEventId = request.headers['last-event-id'] as string | undefined
    const device = query.get('device') ?? undefined
    try {
      await streams.catchUpTo(lastEventId)
      streams.serve({ caller, device, type: query.get('type') ?? undefined, lastEventId }, response)
    } catch (error) {
      response.writeHead(error instanceof Failure && error.code === 'too-many-requests' ? 429 : 500).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opening.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const opened = opening.move()
  return {
    clock,
    journal,
    elsewhere,
    streams,
    dead,
    as: (other: Caller) => {
      caller = other
    },
    /** Opens a stream and has read its first comment. */
    async listen(query = '', lastEventId?: string) {
      const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
      const answer = await fetch(url + query, { headers })
      return { status: answer.status, headers: answer.headers, ...readerOf(answer) }
    },
    happen: (device: string, account = 'acme', type: 'device.online' | 'device.offline' = 'device.online') =>
      journal.record({ type, account, device }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** Reads blocks (separated by an empty line) as they come. */
function readerOf(answer: Response) {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  async function block(): Promise<string | undefined> {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end >= 0) {
        const found = text.slice(0, end)
        text = text.slice(end + 2)
        return found
      }
      const next = await reader?.read()
      if (!next || next.done) return undefined
      text += next.value
    }
  }
  /** The next event, comments skipped, as `id event device`. */
  async function event(): Promise<string | undefined> {
    for (;;) {
      const found = await block()
      if (found === undefined) return undefined
      if (found.startsWith(':')) continue
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(found)?.[1] ?? ''
      return `${field('id')} ${field('event')} ${JSON.parse(field('data')).device ?? ''}`.trim()
    }
  }
  return { block, event, cancel: () => reader?.cancel() }
}

test('a comment comes at once, then every 15 seconds', async () => {
  await using world = await open()
  const stream = await world.listen()
  assert.equal(stream.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.equal(stream.headers.get('x-content-type-options'), 'nosniff')
  assert.match((await stream.block()) ?? '', /^: /)
  world.clock.pass(15_000)
  assert.match((await stream.block()) ?? '', /^: /)
  world.clock.pass(15_000)
  assert.match((await stream.block()) ?? '', /^: /)
})

test('each comment says up to where the stream has come, so that a reader who heard nothing can go on from there', async () => {
  await using world = await open()
  await world.happen('before')
  const stream = await world.listen('?device=a')
  assert.equal(await stream.block(), ': connected\nid: 1')
  await world.happen('b')
  await world.happen('a')
  assert.equal(await stream.event(), '3 device.online a')
  world.clock.pass(15_000)
  assert.equal(await stream.block(), ': still here\nid: 3')
  const lost = await world.listen('', '999')
  assert.equal(await lost.block(), ': connected')
})

test('a reader who comes from another node has heard what this one does not know yet, and goes on from there', async () => {
  await using world = await open({ hasOtherNode: true })
  await world.elsewhere.record({ type: 'device.online', account: 'acme', device: 'a' })
  assert.equal(world.journal.newest(), 0)
  const stream = await world.listen('', '1')
  assert.equal(await stream.block(), ': connected\nid: 1')
  await world.happen('b')
  assert.equal(await stream.event(), '2 device.online b')
})

test('events come live, those of the account only', async () => {
  await using world = await open()
  const stream = await world.listen()
  await world.happen('theirs', 'rival')
  await world.happen('ours')
  assert.equal(await stream.event(), '2 device.online ours')
})

test('the admin hears all accounts', async () => {
  await using world = await open()
  world.as({ kind: 'admin' })
  const stream = await world.listen()
  await world.happen('one', 'acme')
  await world.happen('two', 'rival')
  assert.equal(await stream.event(), '1 device.online one')
  assert.equal(await stream.event(), '2 device.online two')
})

test('filters by device and type are joined by AND', async () => {
  await using world = await open()
  const stream = await world.listen('?device=a&type=device.offline')
  await world.happen('a')
  await world.happen('b', 'acme', 'device.offline')
  await world.happen('a', 'acme', 'device.offline')
  assert.equal(await stream.event(), '3 device.offline a')
})

test('Last-Event-ID continues without gap or repeat while events keep coming', async () => {
  await using world = await open()
  // More than memory keeps and more than one page, so that replay comes from disk and then turns live.
  await Promise.all(Array.from({ length: 1300 }, (_, index) => world.happen(`d${index}`)))
  const stream = await world.listen('', '3')
  const more = Promise.all(Array.from({ length: 700 }, (_, index) => world.happen(`m${index}`)))
  const ids: number[] = []
  while (ids.at(-1) !== 2000) ids.push(Number.parseInt((await stream.event()) ?? 'NaN', 10))
  await more
  assert.deepEqual(
    ids,
    Array.from({ length: 1997 }, (_, index) => index + 4),
  )
})

test('an id whose followers are forgotten gets a reset first, then all that is kept', async () => {
  await using world = await open({ keepEvents: 5 })
  for (let index = 1; index <= 12; index++) await world.happen(`d${index}`)
  await world.journal.prune()
  const stream = await world.listen('', '2')
  assert.equal(await stream.event(), '7 reset')
  assert.equal(await stream.event(), '8 device.online d8')
  const exact = await world.listen('', '7')
  assert.equal(await exact.event(), '8 device.online d8')
})

for (const id of ['999', 'nonsense', '-1'])
  test(`an id that was never given out (${id}) gets a reset and goes on live`, async () => {
    await using world = await open()
    await world.happen('before')
    const stream = await world.listen('', id)
    assert.equal(await stream.event(), '1 reset')
    await world.happen('after')
    assert.equal(await stream.event(), '2 device.online after')
  })

test('without an id a stream begins now', async () => {
  await using world = await open()
  await world.happen('before')
  const stream = await world.listen()
  await world.happen('after')
  assert.equal(await stream.event(), '2 device.online after')
})

test('one stream too many is refused with 429, and a place is free again when one ends', async () => {
  await using world = await open({ maxStreams: 2 })
  const first = await world.listen()
  await first.block()
  await world.listen()
  assert.equal((await world.listen()).status, 429)
  await first.cancel()
  // The socket's end arrives on a later turn of the loop.
  while (world.streams.count() === 2) await new Promise((resolve) => setImmediate(resolve))
  assert.equal((await world.listen()).status, 200)
})

test('the stream of a revoked key ends at once and hears nothing more', async () => {
  await using world = await open()
  const stream = await world.listen()
  await stream.block()
  world.dead.add(acme)
  await world.happen('secret')
  assert.equal(await stream.event(), undefined)
})

test('closing ends all streams', async () => {
  await using world = await open()
  const stream = await world.listen()
  await stream.block()
  world.streams[Symbol.dispose]()
  assert.equal(await stream.event(), undefined)
  assert.equal(world.streams.count(), 0)
})

test('a reader that takes nothing costs one small buffer, is cut after 30 seconds, and resumes by id', async () => {
  await using world = await open()
  const stream = await world.listen()
  const facts = { text: 'x'.repeat(32_768) }
  // 64 MiB: more than both kernels' socket buffers and the client's own take.
  for (let batch = 0; batch < 20; batch++)
    await Promise.all(
      Array.from({ length: 100 }, () =>
        world.journal.record({ type: 'device.event', account: 'acme', device: 'a', facts }),
      ),
    )
  for (let comment = 0; comment < 4; comment++) world.clock.pass(15_000)
  assert.equal(world.streams.count(), 0)
  const resumed = await world.listen('', '1995')
  assert.equal(await resumed.event(), '1996 device.event a')
  await stream.cancel()
})
