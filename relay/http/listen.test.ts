/** Listening: addresses that cannot be had. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { type Listener, listen } from './listen.ts'
import { makeSelfSigned } from './self-signed.ts'

const tls = makeSelfSigned()
const hasty = {
  headersTimeout: 100,
  requestTimeout: 200,
  connectionsCheckingInterval: 20,
  keepAliveTimeout: 100,
  keepAliveTimeoutBuffer: 0,
}

const speak: Record<string, (port: number) => Promise<Socket>> = {
  'plain HTTP': async (port) => {
    const socket = connectTcp(port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  },
  'plain HTTP beside TLS': async (port) => {
    const socket = connectTcp(port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  },
  HTTPS: async (port) => {
    const socket = connectTls({ port, host: 'localhost', ca: tls.certificate })
    await once(socket, 'secureConnect')
    return socket
  },
}

async function heardOf(socket: Socket, bytes: string): Promise<string> {
  let heard = ''
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    heard += chunk
  })
  socket.write(bytes)
  await once(socket, 'close')
  return heard
}

function open(language: string): Promise<Listener> {
  return listen({
    host: '127.0.0.1',
    port: 0,
    tls: language === 'plain HTTP' ? undefined : tls,
    limits: hasty,
    handle: (request, response) => void request.on('end', () => response.end('ok')).resume(),
    takesUpgrade: (request) => request.url === '/ws',
    upgrade: (_request, socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
  })
}

for (const [language, connect] of Object.entries(speak)) {
  test(`S-D1 ${language}: headers that do not come to an end are answered 408`, async () => {
    const listener = await open(language)
    const heard = await heardOf(await connect(listener.port), 'GET / HTTP/1.1\r\nHost: a\r\n')
    assert.match(heard, /^HTTP\/1\.1 408 /)
    await listener.close()
  })

  test(`S-D1 ${language}: a body that does not come to an end is cut off`, async () => {
    const listener = await open(language)
    const heard = await heardOf(
      await connect(listener.port),
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf',
    )
    assert.doesNotMatch(heard, /200/)
    await listener.close()
  })

  test(`S-D1 ${language}: a connection that is not used any more is ended`, async () => {
    const listener = await open(language)
    const heard = await heardOf(await connect(listener.port), 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.match(heard, /^HTTP\/1\.1 200 [\s\S]*ok$/)
    await listener.close()
  })

  test(`${language}: closing does not wait for what cutting ends, a WebSocket included`, async () => {
    const listener = await open(language)
    const socket = await connect(listener.port)
    socket.on('error', () => {})
    socket.write('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n')
    const [first] = await once(socket, 'data')
    assert.match(String(first), /^HTTP\/1\.1 101 /)
    const closed = listener.close()
    listener.cut()
    await closed
  })
}

test('an address that this machine does not have is told in one sentence', async () => {
  const nothing = { handle() {}, takesUpgrade: () => false, upgrade() {} }
  await assert.rejects(listen({ host: '192.0.2.1', port: 0, ...nothing }), {
    name: 'Failure',
    code: 'unavailable',
    message: 'This machine has no address 192.0.2.1 to listen on.',
  })
})
