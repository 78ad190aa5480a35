/** Field note 5: a session that is dead and does not know it swallows commands, or its late end takes the new one with it. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startAgent } from '../agent-command.ts'
import { cast, openStockDevice } from '../cast/cast.ts'
import { lookAt, untilState } from '../device-look.ts'
import { openEventStream } from '../event-stream.ts'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import { until } from '../until.ts'
import { openWire } from '../wire.ts'

// What waited for the old session, and answers that come after the change: testkit/a3-new-session.scene.test.ts.

const scene = new AsyncDisposableStack()
let street: Neighbourhood
before(async () => {
  // Long enough that nothing here ends by time: the ghost would stay for minutes.
  const times = ['--wait', '50', '--inactivity', '300', '--survival-timeout', '0', '--management-timeout', '600']
  street = scene.use(await openNeighbourhood({ relay: times }))
})
after(() => scene.disposeAsync())

/** What is told of this device, from the first time that it came on, which has been told when this resolves. */
async function listen(id: string) {
  const from = { query: `device=${id}`, lastEventId: '0' }
  const stream = scene.use(await openEventStream({ relayUrl: street.url, key: street.adminKey, ...from }))
  await stream.next('device.online')
  const words = ['device.online']
  void (async () => {
    for (;;) {
      const { type } = await stream.next()
      if (type === 'device.online' || type === 'device.offline') words.push(type)
    }
    // It ends with the scene.
  })().catch(() => {})
  return words
}

/** The ghost has been asked something, and nobody will ever answer that. */
function askTheGhost(id: string) {
  return street.service.ask(id, { get: ['location'], timeoutSeconds: 60 })
}

async function mustAnswerAs(id: string, location: string, times: number): Promise<void> {
  for (let turn = 0; turn < times; turn++) {
    const { status, body } = await street.service.ask(id, { get: ['location'] })
    assert.deepEqual([status, Object(body).values?.location], [200, location], `turn ${turn}`)
  }
}

describe('ghosts', { concurrency: 3 }, () => {
  for (const role of cast.filter(({ client }) => client === 'strophe'))
    test(`pain 5: over ${role.transport} the new session gets everything, and the late end of the old one changes nothing`, async () => {
      const id = `ghost-${role.transport}`
      const { secret } = await street.enrol(id)
      await using wire = await openWire(street.url)
      const given = { role, domain: 'localhost', id, secret }
      await using old = await openStockDevice({ ...given, relayUrl: wire.url, objects: { location: 'old' } })
      await old.online()
      const { stateSinceAt } = await untilState(street.service, id, 'online')
      const words = await listen(id)
      await mustAnswerAs(id, 'old', 1)

      wire.set({ swallow: 'everything' })
      const lost = askTheGhost(id)
      await until('it was handed to the ghost', async () => (await lookAt(street.service, id)).suspect)
      await using fresh = await openStockDevice({
        ...given,
        relayUrl: street.url,
        resource: 'new',
        objects: { location: 'new' },
      })
      await fresh.online()
      await until('the new one stands', async () => !(await lookAt(street.service, id)).suspect)
      await mustAnswerAs(id, 'new', 10)
      const { outcome, body } = await lost
      assert.deepEqual(
        [outcome, Object(body).code],
        ['unknown', 'connection-lost'],
        'what the ghost has is told as it is',
      )

      // Now the old one ends for the relay to see: first its sockets, then whatever it still has to say.
      wire.cutAll()
      wire.set({ swallow: 'nothing' })
      old.process.signal('SIGTERM')
      await until('nothing comes from there any more', () => wire.counts.open === 0)
      await mustAnswerAs(id, 'new', 10)
      const look = await lookAt(street.service, id)
      assert.deepEqual([look.state, look.stateSinceAt, words], ['online', stateSinceAt, ['device.online']])
    })

  test('pain 5: an agent that comes back after a power cut is asked at once, though the relay never saw it go', async () => {
    const id = 'ghost-agent'
    await using wire = await openWire(street.url)
    const lobby = await street.openAgent({ id, relayUrl: wire.url, driver: 'virtual?location=here' })
    const { stateSinceAt } = await lookAt(street.service, id)
    const words = await listen(id)
    // The power goes: no FIN, no RST.
    wire.set({ swallow: 'everything' })
    await lobby.process.kill()
    const lost = askTheGhost(id)
    await until('it was handed to the ghost', async () => (await lookAt(street.service, id)).suspect)

    await using again = await startAgent(['--data', lobby.data, '--relay', street.url, '--id', id])
    await again.nextEvent('device.online')
    await mustAnswerAs(id, 'here', 5)
    assert.equal((await lost).outcome, 'unknown')
    wire.cutAll()
    await until('the last of the old connections is closed', () => wire.counts.open === 0)
    await mustAnswerAs(id, 'here', 5)
    assert.deepEqual([(await lookAt(street.service, id)).stateSinceAt, words], [stateSinceAt, ['device.online']])
    assert.equal((await again.stop()).code, 0)
    assert.equal((await untilState(street.service, id, 'offline')).reason, 'terminated')
  })
})
