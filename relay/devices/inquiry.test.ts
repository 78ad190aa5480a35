/** A7: which devices are there? */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceInquiry } from '@fairlead/protocol/contract'
import { acme, admin, anyDevice, openWorld, refusal, rival } from './for-tests.ts'

async function fleet() {
  const world = await openWorld()
  const { devices } = world
  await devices.enrol(acme, { id: 'a1', model: 'Laser 9', tags: ['hall', 'colour'] })
  await devices.enrol(acme, { id: 'a2', model: 'Laser 9', tags: ['hall'] })
  await devices.enrol(acme, { id: 'a3', model: 'Inky', tags: ['cellar'] })
  await devices.enrol(rival, { id: 'r1', model: 'Laser 9', tags: ['hall'] })
  const capable = { serial: 'SN-001', features: ['duplex', 'staple'], media: ['a4'] }
  const objects = { 'toner.black': 7, location: 'Hall 1', color: true, trays: [{ level: 1 }], name: 'x'.repeat(2_000) }
  await devices.register('a1', { capabilities: capable, objects })
  await devices.register('a2', {
    capabilities: { serial: 'sn-002', features: ['duplex'], media: ['a3'] },
    objects: { 'toner.black': 55.5, location: "O'Hara" },
  })
  await devices.register('a3', { objects: { 'toner.black': 'some' } })
  await devices.register('r1', { objects: { 'toner.black': 1 } })
  world.presences.set('a2', {
    state: 'online',
    stateSinceAt: 0,
    reason: undefined,
    suspect: false,
    lastSeenAt: 0,
    address: undefined,
    transport: 'bosh',
  })
  const ask = async (inquiry: Partial<DeviceInquiry>, caller = acme) =>
    (await devices.inquire(caller, { ...anyDevice, ...inquiry })).items.map(({ id }) => id).join(' ')
  return { ...world, ask }
}

test('without a filter an account hears of its own devices, the admin of all', async () => {
  await using world = await fleet()
  assert.equal(await world.ask({}), 'a1 a2 a3')
  assert.equal(await world.ask({}, rival), 'r1')
  assert.equal(await world.ask({}, admin), 'a1 a2 a3 r1')
})

const filters: [Partial<DeviceInquiry>, string][] = [
  [{ account: 'acme' }, 'a1 a2 a3'],
  [{ account: 'rival' }, ''],
  [{ id: 'A2' }, 'a2'],
  [{ id: '*' }, 'a1 a2 a3'],
  [{ id: 'r1' }, ''],
  [{ serial: 'SN-001' }, 'a1'],
  [{ serial: 'SN-002' }, 'a2'],
  [{ serial: 'sn-0' }, ''],
  [{ model: 'laser 9' }, 'a1 a2'],
  [{ model: 'Laser' }, ''],
  [{ model: 'las*' }, 'a1 a2'],
  [{ model: '*R *' }, 'a1 a2'],
  [{ tag: ['hall'] }, 'a1 a2'],
  [{ tag: ['hall', 'colour'] }, 'a1'],
  [{ capability: ['duplex'] }, 'a1 a2'],
  [{ capability: ['a4'] }, 'a1'],
  [{ capability: ['duplex', 'a3'] }, 'a2'],
  [{ state: 'online' }, 'a2'],
  [{ state: 'offline' }, 'a1 a3'],
  [{ state: 'asleep' }, ''],
  [{ q: 'sn-0' }, 'a1 a2'],
  [{ q: 'LASER hall a1' }, 'a1'],
  [{ q: 'cellar' }, 'a3'],
  [{ where: ['toner.black<20'] }, 'a1'],
  [{ where: ['toner.black>=55.5'] }, 'a2'],
  [{ where: ['toner.black!=8'] }, 'a1 a2'],
  [{ where: ['toner.black<1e308'] }, 'a1 a2'],
  [{ where: ['toner.black=SOME'] }, 'a3'],
  [{ where: ['location=hall*'] }, 'a1'],
  [{ where: ['location!=hall*'] }, 'a2'],
  [{ where: ["location=o'hara"] }, 'a2'],
  [{ where: ["location=' OR 1=1 --"] }, ''],
  [{ where: ['location=%'] }, ''],
  [{ where: ['color=true'] }, 'a1'],
  [{ where: ['trays!=x', 'name!=x'] }, ''],
  [{ where: ['nothing.such<20'] }, ''],
  [{ where: ['toner.black>1', 'location=*'], tag: ['hall'], state: 'online' }, 'a2'],
  [{ where: ['toner.black<20'], account: 'rival' }, ''],
  [{ model: 'Laser 9', tag: ['hall'], capability: ['duplex'], state: 'online', q: 'a2', account: 'acme' }, 'a2'],
  [{ model: 'Inky', tag: ['hall'] }, ''],
]

test('A7 filters are joined by AND', async () => {
  await using world = await fleet()
  for (const [inquiry, ids] of filters) assert.equal(await world.ask(inquiry), ids, JSON.stringify(inquiry))
})

