/** The bad wire does each of its bad things, and nothing else. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { listenOnFreePort } from './listen.ts'
import { reset } from './reset.ts'
import { until } from './until.ts'
import { openWire, type WireFaults } from './wire.ts'

/** A server that says everything back, and a wire to it. */
async function openStreet(faults: Partial<WireFaults> = {}, seed?: number) {
  const heard: Socket[] = []
  const server = createServer((socket) => {
    heard.push(socket)
    socket.on('error', () => {}).pipe(socket)
  })
  await using building = new AsyncDisposableStack()
  const listening = building.use(await listenOnFreePort(server))
  const wire = building.use(await openWire(listening.url, faults, seed))
  const built = building.move()
  return { wire, heard, [Symbol.asyncDispose]: () => built.disposeAsync() }
}

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Unlike `once`, it does not mind an error on the way. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

async function echo(socket: Socket, word: string): Promise<string> {
  socket.write(word)
  const [piece] = await once(socket, 'data', { signal: AbortSignal.timeout(5000) })
  return String(piece)
}

test('a good wire carries everything both ways, ends included', async () => {
  await using street = await openStreet()
  const client = await dial(street.wire.port)
  assert.equal(await echo(client, 'hello'), 'hello')
  client.end()
  await closed(client)
  await until('the wire has let go', () => street.wire.counts.open === 0)
})

test('a connection on which nothing moves is cut, and one that is used is not', async () => {
  await using street = await openStreet({ cutIdleAfterMs: 150 })
  const client = await dial(street.wire.port)
  for (let turn = 0; turn < 4; turn++) {
    await pause(60)
    assert.equal(await echo(client, 'still here'), 'still here')
  }
  const idleSinceMs = performance.now()
  await closed(client)
  assert.ok(performance.now() - idleSinceMs >= 140)
  assert.equal(street.wire.counts.cut, 1)
})

test('a wire that forgets a connection tells neither side', async () => {
  await using street = await openStreet({ cutIdleAfterMs: 50, cutHow: 'silence' })
  const client = await dial(street.wire.port)
  await echo(client, 'hello')
  await until('the wire has forgotten', () => street.wire.counts.cut === 1)
  client.write('anybody?')
  await assert.rejects(once(client, 'data', { signal: AbortSignal.timeout(150) }), { name: 'AbortError' })
  assert.equal(client.destroyed, false)
  assert.equal(street.heard[0]?.destroyed, false)
})

test('a half-open wire swallows data and ends, and carries again when it is mended', async () => {
  await using street = await openStreet()
  const [client, leaver] = [await dial(street.wire.port), await dial(street.wire.port)]
  await echo(client, 'hello')
  await echo(leaver, 'hello')
  street.wire.set({ swallow: 'everything' })
  client.write('lost')
  leaver.resetAndDestroy()
  await assert.rejects(once(client, 'data', { signal: AbortSignal.timeout(150) }), { name: 'AbortError' })
  assert.deepEqual(
    street.heard.map((socket) => socket.destroyed),
    [false, false],
  )
  street.wire.set({ swallow: 'nothing' })
  assert.equal(await echo(client, 'back'), 'back')
})

test('a wire can swallow one direction only', async () => {
  await using street = await openStreet({ swallow: 'to-client' })
  const client = await dial(street.wire.port)
  client.write('heard but not answered')
  const server = await until('the server has the connection', () => street.heard[0])
  await until('the server has read it', () => server.bytesRead > 0)
  assert.equal(client.bytesRead, 0)
})

test('a slow wire takes its time and keeps the order', async () => {
  await using street = await openStreet({ bytesPerSecond: 1000 })
  const client = await dial(street.wire.port)
  const startedAtMs = performance.now()
  assert.equal(await echo(client, 'x'.repeat(100)), 'x'.repeat(100))
  assert.ok(performance.now() - startedAtMs >= 180, '100 bytes take 100 ms each way')
})

test('the same seed drops the same connections', async () => {
  const survivors = async (seed: number) => {
    await using street = await openStreet({ dropFraction: 0.5 }, seed)
    const fates: boolean[] = []
    for (let n = 0; n < 12; n++) {
      const answer = dial(street.wire.port).then((client) => echo(client, 'hello'))
      fates.push((await answer.catch(() => 'dropped')) === 'hello')
    }
    return fates
  }
  const fates = await survivors(7)
  assert.deepEqual(await survivors(7), fates)
  assert.ok(fates.includes(true) && fates.includes(false))
})

test('everything can be cut at once', async () => {
  await using street = await openStreet()
  const clients = [await dial(street.wire.port), await dial(street.wire.port)]
  for (const client of clients) await echo(client, 'hello')
  const ends = clients.map(closed)
  street.wire.cutAll()
  await Promise.all(ends)
  await until('the server saw both go', () => street.heard.every((socket) => socket.destroyed))
})

test('a connection that is cut while it says goodbye is closed, and lets its process end', async () => {
  const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length
  const before = sockets()
  {
    await using street = await openStreet()
    const client = await dial(street.wire.port)
    await echo(client, 'hello')
    client.end('bye')
    reset(client)
    await once(client, 'close')
  }
  await until('nothing of it is left', () => sockets() <= before)
})
