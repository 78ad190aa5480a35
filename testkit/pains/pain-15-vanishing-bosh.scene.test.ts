/** Field note 15: BOSH sessions vanish; here one lives as long as was told, at any path and address, and a dead one is told at once. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type BoshAnswer,
  ns,
  readAnswer,
  renderBody,
  renderPlain,
  renderXml,
  saslElement,
  xml,
} from '@fairlead/protocol/xmpp'
import { lookAt, untilState } from '../device-look.ts'
import { openHttpWire } from '../http-wire.ts'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import { openNginx } from '../nginx.ts'
import { until } from '../until.ts'
import { openPoints } from './points.ts'

// Row by row: relay/xmpp/bosh-rows-7-time.test.ts; survival notifications for a session that is gone: testkit/a5-survival.scene.test.ts.

const [waitS, inactivityS] = [5, 3]

const scene = new AsyncDisposableStack()
let street: Neighbourhood
before(async () => {
  const times = ['--wait', `${waitS}`, '--inactivity', `${inactivityS}`, '--survival-timeout', '0']
  street = scene.use(await openNeighbourhood({ relay: [...times, '--trusted-proxies', '127.0.0.1/32'] }))
})
after(() => scene.disposeAsync())

/** A session in the test's hand: each request goes to the address and path that it is told. */
async function openSession(id: string) {
  const { secret } = await street.enrol(id)
  let rid = 5000
  let sid: string | undefined
  async function post(to: string, attributes: Record<string, string> = {}, payload = ''): Promise<BoshAnswer> {
    const body = renderBody({ sid, rid: rid++, ...attributes }, payload)
    // A connection of its own for each: nothing but the sid belongs to a session.
    const headers = { 'content-type': 'text/xml; charset=utf-8', connection: 'close' }
    const answer = await fetch(to, { method: 'POST', headers, body })
    return readAnswer(await answer.bytes())
  }
  const door = `${street.url}/http-bind`
  const created = await post(door, { to: 'localhost', wait: '50', hold: '1', ver: '1.11', 'xmpp:version': '1.0' })
  sid = created.sid
  await post(door, {}, renderXml(saslElement('auth', renderPlain({ user: id, secret }), 'PLAIN')))
  await post(door, { to: 'localhost', 'xmpp:restart': 'true' })
  const bind = xml('bind', ns.bind, {}, xml('resource', ns.bind, {}, 'hand'))
  await post(door, {}, renderXml(xml('iq', ns.client, { type: 'set', id: 'bind' }, bind)))
  return { created, sid, door, post }
}

describe('sessions', { concurrency: 4 }, () => {
  test('pain 15: the inactivity that was told is the one that holds, and polls put it off for ever', async () => {
    const id = 'told'
    const { created, door, post } = await openSession(id)
    assert.deepEqual([created.inactivity, created.wait], [inactivityS, waitS])
    const held = post(door)
    const { stateSinceAt } = await untilState(street.service, id, 'online')
    await held
    // A silence that is allowed, and a poll: from there it counts anew.
    await pause((inactivityS - 1) * 1000)
    assert.equal((await post(door)).type, undefined)
    const look = await lookAt(street.service, id)
    assert.deepEqual([look.state, look.stateSinceAt], ['online', stateSinceAt])
    // And not a second less than was told.
    const gone = await untilState(street.service, id, 'offline', 10_000)
    assert.equal(gone.reason, 'inactivity')
    const lastedMs = Date.parse(gone.stateSinceAt) - Date.parse(gone.lastSeenAt ?? '')
    assert.ok(lastedMs >= inactivityS * 1000 - 50, `${lastedMs} ms`)
    const startedAtMs = performance.now()
    const dead = await post(door)
    assert.deepEqual([dead.type, dead.condition], ['terminate', 'item-not-found'])
    assert.ok(performance.now() - startedAtMs < 2000, 'and who asks for it is told at once')
  })

  test('pain 15: a session goes on at another path, from another address, through a proxy: it needs no affinity', async () => {
    const id = 'wanderer'
    const { post } = await openSession(id)
    await using elsewhere = await openPoints(street.url, { from: '127.0.0.9' })
    await using nginx = await openNginx(street.url, { setUp: 'out-of-the-box' })
    const ways = [
      `${street.url}/http-bind`,
      `${elsewhere.url}/http-bind/`,
      `${nginx.url}/bosh`,
      `${street.url}/bosh/?x=1`,
    ]
    for (const way of [...ways, ...ways]) {
      const held = post(way)
      await until('it holds a request there', async () => (await lookAt(street.service, id)).state === 'online')
      const asked = await street.service.ask(id, { get: ['model'] }, { prefer: 'respond-async' })
      const answer = await held
      assert.equal(answer.type, undefined, way)
      assert.equal(answer.children.find(({ name }) => name === 'iq')?.attributes.get('id'), asked.requestId, way)
    }
  })

  test('pain 15: a sid that never was, and one that is over, are answered at once, and the same', async () => {
    const { post, door } = await openSession('leaver')
    assert.equal((await post(door, { type: 'terminate' })).type, 'terminate')
    const startedAtMs = performance.now()
    const [over, never] = [await post(door), await post(door, { sid: 'never-was' })]
    for (const dead of [over, never]) assert.deepEqual([dead.type, dead.condition], ['terminate', 'item-not-found'])
    assert.ok(performance.now() - startedAtMs < 2000)
  })

  test('pain 15: an agent does not ask on for a session that is over: it makes a new one', async () => {
    await using wire = await openHttpWire(street.url)
    await street.openAgent({ id: 'lobby', relayUrl: wire.url })
    const sidsOf = () =>
      wire.visits.map(({ body }) => /\bsid='([^']+)'/.exec(body)?.[1]).filter((sid) => sid !== undefined)
    const old = sidsOf().at(-1) ?? assert.fail('it has no session')
    wire.set({ loseRequestFraction: 1 })
    const gone = await untilState(street.service, 'lobby', 'offline', 15_000)
    assert.equal(gone.reason, 'inactivity')
    wire.set({ loseRequestFraction: 0 })
    const healed = wire.visits.length
    await untilState(street.service, 'lobby', 'online')
    const heard = wire.visits.slice(healed).filter(({ body, answered }) => answered && body.includes(`sid='${old}'`))
    assert.ok(heard.length <= 2, 'told once that it is over, for each request that was under way')
    const asked = await street.service.ask('lobby', { get: ['model'] })
    assert.equal(asked.status, 200)
    const last = sidsOf().slice(-3)
    assert.ok(!last.includes(old) && new Set(last).size === 1, 'one new session')
  })
})
