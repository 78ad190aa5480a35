/** A4: a device is ONLINE once its held request has arrived, and not a step sooner. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStockDevice, type Role } from './cast/cast.ts'
import { countSessions, lookAt, untilState } from './device-look.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { openRawDevice } from './raw-device.ts'
import { until } from './until.ts'

const times = ['--wait', '5', '--inactivity', '5', '--survival-timeout', '0', '--management-timeout', '15']

test('A4 bound is not ONLINE: the connection makes it so, and its information is kept', async () => {
  await using street = await openNeighbourhood({ relay: times })
  const { secret } = await street.enrol('lobby')
  const device = await openRawDevice({ relayUrl: street.url, id: 'lobby', secret })

  const bound = await lookAt(street.service, 'lobby')
  assert.deepEqual([bound.state, bound.reason], ['offline', 'never-seen'])
  assert.deepEqual([bound.address, bound.transport], [null, null], 'nor is it kept where it comes from')
  assert.equal(await countSessions(street.url, 'bosh'), 1, 'the session stands all the same')
  const refused = await street.service.ask('lobby', { get: ['model'] })
  assert.deepEqual([refused.status, refused.outcome], [409, 'not-sent'])

  const connection = device.send()
  const online = await untilState(street.service, 'lobby', 'online', 1000)
  assert.deepEqual([online.reason, online.transport, online.address], [null, 'bosh', '127.0.0.1'])
  assert.ok(online.lastSeenAt !== null && online.lastSeenAt >= online.stateSinceAt)
  device.vanish()
  await assert.rejects(connection)
})

/** A stock client that has its connection, as far as it knows. */
async function openOnWebSocket({ url: relayUrl }: Neighbourhood, client: Role['client'], secret: string) {
  const role: Role = { client, transport: 'websocket' }
  const objects = { model: 'Stock' }
  const device = await openStockDevice({ role, relayUrl, domain: 'localhost', id: 'lobby', secret, objects })
  await device.online()
  return device
}

test('A4 a device that is ONLINE and binds anew is where it was until its new connection arrives', async () => {
  await using street = await openNeighbourhood({ relay: times })
  const { secret } = await street.enrol('lobby')
  await using stock = await openOnWebSocket(street, 'strophe', secret)
  const online = await untilState(street.service, 'lobby', 'online', 1000)
  // Its socket stays open, and it cannot come back between the two.
  stock.process.signal('SIGSTOP')
  const device = await openRawDevice({ relayUrl: street.url, id: 'lobby', secret })
  assert.equal(await countSessions(street.url, 'websocket'), 0, 'the older session has given way')
  const bound = await lookAt(street.service, 'lobby')
  const { state, stateSinceAt, address, transport } = online
  assert.deepEqual([bound.state, bound.stateSinceAt], [state, stateSinceAt])
  assert.deepEqual([bound.address, bound.transport], [address, transport])
  assert.equal(transport, 'websocket')

  const connection = device.send()
  await until('it is where its connection is', async () => {
    const look = await lookAt(street.service, 'lobby')
    assert.deepEqual([look.state, look.stateSinceAt], ['online', stateSinceAt])
    return look.transport === 'bosh'
  })
  device.vanish()
  await assert.rejects(connection)
})

test('A4 a session that never gets its connection ends by itself, and was never ONLINE', async () => {
  await using street = await openNeighbourhood({ relay: times })
  const { secret } = await street.enrol('lobby')
  const stream = await fetch(`${street.url}/v1/events?type=device.online`, {
    headers: { authorization: `Bearer ${street.adminKey}` },
  })
  await openRawDevice({ relayUrl: street.url, id: 'lobby', secret })
  await until('the session is over', async () => (await countSessions(street.url, 'bosh')) === 0)
  const look = await lookAt(street.service, 'lobby')
  assert.equal(look.state, 'offline')
  // A device that does connect is the next one told of, with nothing before it.
  await street.openAgent({ id: 'other' })
  let told = ''
  for await (const piece of stream.body ?? []) {
    told += Buffer.from(piece).toString()
    if (told.includes('device.online')) break
  }
  assert.match(told, /"device":"other"/)
  assert.doesNotMatch(told, /"device":"lobby"/)
})

test('A4 on WebSocket the bound stream is the connection', async () => {
  await using street = await openNeighbourhood({ relay: times })
  const { secret } = await street.enrol('lobby')
  await using _device = await openOnWebSocket(street, 'xmpp-js', secret)
  const look = await untilState(street.service, 'lobby', 'online', 1000)
  assert.equal(look.transport, 'websocket')
  assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200)
})
