/** A12: objects by OID and by name, and A13: translation at the relay for devices that know only OIDs. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { cast, openStockDevice } from './cast/cast.ts'
import { openFolder } from './folder.ts'
import { openHandDevice } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { until } from './until.ts'

/** Rules of an operator for a made-up machine: an OID each, scaled, in words, with a unit, and a percent of two. */
const rules = `
- name: loom
  models: ["Loomix *"]
  objects:
    speed: { oid: 1.3.6.1.4.1.32473.1.1, scale: 0.1 }
    status: { oid: 1.3.6.1.4.1.32473.1.2, words: { 1: idle, 2: weaving } }
    pages: { oid: 1.3.6.1.4.1.32473.1.3, unit: metres }
    yarn: { percent: { level: 1.3.6.1.4.1.32473.1.4, capacity: 1.3.6.1.4.1.32473.1.5 } }
`

const scene = new AsyncDisposableStack()
let street: Neighbourhood

before(async () => {
  const folder = scene.use(await openFolder())
  const models = join(folder.path, 'models.yaml')
  await writeFile(models, rules)
  street = scene.use(await openNeighbourhood({ relay: ['--models', models] }))
})
after(() => scene.disposeAsync())

async function isOnline(id: string): Promise<boolean> {
  return Object((await street.service.read(`/v1/devices/${id}`)).body).state === 'online'
}

async function get(id: string, objects: string[]): Promise<Record<string, unknown>> {
  const { status, body } = await street.service.ask(id, { get: objects })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(Object(body).errors, {})
  return Object(body).values
}

test('A12 what a device says that it has taken is what is known of it, with and without a key', async () => {
  await street.openAgent({ id: 'named', driver: 'virtual?location=here' })
  const known = async (object: string) =>
    Object((await street.service.read('/v1/devices/named')).body).objects[object]?.value
  await street.service.ask('named', { set: { location: 'there', contact: 'Ann' } })
  await until('it is known', async () => (await known('location')) === 'there' && (await known('contact')) === 'Ann')
  await street.service.ask('named', { set: { location: 'yonder' } }, { 'idempotency-key': 'k1' })
  assert.equal(await known('location'), 'yonder', 'what is stored is stored with its outcome')
  const refused = await street.service.ask('named', { set: { serial: 'mine' } })
  assert.equal(Object(refused.body).errors.serial.code, 'read-only')
  assert.notEqual(await known('serial'), 'mine')
})

test('A12 an agent answers by name, by OID of the standard MIBs, and both at once', async () => {
  const driver = 'virtual?toner.black=17&pages=34910&location=here&mac=00:00:5e:00:53:01&serial=VX-1&status=idle'
  await street.openAgent({ id: 'mfp', driver })
  assert.deepEqual(
    await get('mfp', ['toner.black', 'pages', 'location', 'mac', 'serial', 'status', '1.3.6.1.2.1.43.10.2.1.4.1.1']),
    {
      'toner.black': 17,
      pages: { value: 34910, unit: 'impressions' },
      location: 'here',
      mac: '00:00:5e:00:53:01',
      serial: 'VX-1',
      status: 'idle',
      '1.3.6.1.2.1.43.10.2.1.4.1.1': 34910,
    },
  )
  const set = await street.service.ask('mfp', { set: { '1.3.6.1.2.1.1.6.0': 'there' } })
  assert.deepEqual(Object(set.body).values, { '1.3.6.1.2.1.1.6.0': 'there' })
  assert.deepEqual(await get('mfp', ['location']), { location: 'there' })
})

test('A12 every object that the device prints can be asked for, and an object it has not is an error, never null', async () => {
  const printed = ['model', 'firmware', 'ip', 'alerts', 'supplies', 'trays', 'addresses', 'name', 'contact']
  const values = await get('mfp', printed)
  assert.deepEqual(Object.keys(values).sort(), printed.sort())
  for (const [name, value] of Object.entries(values)) assert.notEqual(value, null, name)
  const { body } = await street.service.ask('mfp', { get: ['ink.cyan', '1.3.6.1.4.1.32473.9'] })
  assert.deepEqual(Object(body).values, {})
  assert.equal(Object(body).errors['ink.cyan'].code, 'unknown-object')
  assert.equal(Object(body).errors['1.3.6.1.4.1.32473.9'].code, 'unknown-object')
})

test('A12 a name that is neither an OID nor a name is refused before anything is sent', async () => {
  for (const name of ['.1.3.6', '1.3.6.', '1..3', 'two words', '', '1.3.4294967296', '__proto__', 'a'.repeat(129)]) {
    const { status, outcome, body } = await street.service.ask('mfp', { get: [name] })
    assert.deepEqual([status, outcome, Object(body).code], [400, 'rejected', 'invalid-request'], name)
  }
})

