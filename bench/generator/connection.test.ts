/** Connections of the generator at a server that cuts its answers in pieces, closes, and vanishes. */
import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { listenOnFreePort } from '../../testkit/listen.ts'
import { Connection } from './connection.ts'
import { renderPost } from './http-reader.ts'

/** Each request is answered by `answer`, on whichever connection it comes. */
async function openServer(answer: (socket: Socket, request: number) => void) {
  let requests = 0
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket.on('data', () => answer(socket, ++requests)).on('error', () => {})
  })
  const listening = await listenOnFreePort(server)
  return {
    connections: () => connections,
    to: { host: '127.0.0.1', port: listening.port },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await listening[Symbol.asyncDispose]()
    },
  }
}

/** Sends one request after another. @returns what became of each */
async function sendAll(connection: (events: ConstructorParameters<typeof Connection>[1]) => Connection, count: number) {
  const told: string[] = []
  const { promise: done, resolve } = Promise.withResolvers<void>()
  const next = (what: string) => {
    told.push(what)
    if (told.length === count) resolve()
    else used.send(renderPost('/', 'test', '', 'x'))
  }
  const used = connection({ answered: ({ status, body }) => next(`${status} ${body}`), lost: next })
  used.send(renderPost('/', 'test', '', 'x'))
  await done
  used.close()
  return told
}

test('an answer in pieces is put together, and its connection is used again', async () => {
  await using server = await openServer((socket, request) => {
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n#${request}`
    socket.write(answer.slice(0, 20))
    setImmediate(() => socket.write(answer.slice(20)))
  })
  assert.deepEqual(await sendAll((events) => new Connection(server.to, events), 3), ['200 #1', '200 #2', '200 #3'])
  assert.equal(server.connections(), 1)
})

test('a connection that the server closes behind an answer is opened again for the next request', async () => {
  await using server = await openServer((socket) => {
    socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  assert.deepEqual(await sendAll((events) => new Connection(server.to, events), 2), ['200 ', '200 '])
  assert.equal(server.connections(), 2)
})

test('a request whose connection breaks is lost, and so is one that nobody takes', async () => {
  const server = await openServer((socket, request) => {
    if (request === 1) socket.resetAndDestroy()
    else socket.end()
  })
  const told = await sendAll((events) => new Connection(server.to, events), 2)
  assert.match(told[0] ?? '', /^(ECONNRESET|EPIPE)$/)
  assert.match(told[1] ?? '', /closed/)
  await server[Symbol.asyncDispose]()
  assert.deepEqual(await sendAll((events) => new Connection(server.to, events), 1), ['ECONNREFUSED'])
})
