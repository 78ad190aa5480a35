/** A7: a service asks over HTTP which devices there are, and gets their IDs. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openHandDevice } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { createService } from './service.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let tenantKey: string

/** Enrolled, and what each says of itself when it registers. */
const cast = [
  {
    enrol: { id: 'lobby', tags: ['floor-1', 'colour'] },
    tells: { serial: 'ABC-0001', model: 'Corona 9', features: ['duplex', 'staple'], media: ['iso_a4_210x297mm'] },
  },
  {
    enrol: { id: 'cellar', tags: ['floor-0', 'colour'] },
    tells: { serial: 'XYZ-0002', model: 'Corona 7', features: ['duplex'], media: ['na_letter_8.5x11in'] },
  },
  { enrol: { id: 'attic', tags: ['floor-1'], model: 'Typed by hand' } },
  { enrol: { id: 'rival', account: 'rivals', tags: ['floor-1'] }, tells: { serial: 'ABC-0001', model: 'Corona 9' } },
]

before(async () => {
  street = scene.use(await openNeighbourhood())
  const { service, url: relayUrl } = street
  await service.post('/v1/accounts', { id: 'rivals' })
  tenantKey = Object((await service.post('/v1/keys', { account: 'rivals' })).body).key
  for (const { enrol, tells } of cast) {
    const { secret } = Object((await service.post('/v1/devices', enrol)).body)
    if (!tells) continue
    const device = scene.use(await openHandDevice({ relayUrl, id: enrol.id, secret }))
    const { status } = await device.call('/device/v1/register', { capabilities: tells })
    assert.equal(status, 200)
    // The cellar has registered and is not connected.
    if (enrol.id !== 'cellar') device.serve(() => ({ values: {} }))
  }
  await until('both are online', async () => (await idsFor('state=online')).length === 2)
})
after(() => scene.disposeAsync())

async function idsFor(query: string, key = street.adminKey): Promise<string[]> {
  const { status, body } = await createService(street.url, key).read(`/v1/devices?${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  return Object(body).items.map(({ id }: { id: string }) => id)
}

const questions: [string, string[]][] = [
  ['', ['attic', 'cellar', 'lobby', 'rival']],
  ['account=default', ['attic', 'cellar', 'lobby']],
  ['account=rivals', ['rival']],
  ['account=nobody', []],
  ['serial=abc-0001', ['lobby', 'rival']],
  ['serial=ABC-0001&account=default', ['lobby']],
  ['serial=abc-000', []],
  ['model=corona%209', ['lobby', 'rival']],
  ['model=Typed%20by%20hand', ['attic']],
  ['tag=floor-1', ['attic', 'lobby', 'rival']],
  ['tag=floor-1&tag=colour', ['lobby']],
  ['capability=duplex', ['cellar', 'lobby']],
  ['capability=duplex&capability=iso_a4_210x297mm', ['lobby']],
  ['state=online', ['lobby', 'rival']],
  ['state=offline', ['attic', 'cellar']],
  ['state=asleep', []],
  ['q=corona', ['cellar', 'lobby', 'rival']],
  ['q=CORONA%20abc', ['lobby', 'rival']],
  ['q=floor-0', ['cellar']],
  ['tag=colour&state=online&capability=staple&q=lob', ['lobby']],
]

for (const [query, ids] of questions)
  test(`A7 the inquiry ?${query} gives ${ids.join(', ') || 'nothing'}`, async () => {
    assert.deepEqual(await idsFor(query), ids)
  })

test("A7 a tenant's key finds its own devices, whatever it asks for", async () => {
  assert.deepEqual(await idsFor('', tenantKey), ['rival'])
  assert.deepEqual(await idsFor('serial=abc-0001', tenantKey), ['rival'])
  assert.deepEqual(await idsFor('account=default', tenantKey), [])
  assert.deepEqual(await idsFor('q=lobby', tenantKey), [])
})

test('A7 the pages of a long answer hold each device once', async () => {
  const seen: string[] = []
  let cursor = ''
  for (let page = 0; page < cast.length; page++) {
    const { body } = await street.service.read(`/v1/devices?limit=1${cursor}`)
    const { items, nextCursor } = Object(body)
    assert.equal(items.length, 1)
    seen.push(items[0].id)
    if (nextCursor === null) break
    cursor = `&cursor=${encodeURIComponent(nextCursor)}`
  }
  assert.deepEqual(seen, ['attic', 'cellar', 'lobby', 'rival'])
})

test('A7 a filter that there is not, or a state, is refused rather than ignored', async () => {
  for (const query of ['colour=red', 'state=ready', 'limit=0', 'limit=501', 'cursor=made-up', 'model=']) {
    const { status, body } = await street.service.read(`/v1/devices?${query}`)
    assert.equal(status, 400, query)
    assert.equal(Object(body).code, 'invalid-request')
  }
})