test("A13 a stock client that knows only OIDs is asked and set by names, with the operator's own rules", async () => {
  const [, role] = cast
  const { secret } = Object((await street.service.post('/v1/devices', { id: 'loom', model: 'Loomix 3' })).body)
  const objects = {
    '1.3.6.1.4.1.32473.1.1': 125,
    '1.3.6.1.4.1.32473.1.2': 2,
    '1.3.6.1.4.1.32473.1.3': 800,
    '1.3.6.1.4.1.32473.1.4': 30,
    '1.3.6.1.4.1.32473.1.5': 120,
  }
  const settings = { role, relayUrl: street.url, domain: 'localhost', id: 'loom', secret, objects }
  const device = scene.use(await openStockDevice(settings))
  await device.online()
  await until('the loom is online', () => isOnline('loom'))
  assert.deepEqual(await get('loom', ['speed', 'status', 'pages', 'yarn', '1.3.6.1.4.1.32473.1.1']), {
    speed: 12.5,
    status: 'weaving',
    pages: { value: 800, unit: 'metres' },
    yarn: 25,
    '1.3.6.1.4.1.32473.1.1': 125,
  })
  const set = await street.service.ask('loom', { set: { speed: 9.5, status: 'idle' } })
  assert.deepEqual(Object(set.body).values, { speed: 9.5, status: 'idle' })
  const said = JSON.stringify(device.process.output().stdout)
  assert.ok(said.includes('1.3.6.1.4.1.32473.1.1'))
  assert.ok(!said.includes('speed'), 'the name reached the device')
  const { body } = await street.service.ask('loom', { get: ['colour'] })
  assert.equal(Object(body).errors.colour.code, 'unknown-object')
})

test('A13 a device that says that it knows only OIDs is translated for by the built-in rules', async () => {
  await street.openAgent({ id: 'plain', driver: 'virtual?names=off&toner.black=61&pages=12&location=attic' })
  assert.deepEqual(await get('plain', ['toner.black', 'pages', 'location', '1.3.6.1.2.1.1.6.0']), {
    'toner.black': 61,
    pages: { value: 12, unit: 'impressions' },
    location: 'attic',
    '1.3.6.1.2.1.1.6.0': 'attic',
  })
  const there = await street.service.ask('plain', { set: { location: 'cellar' } })
  assert.deepEqual(Object(there.body).values, { location: 'cellar' })

  const { secret } = await street.enrol('oids')
  const device = scene.use(await openHandDevice({ relayUrl: street.url, id: 'oids', secret }))
  await device.call('/device/v1/register', { capabilities: { features: ['oids-only'] } })
  device.serve(({ request }) => {
    const names = request.get ?? Object.keys(request.set ?? {})
    return { values: Object.fromEntries(names.map((name) => [name, request.set?.[name] ?? toldFor(name)])), errors: {} }
  })
  await until('the device is online', () => isOnline('oids'))
  assert.deepEqual(await get('oids', ['toner.black', 'pages', 'status', 'location']), {
    'toner.black': 50,
    pages: { value: 9, unit: 'impressions' },
    status: 'idle',
    location: '1.3.6.1.2.1.1.6.0',
  })
  const set = await street.service.ask('oids', { set: { location: 'cellar' } })
  assert.deepEqual(Object(set.body).values, { location: 'cellar' })
})

test('A13 an answer comes back by the rules that its push went by, whatever the device registers in between', async () => {
  const { secret } = await street.enrol('changed')
  const device = scene.use(await openHandDevice({ relayUrl: street.url, id: 'changed', secret }))
  const register = (features: string[]) => device.call('/device/v1/register', { capabilities: { features } })
  const told = { location: 'attic' }

  for (const [before, after, values] of [
    ['oids-only', 'object-names', { '1.3.6.1.2.1.1.6.0': 'attic' }],
    ['object-names', 'oids-only', { location: 'attic' }],
  ] as const) {
    await register([before])
    const held = device.hold()
    await until('the device is online', () => isOnline('changed'))
    const reply = street.service.ask('changed', { get: ['location'] })
    const [pushed] = await held
    assert.deepEqual(pushed?.request.get, Object.keys(values))
    await register([after])
    assert.equal(await device.answer(pushed.requestId, { values }), 200)
    const { status, body } = await reply
    assert.equal(status, 200)
    assert.deepEqual([Object(body).values, Object(body).errors], [told, {}])
  }
})

/** What the OIDs-only device has: numbers for counters and levels, else the OID itself. */
function toldFor(oid: string): unknown {
  if (oid === '1.3.6.1.2.1.43.11.1.1.9.1.1') return 60
  if (oid === '1.3.6.1.2.1.43.11.1.1.8.1.1') return 120
  if (oid === '1.3.6.1.2.1.43.10.2.1.4.1.1') return 9
  if (oid === '1.3.6.1.2.1.25.3.5.1.1.1') return 3
  return oid
}

test('A13 an agent understands the names itself, whatever its model: it is asked as the service asked', async () => {
  await street.openAgent({ id: 'laser', driver: 'virtual?model=HP LaserJet 4250&pages=77&toner.black=5' })
  assert.deepEqual(await get('laser', ['pages', 'toner.black']), {
    pages: { value: 77, unit: 'impressions' },
    'toner.black': 5,
  })
  const { body } = await street.service.read('/v1/devices?capability=object-names')
  const ids = Object(body).items.map(({ id }: { id: string }) => id)
  assert.ok(ids.includes('laser') && !ids.includes('plain'), ids.join())
})
