/** I7 a device that logs in while the record is away has one session, the newest, wherever it comes next. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCluster } from './cluster.ts'
import { openRawDevice, pushesIn } from './raw-device.ts'
import { createService } from './service.ts'
import { readHolders } from './soak/owners.ts'
import { until } from './until.ts'

test('I7 6.12 logged in at one node after another without the record, a device is at the last of them, and at one node only when the record is back', async () => {
  await using cluster = await openCluster()
  const { postgres, nats } = cluster.servers
  const { body } = await createService(cluster.url, cluster.adminKey).post('/v1/devices', { id: 'lobby' })
  const holders = async () => (await readHolders(nats.monitorUrl)).get('lobby') ?? []
  const urlOf = (at: number) => cluster.nodes[at % 3]?.url ?? assert.fail('there is no such node')
  const devices: { vanish(): void }[] = []

  /** A device of its own, as it were, that nobody tells of the ones before. */
  async function logIn(at: number): Promise<void> {
    const device = await openRawDevice({ relayUrl: urlOf(at), id: 'lobby', secret: Object(body).secret })
    devices.push(device)
    let held = device.send()
    for (const asker of [at, at + 1, at + 2]) {
      const service = createService(urlOf(asker), cluster.adminKey)
      const asking = service.ask('lobby', { get: ['model'], timeoutSeconds: 20 })
      const [push] = pushesIn(await held)
      assert.ok(push, 'it is asked where it is now')
      held = device.send()
      assert.equal(await device.respond(push.id, { values: { model: `at ${at}` }, errors: {} }), 200)
      const reply = await asking
      assert.deepEqual([reply.status, Object(reply.body).values], [200, { model: `at ${at}` }])
    }
    held.catch(() => undefined)
    await until('one node has it', async () => (await holders()).length === 1, 10_000)
  }

  await logIn(0)
  await postgres.kill()
  await logIn(1)
  await logIn(2)
  await logIn(1)
  await postgres.start()
  await until(
    'the record is back',
    async () => {
      const made = await createService(cluster.url, cluster.adminKey).post('/v1/devices', { id: 'another' })
      return made.status === 201
    },
    30_000,
  )
  await logIn(0)
  await logIn(2)
  for (const device of devices) device.vanish()
})
