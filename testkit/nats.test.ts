/** The nats-server of the tests starts, stands still, dies and comes back where it was. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { type Nats, openNats } from './nats.ts'

/** Says one line to it and hears what it says first. */
async function ask(socket: Socket, line: string): Promise<string> {
  socket.write(`${line}\r\n`)
  const [answer] = await once(socket, 'data')
  return String(answer)
}

async function open(nats: Nats): Promise<Socket> {
  const socket = connect(nats.port, '127.0.0.1')
  const [greeting] = await once(socket, 'data')
  assert.match(String(greeting), /^INFO \{/)
  return socket
}

test('it answers, and after a kill it is there again on the same port', async () => {
  await using nats = await openNats()
  const socket = await open(nats)
  assert.match(await ask(socket, 'CONNECT {"verbose":true}'), /OK/)
  const closed = once(socket, 'close')
  await nats.kill()
  await closed
  await nats.restart()
  ;(await open(nats)).destroy()
})

test('frozen it says nothing, and what it was asked meanwhile when it goes on', async () => {
  await using nats = await openNats()
  const socket = await open(nats)
  await ask(socket, 'CONNECT {"verbose":true}')
  await nats.freeze()
  let heard = ''
  socket.on('data', (data) => {
    heard += data
  })
  socket.write('PING\r\n')
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(heard, '')
  const answered = once(socket, 'data')
  nats.thaw()
  await answered
  assert.match(heard, /PONG/)
  socket.destroy()
})

test('its configuration counts', async () => {
  await using nats = await openNats({ configuration: 'authorization { token: "t" }' })
  const socket = await open(nats)
  assert.match(await ask(socket, 'CONNECT {}'), /Authorization Violation/)
  socket.destroy()
})
