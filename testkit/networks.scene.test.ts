/** A service on the internet reaches devices in two private networks with the same addresses, which nothing reaches directly (A16). */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { cast } from './cast/cast.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { type Networks, openNetworks } from './networks.ts'

const [strophe, , , stanza] = cast
const port = 8080

let networks: Networks
let street: Neighbourhood
before(async () => {
  networks = await openNetworks()
  street = await openNeighbourhood({
    start: networks.internet.start,
    listen: `0.0.0.0:${port}`,
    reach: networks.internet.reach,
    // Agents register with their secret, and there is no TLS on this internet.
    relay: ['--public-url', `http://${networks.internet.address}:${port}`, '--insecure-transport'],
  })
})
after(async () => {
  await street?.[Symbol.asyncDispose]()
  await networks?.[Symbol.asyncDispose]()
})

test('A16 one plain call reaches a device in each of two networks with the same addresses', async () => {
  const { internet, left, right } = networks
  const relayUrl = `http://${internet.address}:${port}`
  assert.equal(left.deviceAddress, right.deviceAddress)
  for (const network of [left, right])
    assert.notEqual(await internet.tryToConnect(network.publicAddress, 80), 'connected', 'no direct way leads in')

  const here = (name: string) => ({ model: 'Stock', location: name })
  await using _one = await street.openStockDevice({
    id: 'left-lobby',
    role: strophe,
    objects: here('left'),
    relayUrl,
    start: left.start,
  })
  await using _other = await street.openStockDevice({
    id: 'right-lobby',
    role: stanza,
    objects: here('right'),
    relayUrl,
    start: right.start,
  })

  for (const [side, network] of [
    ['left', left],
    ['right', right],
  ] as const) {
    const asked = await street.service.ask(`${side}-lobby`, { get: ['location'] })
    assert.equal(asked.status, 200, JSON.stringify(asked.body))
    assert.deepEqual(Object(asked.body).values, { location: side })
    const { body } = await street.service.read(`/v1/devices/${side}-lobby`)
    assert.equal(Object(body).state, 'online')
    assert.equal(Object(body).address, network.publicAddress, 'the relay sees the address of the router')
  }
})

test('A16 one plain call reaches an agent behind NAT, which asks for nothing but an outbound connection', async () => {
  const { internet, left, right } = networks
  const relayUrl = `http://${internet.address}:${port}`
  for (const [id, network] of [
    ['left-agent', left],
    ['right-agent', right],
  ] as const) {
    await street.openAgent({ id, driver: `virtual?location=${id}`, relayUrl, start: network.start })
    const asked = await street.service.ask(id, { get: ['location'] })
    assert.equal(asked.status, 200, JSON.stringify(asked.body))
    assert.deepEqual(Object(asked.body).values, { location: id })
    const listening = (await network.run('ss', '-Htln')).split('\n').flatMap((line) => line.split(/ +/)[3] ?? [])
    const forOthers = listening.filter((address) => !address.startsWith('127.0.0.1:'))
    assert.deepEqual(forOthers, [], 'nothing listens for others in its network')
  }
})

test('a request to a device whose cable is out is told as unknown, never as answered or not sent', async () => {
  const { internet, left } = networks
  const relayUrl = `http://${internet.address}:${port}`
  const objects = { location: 'left' }
  await using _device = await street.openStockDevice({
    id: 'cut-off',
    role: strophe,
    objects,
    relayUrl,
    start: left.start,
  })
  assert.equal((await street.service.ask('cut-off', { get: ['location'] })).status, 200)
  await left.unplug()
  try {
    const asked = await street.service.ask('cut-off', { get: ['location'], timeoutSeconds: 2 })
    assert.equal(asked.status, 504)
    assert.equal(Object(asked.body).code, 'device-timeout')
    assert.equal(asked.outcome, 'unknown')
  } finally {
    await left.plugIn()
  }
})
