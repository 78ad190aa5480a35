/** Row W-009 over real sockets: a device that comes back to its stream. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { ns, renderXml, xml } from '@fairlead/protocol/xmpp'
import { type Client, type Door, eventually, openDoor } from './websocket-door-trial.ts'
import { createResumptions } from './websocket-resumption.ts'

const push = (id: string) => renderXml(xml('iq', ns.client, { type: 'get', id }, xml('ping', ns.ping)))
const resume = (previd: string, h: number) => xml('resume', ns.sm, { previd, h: String(h) })

async function managed(door: Door): Promise<{ client: Client; smId: string }> {
  const client = await door.connect()
  await client.logIn()
  await client.bind()
  return { client, smId: await client.manage() }
}

function tcpOf(client: Client): Socket {
  return (client.socket as unknown as { _socket: Socket })._socket
}

/** Cuts the socket; the door has seen it when the client has. */
async function cut(door: Door, client: Client): Promise<void> {
  client.socket.close()
  await client.closed
  assert.equal(door.lines.news.at(-1)?.what === 'ended', false)
}

test('W-009 a device that comes back goes on with its line, and gets what it had not acknowledged', async () => {
  await using door = await openDoor()
  const { client, smId } = await managed(door)
  const line = door.line()
  const oldId = line.id
  line.send(push('one'), 1)
  assert.equal((await client.next()).attributes.get('id'), 'one')
  await cut(door, client)
  line.send(push('two'), 2)

  const again = await door.connect()
  const newId = await again.logIn()
  again.say(resume(smId, 0))
  assert.equal((await again.next()).name, 'resumed')
  assert.equal((await again.next()).attributes.get('id'), 'one')
  assert.equal((await again.next()).attributes.get('id'), 'two')
  assert.equal((await again.next()).name, 'r')
  assert.equal(line.id, newId, 'a survival notification names the stream that was opened last')
  assert.notEqual(newId, oldId)
  again.say(xml('a', ns.sm, { h: '2' }))
  again.say(xml('iq', ns.client, { type: 'result', id: 'two' }))
  await eventually(() => door.lines.news.at(-1)?.what === 'answered')
  const told = door.lines.news.filter((news) => news.token !== undefined).map(({ what, token }) => [what, token])
  assert.deepEqual(told, [
    ['written', 1],
    ['written', 2],
    ['acknowledged', 1],
    ['acknowledged', 2],
  ])
  assert.equal(door.lines.news.filter((news) => news.what === 'bound').length, 1)
  assert.equal(door.door.sessions, 1)
})

test('W-009 a device may be back before its old socket is known to be gone', async () => {
  await using door = await openDoor()
  const { client, smId } = await managed(door)
  const again = await door.connect()
  await again.logIn()
  again.say(resume(smId, 0))
  assert.equal((await again.next()).name, 'resumed')
  assert.equal(await client.closed, 1006)
  door.line().send(push('here'), 1)
  assert.equal((await again.next()).attributes.get('id'), 'here')
})

test('W-009 the end of the old socket, when it comes late, is not the end of the resumed stream', async () => {
  await using door = await openDoor()
  const { client, smId } = await managed(door)
  const line = door.line()
  // A close frame, masked and empty, from a client that then reads no more: the old socket stays half closed.
  client.socket.pause()
  tcpOf(client).write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]))
  let token = 0
  await eventually(() => {
    line.send(push(`p${++token}`), token)
    return !door.lines.news.some((news) => news.what === 'written' && news.token === token)
  })
  const again = await door.connect()
  await again.logIn()
  again.say(resume(smId, 0))
  assert.equal((await again.next()).name, 'resumed')
  for (let sent = 1; sent <= token; sent++) assert.equal((await again.next()).attributes.get('id'), `p${sent}`)
  tcpOf(client).destroy()
  await client.closed
  again.say(xml('r', ns.sm))
  assert.equal((await again.next()).name, 'r')
  assert.equal((await again.next()).name, 'a')
  line.send(push('after'), ++token)
  assert.equal((await again.next()).attributes.get('id'), 'after')
})

