/** A10, N7: stock XMPP clients are devices, answer in the session, and come back after they were killed. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { cast, openStockDevice, type Role } from './cast/cast.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood

before(async () => {
  street = scene.use(await openNeighbourhood())
})
after(() => scene.disposeAsync())

async function showDevice(id: string): Promise<{ state: string; stateSinceAt: string; transport: string }> {
  return Object((await street.service.read(`/v1/devices/${id}`)).body)
}

async function open(role: Role, id: string, secret: string, objects: Record<string, unknown>) {
  const device = await openStockDevice({ role, relayUrl: street.url, domain: 'localhost', id, secret, objects })
  await device.online()
  return device
}

for (const role of cast)
  test(`A10 ${role.client} over ${role.transport} answers, is killed, comes back and answers`, async () => {
    const id = `${role.client}-${role.transport}`
    const { secret } = await street.enrol(id)
    const first = scene.use(await open(role, id, secret, { model: 'Stock', location: 'here' }))
    await until(`${id} is online`, async () => (await showDevice(id)).state === 'online')
    assert.equal((await showDevice(id)).transport, role.transport)
    const got = await street.service.ask(id, { get: ['model', 'mac'] })
    assert.deepEqual(Object(got.body).values, { model: 'Stock' })
    assert.equal(Object(got.body).errors.mac.code, 'unknown-object')
    const set = await street.service.ask(id, { set: { location: 'Büro <2> & "3" ☕' } })
    assert.deepEqual(Object(set.body).values, { location: 'Büro <2> & "3" ☕' })

    await first.process.kill()
    scene.use(await open(role, id, secret, { model: 'Stock again' }))
    // The relay may still take the dead one for alive; a request is never given to it and then lost in silence.
    const again = await until('the second one has answered', async () => {
      const { status, outcome, body } = await street.service.ask(id, { get: ['model'] })
      if (status === 200) return body
      assert.ok(status === 409 || outcome === 'unknown', `${status} ${outcome}`)
      return undefined
    })
    assert.deepEqual(Object(again).values, { model: 'Stock again' })
  })

/** strophe over BOSH has a tenth of a second between two requests of its own, and never says fifty things a second. */
const fast = cast.filter(({ client, transport }) => client !== 'strophe' || transport !== 'bosh')

for (const role of fast)
  test(`A10 S-D4 ${role.client} over ${role.transport} is asked as fast as it answers, and is not put out for its answers`, async () => {
    const id = `fast-${role.client}-${role.transport}`
    const { secret } = await street.enrol(id)
    const device = scene.use(await open(role, id, secret, { model: 'Stock' }))
    await until(`${id} is online`, async () => (await showDevice(id)).state === 'online')
    let left = 600
    const told = new Map<string, number>()
    const askOn = async () => {
      while (left-- > 0) {
        const { status, outcome, body } = await street.service.ask(id, { get: ['model'] })
        const words = status === 200 ? 'answered' : `${status} ${outcome} ${Object(body).detail}`
        told.set(words, (told.get(words) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: 8 }, askOn))
    const { stdout } = device.process.output()
    assert.deepEqual(
      [...told, stdout.split('"event":"online"').length],
      [['answered', 600], 2],
      `It logged in once: ${stdout}`,
    )
  })
