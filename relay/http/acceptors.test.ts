/** Connections come in by many ears, and a port that is taken is taken. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import { listen } from './listen.ts'

const nobody = { takesUpgrade: () => false, upgrade() {} }

async function openListener(port = 0) {
  return await listen({
    ...nobody,
    host: '127.0.0.1',
    port,
    handle: (_request, response) => void response.end('hello'),
  })
}

test('a port that a relay listens on, with all its ears, is taken for every other', async () => {
  const listener = await openListener()
  await assert.rejects(
    openListener(listener.port),
    (error) => error instanceof Failure && /is taken/.test(error.message),
  )
  await listener.close()
  // And free again at once.
  await (await openListener(listener.port)).close()
})

test('many connections at once are all answered, whichever ear heard them, and all of them end with the listener', async () => {
  const listener = await openListener()
  const sockets = await Promise.all(Array.from({ length: 200 }, () => open(listener.port)))
  const answers = sockets.map(async (socket) => {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const [bytes] = await once(socket, 'data')
    return String(bytes)
  })
  for (const answer of await Promise.all(answers)) assert.match(answer, /^HTTP\/1.1 200 OK\r\n.*hello/s)
  const ended = Promise.all(sockets.map((socket) => once(socket, 'close')))
  await listener.close()
  await ended
})

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}