test('W-009 a stream can be resumed again and again', async () => {
  await using door = await openDoor()
  const { client, smId } = await managed(door)
  let last = client
  for (let round = 0; round < 3; round++) {
    await cut(door, last)
    last = await door.connect()
    await last.logIn()
    last.say(resume(smId, 0))
    assert.equal((await last.next()).name, 'resumed')
  }
  assert.equal(door.door.sessions, 1)
})

test('W-009 nobody resumes before the log-in, and what is unknown is not found', async () => {
  await using door = await openDoor()
  const { smId } = await managed(door)
  const early = await door.connect()
  early.say(`<open xmlns='${ns.framing}' to='relay.example' version='1.0'/>`)
  await early.next()
  await early.next()
  early.say(resume(smId, 0))
  assert.match(await early.nextText(), /^<failed .*unexpected-request/)

  const client = await door.connect()
  await client.logIn()
  client.say(resume('made-up', 0))
  assert.match(await client.nextText(), /^<failed .*item-not-found/)
})

test('W-009 after a failed resumption the device binds on the same stream', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  await client.logIn()
  client.say(resume('made-up', 0))
  await client.next()
  await client.bind('afresh')
  assert.equal(door.line().resource, 'afresh')
})

test('W-009 a stream that is over tells how far it came', async () => {
  await using door = await openDoor()
  const { client, smId } = await managed(door)
  client.say(xml('presence', ns.client))
  client.say(xml('presence', ns.client))
  client.say(xml('r', ns.sm))
  await client.next()
  await cut(door, client)
  door.clock.pass(60_000)
  assert.equal(door.lines.news.at(-1)?.end, 'connection-closed')
  const again = await door.connect()
  await again.logIn()
  again.say(resume(smId, 0))
  const failed = await again.next()
  assert.equal(failed.attributes.get('h'), '2')
  assert.equal(door.door.sessions, 0)
})

test('W-009 a device that leaves with <close/> has nothing to come back to', async () => {
  await using door = await openDoor()
  const { client, smId } = await managed(door)
  client.say(`<close xmlns='${ns.framing}'/>`)
  await client.closed
  assert.equal(door.lines.news.at(-1)?.end, 'terminated')
  const again = await door.connect()
  await again.logIn()
  again.say(resume(smId, 0))
  assert.match(await again.nextText(), /item-not-found/)
})

test('W-009 an SM-ID is not found by another device, and a newer stream takes the place of the one before', () => {
  const replaced: string[] = []
  const resumptions = createResumptions<string>((session) => void replaced.push(session))
  resumptions.add('id-1', 'printer-7', 'first')
  assert.equal(resumptions.find('id-1', 'printer-7'), 'first')
  assert.equal(resumptions.find('id-1', 'printer-8'), undefined)
  resumptions.add('id-2', 'printer-7', 'second')
  resumptions.add('id-3', 'printer-8', 'other')
  assert.deepEqual(replaced, ['first'])
  resumptions.over('id-1', 5)
  assert.equal(resumptions.find('id-2', 'printer-7'), 'second')
  assert.equal(resumptions.handledBy('id-1', 'printer-7'), 5)
  assert.equal(resumptions.handledBy('id-1', 'printer-8'), undefined)
  resumptions.over('id-2', 1)
  assert.equal(resumptions.find('id-2', 'printer-7'), undefined)
})

test('W-009 what is remembered of streams that are over is bounded', () => {
  const resumptions = createResumptions<string>(() => {})
  for (let count = 0; count < 10_001; count++) {
    resumptions.add(`id-${count}`, 'printer-7', 'x')
    resumptions.over(`id-${count}`, count)
  }
  assert.equal(resumptions.handledBy('id-0', 'printer-7'), undefined)
  assert.equal(resumptions.handledBy('id-1', 'printer-7'), 1)
})

test('converse.js#4101 a device has one lost stream at most', async () => {
  await using door = await openDoor()
  const first = await managed(door)
  await cut(door, first.client)
  await managed(door)
  await eventually(() => door.lines.news.some((news) => news.what === 'ended'))
  assert.equal(door.door.sessions, 1)
})
