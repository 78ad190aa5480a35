/** A3: a device may open a session while the old one stands; the new one wins, and nothing that waited is lost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, openStockDevice } from './cast/cast.ts'
import { countSessions, lookAt, untilState } from './device-look.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { openRawDevice, type Pushed, pushesIn, type RawDevice } from './raw-device.ts'
import { until } from './until.ts'

const times = ['--wait', '5', '--inactivity', '10', '--survival-timeout', '0', '--management-timeout', '15']

type Fate = { outcome: string; values?: object }

/** Accepted, and it waits: for a device that is ONLINE and holds no request just now. @returns its request ID */
async function ask(street: Neighbourhood, object: string): Promise<string> {
  const reply = await street.service.ask('lobby', { get: [object] }, { prefer: 'respond-async' })
  assert.equal(reply.status, 202, JSON.stringify(reply.body))
  return reply.requestId ?? assert.fail('no request ID')
}

function untilFate(street: Neighbourhood, requestId: string): Promise<Fate> {
  return until(`${requestId} is over`, async () => {
    const fate = (await street.service.read(`/v1/requests/${requestId}`)).body as Fate
    return fate.outcome !== 'pending' && fate
  })
}

/** Opens connections until so many requests have come. */
async function receive(device: RawDevice, count: number): Promise<Pushed[]> {
  const got: Pushed[] = []
  while (got.length < count) got.push(...pushesIn(await device.send()))
  return got
}

async function answer(device: RawDevice, { id, request }: Pushed): Promise<void> {
  const [object = ''] = request['get'] as string[]
  assert.equal(await device.respond(id, { values: { [object]: `of ${object}` }, errors: {} }), 200)
}

test('A3 what waited for the old session comes over the new one, in order, and the old one is over', async () => {
  await using street = await openNeighbourhood({ relay: times })
  const { secret } = await street.enrol('lobby')
  const given = { relayUrl: street.url, id: 'lobby', secret }
  const old = await openRawDevice({ ...given, resource: 'old' })
  const held = old.send()
  const { stateSinceAt } = await untilState(street.service, 'lobby', 'online')
  const spent = await ask(street, 'name')
  // The held request is spent on this one: whatever comes from now on has to wait for the next.
  for (const pushed of pushesIn(await held)) await answer(old, pushed)
  assert.equal((await untilFate(street, spent)).outcome, 'answered')
  const objects = ['model', 'location', 'contact']
  const waiting = [await ask(street, 'model'), await ask(street, 'location'), await ask(street, 'contact')]

  const fresh = await openRawDevice({ ...given, resource: 'new' })
  assert.notEqual(fresh.sid, old.sid)
  const got = await receive(fresh, 3)
  assert.deepEqual(
    got.map(({ id }) => id),
    waiting,
  )
  for (const pushed of got) await answer(fresh, pushed)
  for (const [at, requestId] of waiting.entries()) {
    const { outcome, values } = await untilFate(street, requestId)
    const object = objects[at] ?? ''
    assert.deepEqual([outcome, values], ['answered', { [object]: `of ${object}` }])
  }
  assert.equal((await old.send()).type, 'terminate')
  assert.equal(await countSessions(street.url, 'bosh'), 1)
  const look = await lookAt(street.service, 'lobby')
  // Field note 5: the late end of an old session must not mark the new one offline.
  assert.deepEqual([look.state, look.stateSinceAt], ['online', stateSinceAt])
})

test('A3 what was pushed on the old session may be answered after the new one has taken over', async () => {
  await using street = await openNeighbourhood({ relay: times })
  const { secret } = await street.enrol('lobby')
  const given = { relayUrl: street.url, id: 'lobby', secret }
  const old = await openRawDevice(given)
  const held = old.send()
  await untilState(street.service, 'lobby', 'online')
  const requestId = await ask(street, 'name')
  const [pushed = assert.fail('nothing was pushed')] = pushesIn(await held)
  const fresh = await openRawDevice(given)
  const connection = fresh.send()
  await until('the new session stands alone', async () => (await countSessions(street.url, 'bosh')) === 1)
  await answer(fresh, pushed)
  assert.equal((await untilFate(street, requestId)).outcome, 'answered')
  fresh.vanish()
  await assert.rejects(connection)
})

for (const role of cast.filter(({ client }) => client === 'strophe')) {
  test(`A3 a second ${role.client} over ${role.transport} takes over, and no request is lost but the one that was with the first`, async () => {
    await using street = await openNeighbourhood({ relay: times })
    const { secret } = await street.enrol('lobby')
    const given = { role, relayUrl: street.url, domain: 'localhost', id: 'lobby', secret }
    await using old = await openStockDevice({ ...given, objects: { name: 'old' }, resource: 'old' })
    await old.online()
    await untilState(street.service, 'lobby', 'online')

    const names: string[] = []
    const asking = (async () => {
      while (names.at(-1) !== 'new') {
        const { outcome, body } = await street.service.ask('lobby', { get: ['name'] })
        names.push(Object(body).values?.name ?? outcome)
      }
    })()
    await until('the old one answers', () => names.includes('old'))
    await using fresh = await openStockDevice({ ...given, objects: { name: 'new' }, resource: 'new' })
    await Promise.all([fresh.online(), old.gone(), asking])
    // The one that was with the old device in that moment, if any, is told as what it is.
    const inOrder = names.filter((name, at) => name !== names[at - 1]).join(', ')
    assert.match(inOrder, /^old, (unknown, )?new$/)
    assert.ok(names.filter((name) => name === 'unknown').length <= 1, inOrder)
    assert.equal(await countSessions(street.url, role.transport), 1)
  })
}
