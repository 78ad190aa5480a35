/** Field note 4: the online badge lies, both ways; here list, events and what a request meets say the same, after a mass disconnect too. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openEventStream } from '../event-stream.ts'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import { until } from '../until.ts'
import { openWire, type Wire } from '../wire.ts'
import { type Fleet, listIds, openFleet, untilOnline } from './fleet.ts'

// A device that sleeps between its polls stays ONLINE: testkit/a6-management.scene.test.ts.

const count = 50
const times = ['--wait', '20', '--inactivity', '5', '--survival-timeout', '0', '--management-timeout', '30']

interface Change {
  type: string
  device: string
  seq: number
}

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let wire: Wire
let fleet: Fleet
/** Every change that was told since the beginning, over restarts of the relay too. */
const told: Change[] = []

before(async () => {
  street = scene.use(await openNeighbourhood({ relay: times }))
  wire = scene.use(await openWire(street.url))
  await listen()
  fleet = scene.use(await openFleet(street, count, wire.url))
})
after(() => scene.disposeAsync())

/** Goes on where it was. */
async function listen(): Promise<void> {
  const last = told.at(-1)
  const source = { relayUrl: street.url, key: street.adminKey, ...(last && { lastEventId: String(last.seq) }) }
  const stream = scene.use(await openEventStream(source))
  void (async () => {
    for (;;) {
      const { id, type, data } = await stream.next()
      assert.notEqual(type, 'reset')
      if (type === 'device.online' || type === 'device.offline')
        told.push({ type, device: String(data['device']), seq: Number(id) })
    }
    // The stream ends with its relay, or with the scene.
  })().catch(() => {})
}

const toldOf = (id: string) => told.filter(({ device }) => device === id)

/** Waits until as many changes were told as there should be, and looks at each of them and at the list. */
async function mustAgree(changesEach: number, state: 'online' | 'offline'): Promise<void> {
  await until(`${changesEach * count} changes are told`, () => told.length >= changesEach * count)
  assert.deepEqual((await listIds(street, state)).sort(), [...fleet.ids])
  const metrics = await (await fetch(`${street.url}/metrics`)).text()
  assert.match(metrics, new RegExp(`^fairlead_devices\\{state="${state}"\\} ${count}$`, 'm'))
  const seqs = told.map(({ seq }) => seq)
  assert.deepEqual(
    seqs,
    [...new Set(seqs)].sort((one, other) => one - other),
    'in order, none twice',
  )
  for (const id of fleet.ids) {
    const types = toldOf(id).map(({ type }) => type)
    const alternating = types.map((_, at) => (at % 2 === 0 ? 'device.online' : 'device.offline'))
    assert.deepEqual([types.length, types], [changesEach, alternating], id)
    assert.equal(types.at(-1), `device.${state}`)
  }
}

/** What the badge promises is what a request meets. */
async function mustMeet(status: 200 | 409): Promise<void> {
  const replies = await Promise.all(fleet.ids.map((id) => street.service.ask(id, { get: ['model'] })))
  assert.deepEqual([...new Set(replies.map((reply) => reply.status))], [status])
}

test('pain 4: all come: each is told once, and the list agrees', async () => {
  await mustAgree(1, 'online')
  await mustMeet(200)
})

test('pain 4: a blip in which every connection breaks is nobody going: nothing is told, nothing changes', async () => {
  const before = wire.counts.connections
  wire.cutAll()
  await until('all have connected again', () => wire.counts.connections >= before + count)
  await mustMeet(200)
  await mustAgree(1, 'online')
})

test('pain 4: all go at once: each is told once, with the list, and no request is let through to nobody', async () => {
  await fleet.kill()
  await until('the last is gone', async () => (await listIds(street, 'online')).length === 0)
  await mustAgree(2, 'offline')
  await mustMeet(409)
})

test('pain 4: all come back', async () => {
  await fleet.start()
  await mustAgree(3, 'online')
  await mustMeet(200)
})

test('pain 4: over a way that died unseen the badge says that it is not sure, while a request waits for a sign of life', async () => {
  const [id = ''] = fleet.ids
  wire.set({ swallow: 'everything' })
  const asking = street.service.ask(id, { get: ['model'], timeoutSeconds: 3 })
  await until('it is suspect', async () => Object((await street.service.read(`/v1/devices/${id}`)).body).suspect)
  assert.equal((await asking).outcome, 'unknown')
  wire.set({ swallow: 'nothing' })
  wire.cutAll()
  await untilOnline(street, count)
  await until('it answers', async () => (await street.service.ask(id, { get: ['model'] })).status === 200)
})

test('pain 4: after a crash of the relay the badge is true again, and no change is missing in between', async () => {
  await street.restartRelay('SIGKILL')
  await listen()
  await untilOnline(street, count)
  await mustMeet(200)
  await until('the last change of each is that it came', () =>
    fleet.ids.every((id) => toldOf(id).at(-1)?.type === 'device.online'),
  )
  for (const id of fleet.ids) {
    const types = toldOf(id).map(({ type }) => type)
    const isAlternating = types.every((type, at) => type !== types[at - 1])
    assert.ok(isAlternating, `${id}: ${types.join(' ')}`)
  }
})