test('devices are counted by state, those that fit and that the caller may see', async () => {
  await using world = await fleet()
  const { devices } = world
  assert.deepEqual(await devices.countByState(acme, {}), { online: 1, offline: 2, asleep: 0 })
  assert.deepEqual(await devices.countByState(acme, { tag: ['hall'] }), { online: 1, offline: 1, asleep: 0 })
  assert.deepEqual(await devices.countByState(acme, { where: ['toner.black>=7'] }), {
    ...{ online: 1, offline: 1, asleep: 0 },
  })
  assert.deepEqual(await devices.countByState(acme, { q: 'cellar' }), { online: 0, offline: 1, asleep: 0 })
  assert.deepEqual(await devices.countByState(acme, { account: 'rival' }), { online: 0, offline: 0, asleep: 0 })
  assert.deepEqual(await devices.countByState(admin, {}), { online: 1, offline: 3, asleep: 0 })
  assert.deepEqual(await devices.countByState(admin, { account: 'rival' }), { online: 0, offline: 1, asleep: 0 })
})

test('the admin may name an account', async () => {
  await using world = await fleet()
  assert.equal(await world.ask({ account: 'rival' }, admin), 'r1')
  assert.equal(await world.ask({ account: 'nobody' }, admin), '')
})

test('pages follow each other, with a filter too', async () => {
  await using world = await fleet()
  const first = await world.devices.inquire(acme, { limit: 1, tag: ['hall'] })
  assert.deepEqual([first.items.map(({ id }) => id), typeof first.nextCursor], [['a1'], 'string'])
  const second = await world.devices.inquire(acme, { limit: 1, tag: ['hall'], cursor: first.nextCursor ?? '' })
  assert.deepEqual([second.items.map(({ id }) => id), second.nextCursor], [['a2'], null])
})

test('pages of a filter over an object follow each other, and end', async () => {
  await using world = await fleet()
  const where = ['toner.black>=0']
  const first = await world.devices.inquire(acme, { limit: 1, where })
  assert.deepEqual([first.items.map(({ id }) => id), typeof first.nextCursor], [['a1'], 'string'])
  const second = await world.devices.inquire(acme, { limit: 1, where, cursor: first.nextCursor ?? '' })
  assert.deepEqual([second.items.map(({ id }) => id), second.nextCursor], [['a2'], null])
  await assert.rejects(world.devices.inquire(acme, { limit: 1, where, cursor: 'nonsense' }), refusal('invalid-request'))
})

test('more devices than are looked up at once are all looked at', async () => {
  await using world = await fleet()
  const { devices, database } = world
  const ids = Array.from({ length: 1_100 }, (_, number) => `m${String(number).padStart(4, '0')}`)
  const [sample] = await database.read.selectFrom('device').selectAll().where('id', '=', 'r1').execute()
  assert.ok(sample)
  await database.write(async ({ sql }) => {
    for (let at = 0; at < ids.length; at += 100) {
      const some = ids.slice(at, at + 100)
      await sql
        .insertInto('device')
        .values(some.map((id) => ({ ...sample, id })))
        .execute()
      const levels = some.map((device, index) => ({
        device,
        name: 'ink.cyan',
        value: String((at + index) % 100),
        at: 0,
      }))
      await sql.insertInto('device_object').values(levels).execute()
    }
  })
  await devices.learn(ids)
  const low = await devices.inquire(rival, { limit: 500, where: ['ink.cyan<2'] })
  assert.deepEqual([low.items.length, low.items.at(-1)?.id, low.nextCursor], [22, 'm1001', null])
  const { offline } = await devices.countByState(rival, { where: ['ink.cyan>=50'] })
  assert.equal(offline, 550)
})

test('a search is completed with what the account has, and with nothing else', async () => {
  await using world = await fleet()
  await world.devices.enrol(rival, { id: 'r2', model: 'Secret', tags: ['secret'] })
  await world.devices.register('r2', { objects: { secret: 1 } })
  assert.deepEqual(await world.devices.words(acme), {
    tags: ['cellar', 'colour', 'hall'],
    models: ['Inky', 'Laser 9'],
    objects: ['location', 'toner.black'],
  })
  assert.deepEqual((await world.devices.words(rival)).objects, ['secret', 'toner.black'])
})

test('tags are added and removed beside whoever else does so', async () => {
  await using world = await fleet()
  const { devices } = world
  const numbers = Array.from({ length: 20 }, (_, number) => `n-${number}`)
  await Promise.all(numbers.map((tag) => devices.change(acme, 'a2', { addTags: [tag], removeTags: ['nothing'] })))
  const { tags } = await devices.change(acme, 'a2', { removeTags: ['hall'] })
  assert.deepEqual(tags.sort(), [...numbers].sort())
  const tooMany = Array.from({ length: 13 }, (_, number) => `m-${number}`)
  await assert.rejects(devices.change(acme, 'a2', { addTags: tooMany }), refusal('invalid-request'))
  assert.equal(devices.find('a2')?.tags.length, 20)
  assert.deepEqual((await devices.change(acme, 'a2', { tags: ['one'], addTags: ['two'] })).tags, ['one', 'two'])
})

test('a cursor that was never given out is invalid-request', async () => {
  await using world = await fleet()
  await assert.rejects(world.devices.inquire(acme, { limit: 1, cursor: 'nonsense' }), refusal('invalid-request'))
})
