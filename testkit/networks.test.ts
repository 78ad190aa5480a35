/** Two networks with the same addresses reach the internet and nobody reaches them (A16). */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { sweepDeadNamespaces } from './namespace.ts'
import { type Networks, openNetworks } from './networks.ts'
import { startProcess } from './process.ts'
import { until } from './until.ts'

/** Answers each line with who asked; says when it listens. */
const server = (port: number) => `
  require('node:http').createServer((request, response) => response.end(request.socket.remoteAddress))
    .listen(${port}, '0.0.0.0', () => console.log('{"event":"up"}'))`

/** Holds one connection open, and says what it hears and when it ends. */
const client = `
  const say = (event, more) => console.log(JSON.stringify({ event, ...more }))
  require('node:net').connect(7000, '203.0.113.1', function () { say('connected', { from: this.localAddress }) })
    .on('data', (data) => say('heard', { text: String(data) })).on('close', () => say('closed')).on('error', () => {})`

/** Says \`tick\` to whoever connects, ten times a second. */
const ticker = `
  require('node:net').createServer((socket) => {
    socket.on('error', () => {})
    setInterval(() => socket.write('tick'), 100)
  }).listen(7000, () => console.log('{"event":"up"}'))`

let networks: Networks
before(async () => {
  networks = await openNetworks()
})
after(() => networks[Symbol.asyncDispose]())

const evaluate = (script: string) => [process.execPath, ['-e', script]] as const

test('A16 a service on the internet cannot connect to a device directly', async () => {
  const { internet, left } = networks
  await using device = await left.start(...evaluate(server(80)))
  await device.nextEvent('up')
  assert.equal(await left.tryToConnect('127.0.0.1', 80), 'connected', 'the device does listen')
  assert.equal(await internet.tryToConnect(left.deviceAddress, 80), 'unreachable', 'its private address leads nowhere')
  assert.equal(
    await internet.tryToConnect(left.publicAddress, 80),
    'timeout',
    'its router drops what comes from outside',
  )
})

test('A16 devices of the two networks share an address and cannot reach each other', async () => {
  const { left, right } = networks
  assert.equal(left.deviceAddress, right.deviceAddress)
  await using device = await right.start(...evaluate(server(8080)))
  await device.nextEvent('up')
  assert.equal(await left.tryToConnect(right.deviceAddress, 8080), 'refused', 'that address is the asker itself')
  assert.equal(await left.tryToConnect(right.publicAddress, 8080), 'timeout')
})

test('A16 both networks reach the internet, each seen by the address of its router', async () => {
  const { internet, left, right } = networks
  await using relay = await internet.start(...evaluate(server(8000)))
  await relay.nextEvent('up')
  const ask = `fetch('http://${internet.address}:8000').then((answer) => answer.text()).then(console.log)`
  for (const network of [left, right])
    assert.equal((await network.run(process.execPath, '-e', ask)).trim(), network.publicAddress)
})

test('a connection over an unplugged cable stays open for both sides, and lives on when it is back', async () => {
  const { internet, left } = networks
  await using relay = await internet.start(...evaluate(ticker))
  await relay.nextEvent('up')
  await using device = await left.start(...evaluate(client))
  assert.equal((await device.nextEvent('connected'))['from'], left.deviceAddress)
  await device.nextEvent('heard')

  await left.unplug()
  await until('nothing more arrives', async () => {
    await device.nextEvent('heard', 300).catch(() => 'silence')
    return (await device.nextEvent('heard', 300).catch(() => 'silence')) === 'silence'
  })
  await assert.rejects(device.nextEvent('closed', 300), /not within/)

  await left.plugIn()
  await device.nextEvent('heard')
})

test('a test outside reaches a port of the internet', async () => {
  const { internet } = networks
  await using relay = await internet.start(...evaluate(server(8001)))
  await relay.nextEvent('up')
  assert.match(await (await fetch(await internet.reach(8001))).text(), /127\.0\.0\.1/)
})

test('what a killed run has left behind is swept up, and what runs is left alone', async () => {
  const script = `
    const { openNamespace } = await import('${import.meta.resolve('./namespace.ts')}')
    const { name, start } = await openNamespace('orphan')
    await start('sleep', ['60'])
    console.log(JSON.stringify({ event: 'up', name }))
    setInterval(() => {}, 1000)`
  await using crashed = await startProcess(process.execPath, ['--input-type=module', '-e', script])
  const name = String((await crashed.nextEvent('up'))['name'])
  assert.ok(!(await sweepDeadNamespaces()).includes(name), 'its process still runs')
  await crashed.kill()
  await until('the process is gone', async () => (await sweepDeadNamespaces()).includes(name))
  const left = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
  assert.ok(!left.includes(name))
  assert.ok(left.includes(networks.left.name))
})
