/** A4 as the agent tells it: `device.online` is true when it is said, also on a way where the first poll arrives late. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startAgent } from './agent-command.ts'
import { countSessions, lookAt, untilState } from './device-look.ts'
import { openFolder } from './folder.ts'
import { type HttpWire, openHttpWire } from './http-wire.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { until } from './until.ts'

const times = ['--wait', '5', '--inactivity', '5', '--survival-timeout', '0', '--management-timeout', '15']

/** An agent behind a wire, started and no more: what it says of itself is what the scene is about. */
async function openAgentBehind(street: Neighbourhood, wire: HttpWire) {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const { secret } = await street.enrol('lobby')
  const args = ['--relay', wire.url, '--id', 'lobby', '--driver', 'virtual', '--data', folder.path]
  const agent = building.use(await startAgent(args, { FAIRLEAD_SECRET: secret }))
  const built = building.move()
  return { agent, [Symbol.asyncDispose]: () => built.disposeAsync() }
}

const isProof = ({ body }: { body: string }) => body.includes('urn:xmpp:ping')

test('A4 an agent says device.online when the relay says so too, though its first poll is held back on the way', async () => {
  await using street = await openNeighbourhood()
  // Each request waits for half a second, or until the next one has overtaken it.
  await using wire = await openHttpWire(street.url, { reorderFraction: 1, reorderWithinMs: 500 })
  await using lobby = await openAgentBehind(street, wire)
  await lobby.agent.nextEvent('device.online')
  assert.equal((await lookAt(street.service, 'lobby')).state, 'online')
  const { status, body } = await street.service.ask('lobby', { get: ['model'] })
  assert.equal(status, 200, JSON.stringify(body))
})

test('A4 after an outage, too, device.online is told when the relay has answered', async () => {
  await using street = await openNeighbourhood({ relay: times })
  await using wire = await openHttpWire(street.url)
  await using lobby = await openAgentBehind(street, wire)
  await lobby.agent.nextEvent('device.online')
  wire.set({ loseRequestFraction: 1, losePath: '/http-bind' })
  await lobby.agent.nextEvent('device.offline')
  await untilState(street.service, 'lobby', 'offline')
  wire.set({ loseRequestFraction: 0, reorderFraction: 1, reorderWithinMs: 500 })
  await lobby.agent.nextEvent('device.online')
  assert.equal((await lookAt(street.service, 'lobby')).state, 'online')
})

test('A4 the proof after an outage that the session outlives does not cost the session', async () => {
  await using street = await openNeighbourhood({ relay: ['--wait', '5', '--survival-timeout', '0'] })
  await using wire = await openHttpWire(street.url)
  await using lobby = await openAgentBehind(street, wire)
  await lobby.agent.nextEvent('device.online')
  const { stateSinceAt } = await lookAt(street.service, 'lobby')
  const proofs = () => wire.visits.filter(isProof).length
  const before = proofs()
  // The poll that follows an empty answer never arrives: with the proof right behind it, it looks like hasty polling.
  wire.set({ loseRequestFraction: 1, losePath: '/http-bind' })
  await lobby.agent.nextEvent('device.offline')
  wire.set({ loseRequestFraction: 0 })
  await lobby.agent.nextEvent('device.online')
  assert.ok(proofs() > before)
  const { status, body } = await street.service.ask('lobby', { get: ['model'] })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual((await lookAt(street.service, 'lobby')).stateSinceAt, stateSinceAt)
})

test('A4 an agent that is stopped before its proof has come takes its leave all the same', async () => {
  await using street = await openNeighbourhood()
  await using wire = await openHttpWire(street.url)
  await using lobby = await openAgentBehind(street, wire)
  // Slow enough for the proof to be on its way when the agent is told to end.
  wire.set({ delayMs: 1500 })
  await until('the proof is on its way', () => wire.visits.some(isProof))
  assert.equal((await lobby.agent.stop()).code, 0)
  assert.equal((await lookAt(street.service, 'lobby')).state, 'offline')
  // Nor does a session wait for the end of its inactivity, a minute from now.
  assert.equal(await countSessions(street.url, 'bosh'), 0)
})
