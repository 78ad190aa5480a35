/** A2: a device registers at every activation, before its session; nobody else can. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runAgentCommand, startAgent } from './agent-command.ts'
import { lookAt } from './device-look.ts'
import { openHttpWire } from './http-wire.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'

async function inquire(street: Neighbourhood, query: string): Promise<string[]> {
  const { body } = await street.service.read(`/v1/devices?${query}`)
  return (body as { items: { id: string }[] }).items.map(({ id }) => id)
}

function register(street: Neighbourhood, id: string, secret: string, capabilities: object): Promise<Response> {
  return fetch(`${street.url}/device/v1/register`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: JSON.stringify({ capabilities }),
  })
}

test('A2 a device registers before its session, at power-on and whenever its mode is switched on', async () => {
  await using street = await openNeighbourhood()
  await using wire = await openHttpWire(street.url)
  const activations = () =>
    wire.visits.flatMap(({ path }, at) => (path === '/device/v1/register' ? [wire.visits[at + 1]?.path] : []))
  const lobby = await street.openAgent({ id: 'lobby', relayUrl: wire.url })
  assert.equal(wire.visits[0]?.path, '/device/v1/register')
  assert.deepEqual(activations(), ['/http-bind'])

  await runAgentCommand(['mode', 'off', '--data', lobby.data])
  await lobby.process.nextEvent('device.offline')
  await runAgentCommand(['mode', 'on', '--data', lobby.data])
  await lobby.process.nextEvent('device.online')
  assert.deepEqual(activations(), ['/http-bind', '/http-bind'])

  await lobby.process.stop()
  await using again = await startAgent(['--data', lobby.data])
  await again.nextEvent('device.online')
  assert.deepEqual(activations(), ['/http-bind', '/http-bind', '/http-bind'])
})

test('A2 what a device tells of itself is in the device database, its serial as told and found in any case', async () => {
  await using street = await openNeighbourhood()
  const driver = 'virtual?serial=XYZ-0042&model=Heron%207&firmware=7.1'
  // Serial numbers are printed in capitals; as a device ID they are lower case.
  const { secret } = await street.enrol('xyz-0042')
  const where = ['--relay', street.url, '--id', 'XYZ-0042', '--driver', driver, '--data', `${street.data}-agent`]
  await using agent = await startAgent(where, { FAIRLEAD_SECRET: secret })
  assert.equal((await agent.nextEvent('device.online'))['id'], 'xyz-0042')

  const look = await lookAt(street.service, 'xyz-0042')
  assert.deepEqual([look.serial, look.model], ['XYZ-0042', 'Heron 7'])
  assert.equal(look.capabilities['firmware'], '7.1')
  assert.ok(Number(look.capabilities['memoryBytes']) > 0)
  for (const list of ['media', 'supplies', 'features'])
    assert.ok((look.capabilities[list] as string[]).length > 0, `${list} are told`)
  for (const query of ['serial=xyz-0042', 'serial=XYZ-0042', 'model=heron%207', 'capability=iso_a4_210x297mm'])
    assert.deepEqual(await inquire(street, query), ['xyz-0042'], query)
  assert.deepEqual(await inquire(street, 'serial=xyz-004'), [])
})

test('A2 a repeat updates what is known: another device behind the same agent', async () => {
  await using street = await openNeighbourhood()
  const lobby = await street.openAgent({ id: 'lobby', driver: 'virtual?model=Heron%207&serial=A1' })
  await lobby.process.stop()
  await using again = await startAgent(['--data', lobby.data, '--driver', 'virtual?model=Heron%208&serial=A2'])
  await again.nextEvent('device.online')
  const look = await lookAt(street.service, 'lobby')
  assert.deepEqual([look.model, look.serial], ['Heron 8', 'A2'])
  assert.deepEqual(await inquire(street, 'serial=a1'), [])
})

test('A2 a wrong secret and an unknown device are refused, in the same words, and not stored', async () => {
  await using street = await openNeighbourhood()
  const lobby = await street.openAgent({ id: 'lobby', driver: 'virtual?model=Heron%207' })
  const before = await lookAt(street.service, 'lobby')

  const answers: unknown[] = []
  for (const [id, secret] of [
    ['lobby', 'not the secret of lobby'],
    ['nobody', lobby.secret],
  ] as const) {
    const answer = await register(street, id, secret, { model: 'Intruder', serial: 'INTRUDER' })
    answers.push([answer.status, await answer.json()])
  }
  assert.deepEqual(answers[0], answers[1], 'nothing tells which devices there are')
  assert.equal((answers[0] as [number])[0], 401)
  assert.equal((await lookAt(street.service, 'lobby')).model, before.model)
  assert.equal((await street.service.read('/v1/devices/nobody')).status, 404)
  assert.deepEqual(await inquire(street, 'serial=intruder'), [])
  assert.deepEqual(await inquire(street, ''), ['lobby'])
})

test('A2 an agent with a wrong secret says so, opens no session and does not hammer the relay', async () => {
  await using street = await openNeighbourhood()
  await using wire = await openHttpWire(street.url)
  await street.enrol('lobby')
  const where = ['--relay', wire.url, '--id', 'lobby', '--driver', 'virtual', '--data', `${street.data}-agent`]
  await using agent = await startAgent(where, { FAIRLEAD_SECRET: 'not the secret of lobby' })
  assert.equal((await agent.nextEvent('device.offline'))['reason'], 'unauthorized')
  assert.deepEqual(
    wire.visits.map(({ path }) => path),
    ['/device/v1/register'],
  )
  assert.equal((await lookAt(street.service, 'lobby')).reason, 'never-seen')
})
