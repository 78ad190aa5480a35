/** A16: the toner of a printer that nothing can reach, asked for with plain curl; and what a network blip does to that. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runAgentCommand, startAgent } from './agent-command.ts'
import { lookAt, untilState } from './device-look.ts'
import { type Neighbourhood, openNeighbourhood, type RunningAgent } from './neighbourhood.ts'
import { type LocalNetwork, type Networks, openNetworks } from './networks.ts'
import { openPrinter } from './printer.ts'

const port = 8080
/** The same in both networks, beside the machine that the agent runs on. */
const printerAddress = '192.168.1.77'
const snmpPort = 1161

const building = new AsyncDisposableStack()
let networks: Networks
let street: Neighbourhood
const agents = new Map<LocalNetwork, RunningAgent>()

async function moveIn(id: string, network: LocalNetwork): Promise<void> {
  await network.run('ip', 'address', 'add', `${printerAddress}/24`, 'dev', 'eth0')
  const printer = building.use(await openPrinter({ host: printerAddress, port: snmpPort, start: network.start }))
  const relayUrl = `http://${networks.internet.address}:${port}`
  agents.set(network, await street.openAgent({ id, driver: printer.driver, relayUrl, start: network.start }))
}

before(async () => {
  networks = building.use(await openNetworks())
  const times = ['--wait', '5', '--inactivity', '20', '--survival-timeout', '10', '--management-timeout', '15']
  street = building.use(
    await openNeighbourhood({
      start: networks.internet.start,
      listen: `0.0.0.0:${port}`,
      reach: networks.internet.reach,
      // The scene is about the ways; TLS has scenes of its own.
      relay: ['--insecure-transport', ...times],
    }),
  )
  await moveIn('heron-left', networks.left)
  await moveIn('heron-right', networks.right)
})
after(() => building.disposeAsync())

/** Asks as somebody does who has read no manual. @returns what curl printed */
function curl(device: string, objects: string[]): Promise<string> {
  const body = JSON.stringify({ get: objects })
  const url = `http://127.0.0.1:${port}/v1/devices/${device}/requests`
  return networks.internet.run('curl', '-sS', '-H', `Authorization: Bearer ${street.adminKey}`, '-d', body, url)
}

test('A16 the printers share an address, and nothing reaches them from the internet', async () => {
  const { internet, left, right } = networks
  assert.equal(await internet.tryToConnect(printerAddress, snmpPort), 'unreachable')
  for (const network of [left, right])
    assert.equal(await internet.tryToConnect(network.publicAddress, snmpPort), 'timeout')
  const directly = (host: string) => `snmp://${host}:${snmpPort}?community=heron&timeout=0.5&retries=0`
  const ask = (host: string) => ['--print-objects', '--driver', directly(host)]
  await assert.rejects(runAgentCommand(ask(left.publicAddress), internet.start), /exits with 1/)
  assert.match(
    await runAgentCommand(ask(printerAddress), left.start),
    /Heron 7 Colour/,
    'from beside it the same works',
  )
})

test('A16 curl is told the black toner of both, and what is not known is not made up', async () => {
  for (const device of ['heron-left', 'heron-right']) {
    const { values, errors } = JSON.parse(await curl(device, ['toner.black', 'toner.cyan', 'pages', 'model', 'ip']))
    assert.deepEqual(values, {
      'toner.black': 37,
      'toner.cyan': 'some',
      pages: { value: 34910, unit: 'impressions' },
      model: 'Heron 7 Colour',
    })
    assert.deepEqual(Object.keys(errors), ['ip'])
    const byOid = JSON.parse(await curl(device, ['1.3.6.1.2.1.43.11.1.1.9.1.1']))
    assert.deepEqual(byOid.values, { '1.3.6.1.2.1.43.11.1.1.9.1.1': 4440 })
  }
  const left = await lookAt(street.service, 'heron-left')
  assert.equal(left.address, networks.left.publicAddress, 'of the device the internet knows its router')
  assert.equal(left.serial, 'HRN-0042')
})

test('A16 after a network blip the agent is back by itself, and its neighbour has noticed nothing', async () => {
  const { left } = networks
  const neighbour = await lookAt(street.service, 'heron-right')
  await left.unplug()
  const gone = await untilState(street.service, 'heron-left', 'offline', 25_000)
  assert.equal(gone.reason, 'management-timeout')
  await left.plugIn()
  const agent = agents.get(left) ?? assert.fail('it has moved in')
  await untilState(street.service, 'heron-left', 'online', 30_000)
  assert.equal(JSON.parse(await curl('heron-left', ['toner.black'])).values['toner.black'], 37)
  process.kill(agent.process.pid, 0)
  assert.equal((await lookAt(street.service, 'heron-right')).stateSinceAt, neighbour.stateSinceAt)
})

test('A16 a blip that is shorter than the timers is not even seen', async () => {
  const { left } = networks
  const before = await lookAt(street.service, 'heron-left')
  await left.unplug()
  const asked = street.service.ask('heron-left', { get: ['model'], timeoutSeconds: 10 })
  await left.plugIn()
  const { status, body } = await asked
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal((await lookAt(street.service, 'heron-left')).stateSinceAt, before.stateSinceAt)
})

test('A16 an agent that is switched on before its network is comes to the relay once there is one', async () => {
  const { right } = networks
  const { process: first, data } = agents.get(right) ?? assert.fail('it has moved in')
  await first.stop()
  await right.unplug()
  await using agent = await startAgent(['--data', data], {}, right.start)
  assert.equal((await agent.nextEvent('device.offline', 30_000))['reason'], 'unreachable')
  await right.plugIn()
  await agent.nextEvent('device.online', 30_000)
  await untilState(street.service, 'heron-right', 'online')
  assert.equal(JSON.parse(await curl('heron-right', ['toner.black'])).values['toner.black'], 37)
})
