/** Connections whose other end asks without listening: what they may cost, and when they are ended. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { type Listener, type ListenNeeds, listen } from './listen.ts'

interface Stand extends AsyncDisposable {
  /** Answers under way, and how many there have been. */
  answers: ServerResponse[]
  first: Promise<ServerResponse>
  say(bytes: string): Promise<Socket>
  /** How many requests Node has made of what came. */
  taken(): number
}

async function openStand(handle: ListenNeeds['handle'], limits: ListenNeeds['limits'] = {}): Promise<Stand> {
  const answers: ServerResponse[] = []
  const first = Promise.withResolvers<ServerResponse>()
  const listener: Listener = await listen({
    host: '127.0.0.1',
    port: 0,
    limits,
    handle(request, response) {
      answers.push(response)
      first.resolve(response)
      handle(request, response)
    },
    takesUpgrade: () => false,
    upgrade() {},
  })
  return {
    answers,
    first: first.promise,
    taken: () => listener.use().requests,
    async say(bytes) {
      const socket = connect(listener.port, '127.0.0.1')
      // Being reset is what these tests wait for.
      socket.on('error', () => {})
      await once(socket, 'connect')
      socket.write(bytes)
      return socket
    },
    async [Symbol.asyncDispose]() {
      listener.cut()
      await listener.close()
    },
  }
}

const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

test('S-D3 32 requests may wait for the answer before theirs on one connection, and one more ends it', async () => {
  await using stand = await openStand((request, response) => {
    if (request.url !== '/held') response.end('ok')
  })
  const patient = await stand.say(ask('/held') + ask('/').repeat(32))
  const hasty = await stand.say(ask('/held') + ask('/').repeat(1000))
  hasty.resume()
  await once(hasty, 'close')
  // The thousand came in one read: what is behind the one too many costs nothing.
  assert.ok(stand.taken() <= 33 + 34, `${stand.taken()} requests were taken in`)

  // Who asked for no more than that is answered, in order, as soon as the first one is.
  stand.answers[0]?.end('held')
  let heard = ''
  for await (const chunk of patient) {
    heard += chunk
    if (heard.match(/HTTP\/1\.1 200/g)?.length === 33) break
  }
  assert.match(heard, /^HTTP\/1\.1 200 [\s\S]*?\r\n\r\nheld/)
})

test('requests one after another on a connection are never too many', async () => {
  await using stand = await openStand((_request, response) => response.end('ok'))
  const socket = await stand.say('')
  for (let n = 0; n < 200; n++) {
    socket.write(ask('/') + ask('/'))
    let heard = ''
    while ((heard.match(/ok/g) ?? []).length < 2) heard += (await once(socket, 'data'))[0]
  }
  assert.equal(stand.answers.length, 400)
  socket.destroy()
})

test('S-D2 an answer that its asker does not take is not kept for ever', async () => {
  // More than all buffers on the way between hold.
  const large = Buffer.alloc(64 * 2 ** 20)
  await using stand = await openStand((_request, response) => response.end(large), {
    stalledMs: 200,
    connectionsCheckingInterval: 20,
  })
  const socket = await stand.say(ask('/'))
  socket.pause()
  await once(await stand.first, 'close')
  socket.destroy()
})

test('S-D2 who takes a large answer bit by bit gets all of it, and a held answer is no stalled one', async () => {
  const large = Buffer.alloc(16 * 2 ** 20)
  await using stand = await openStand(
    (request, response) => {
      if (request.url !== '/held') response.end(large)
    },
    { stalledMs: 1_000, connectionsCheckingInterval: 20 },
  )
  const held = await stand.say(ask('/held'))
  const socket = await stand.say(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  let bytes = 0
  for await (const chunk of socket) {
    bytes += chunk.length
    // Slower than a network: longer than that for all of it, and never still for so long.
    await new Promise((resolve) => setTimeout(resolve, 6))
  }
  assert.ok(bytes > 16 * 2 ** 20, `${bytes}`)
  stand.answers[0]?.end('held')
  assert.match(String((await once(held, 'data'))[0]), /held$/)
  held.destroy()
})
