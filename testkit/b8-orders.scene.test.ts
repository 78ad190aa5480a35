/** B7, B8: black toner runs low, and exactly one cartridge is ordered: after the press at the device, on evidence, whatever dies meanwhile. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, suite, test } from 'node:test'
import { makeFactoryCode } from '@fairlead/protocol/contract'
import { openCluster } from './cluster.ts'
import { openEventStream } from './event-stream.ts'
import { openFolder } from './folder.ts'
import { joinByHand, openHandDevice } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { startHouseFile } from './process.ts'
import { createService, type Service } from './service.ts'
import { until } from './until.ts'
import { openWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts'

const relay = [
  ...['--webhook-networks', '127.0.0.0/8', '--read-every', '5'],
  ...['--max-failed-claims-of-network', '1000'],
]
const street = await openNeighbourhood({ relay })
after(() => street[Symbol.asyncDispose]())

const low = { object: 'toner.black', op: '<=', value: 20 }
const apartMs = 5_000

async function subscribe(service: Service, receiver: WebhookReceiver, more: object = {}): Promise<string> {
  const order = { name: 'black toner', conditions: [low], webhook: { url: receiver.url }, ...more }
  const { status, body } = await service.post('/v1/subscriptions', order)
  assert.equal(status, 201, JSON.stringify(body))
  const { subscriptionId, webhook } = Object(body)
  assert.match(webhook.secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  receiver.trust(webhook.secret)
  return subscriptionId
}

async function ordersOf(service: Service, device: string) {
  return Object((await service.read(`/v1/orders?device=${device}`)).body).items
}

async function readingsOf(service: Service, device: string, object = 'toner.black') {
  return Object((await service.read(`/v1/devices/${device}/readings?object=${object}`)).body).items
}

/** Two readings of this value that lie far enough apart. */
function agreedOn(service: Service, device: string, value: unknown): Promise<unknown> {
  return until(`two readings of ${value}`, async () => {
    const { value: newest, at, untilAt } = (await readingsOf(service, device)).at(-1) ?? {}
    return newest === value && Date.parse(untilAt) - Date.parse(at) >= apartMs
  })
}

/** A device that is led by hand and holds no connection: nobody can ask it, so it is known by what it tells alone. */
async function openTeller(home: Pick<Neighbourhood, 'url' | 'service'>, id: string) {
  const { body } = await home.service.post('/v1/devices', { id })
  const authorization = `Basic ${Buffer.from(`${id}:${Object(body).secret}`).toString('base64')}`
  let told = 0
  return async (values: Record<string, unknown>, relayUrl = home.url) => {
    const event = { id: `${id}-${++told}`, type: 'objects', at: new Date().toISOString(), values }
    const events = JSON.stringify({ events: [event] })
    const { status } = await fetch(`${relayUrl}/device/v1/events`, {
      method: 'POST',
      headers: { authorization },
      body: events,
    })
    assert.equal(status, 200)
  }
}

/** By the clock that readings are told by. */
async function passes(ms: number): Promise<void> {
  const untilAt = Date.now() + ms
  await until('time has passed', () => Date.now() >= untilAt)
}

const consent = (service: Service, device: string) => service.call('PUT', `/v1/devices/${device}/consent`)

// Most of each is waiting for the moments that lie between two readings.
suite('orders', { concurrency: true }, () => {
  test('B5 B7 B8 a claimed agent prints: nothing before the press, one order after it, none again for the same cartridge, one for the next', async () => {
    await using folder = await openFolder()
    await using receiver = await openWebhookReceiver()
    const { url } = street
    await street.service.post('/v1/accounts', { id: 'home' })
    const { key } = Object((await street.service.post('/v1/keys', { account: 'home' })).body)
    const service = createService(url, key)
    const code = makeFactoryCode(randomBytes(10))
    const driver = 'virtual?toner.black=40&pagesPerCartridge=20'
    const options = ['--relay', url, '--id', 'lobby', '--code', code, '--driver', driver, '--data', folder.path]
    await using agent = await startHouseFile('cli/main.ts', ['agent', ...options, '--listen', '127.0.0.1:0'])
    const { url: panelUrl } = await agent.nextEvent('agent.ready')
    const subscriptionId = await subscribe(service, receiver)

    async function claim(): Promise<string> {
      const claimed = await until('it waits to be claimed', async () => {
        const { status, body } = await service.post('/v1/claims', { code })
        return status === 201 && Object(body).claimId
      })
      // The agent itself may not notice that it was between two owners.
      await until('it has connected as theirs', async () => {
        return Object((await service.read('/v1/devices/lobby')).body).state === 'online'
      })
      return claimed
    }
    async function press(): Promise<void> {
      const field = /action="\/confirm">\s*<input type="hidden" name="token" value="([^"]+)"/
      const token = await until('the panel asks', async () => {
        return field.exec(await (await fetch(String(panelUrl))).text())?.[1]
      })
      const body = new URLSearchParams({ token })
      assert.equal((await fetch(`${panelUrl}/confirm`, { method: 'POST', body, redirect: 'manual' })).status, 303)
    }

    const claimId = await claim()
    const printed = await service.ask('lobby', { command: 'print', arguments: { pages: 5 } })
    assert.equal(printed.status, 200, JSON.stringify(printed.body))
    await agreedOn(service, 'lobby', 15)
    assert.deepEqual(await ordersOf(service, 'lobby'), [], 'nobody has pressed the button yet')

    await using stream = await openEventStream({ relayUrl: url, key, query: 'type=order.changed' })
    await press()
    const [order] = await until('it is delivered', async () => {
      const orders = await ordersOf(service, 'lobby')
      return orders[0]?.state === 'taken' && orders
    })
    assert.deepEqual([order.object, order.value, order.life], ['toner.black', 15, 1])
    assert.deepEqual([order.subscriptionId, order.account], [subscriptionId, 'home'])
    assert.equal(order.tries.length, 1)
    const words = order.reasons.join('\n')
    for (const fact of [claimId, 'second registration state', 'confirmed it there', 'toner.black <= 20', '15 at 20'])
      assert.ok(words.includes(fact), `${fact}: ${words}`)
    const [claimed, confirmed, condition, cartridge] = order.facts
    assert.deepEqual([claimed.claimId, confirmed.kind], [claimId, 'confirmed'])
    assert.deepEqual([condition.condition.op, condition.readings[0].value], ['<=', 15])
    assert.ok(words.includes(condition.readings[1].at), 'the sentences say the same')
    assert.deepEqual([cartridge.kind, cartridge.life], ['cartridge', 1])
    const [told] = receiver.ofType('order.created')
    assert.ok(told)
    const { at, ...body } = told.body
    const { orderId, reasons } = order
    const facts = { orderId, device: 'lobby', account: 'home', object: 'toner.black', value: 15, reasons }
    assert.deepEqual([told.id, at], [orderId, order.createdAt])
    assert.deepEqual(body, { type: 'order.created', ...facts })
    assert.deepEqual((await service.read(`/v1/orders/${orderId}`)).body, order)
    for (const state of ['waiting', 'taken']) assert.deepEqual((await stream.next()).data['state'], state)

    // Given away, and claimed again: it is the same cartridge.
    assert.equal((await service.post('/v1/devices/lobby/release', {})).status, 200)
    const again = await claim()
    await press()
    await until('it is confirmed', async () => {
      return Object((await service.read(`/v1/claims/${again}`)).body).state === 'instructed'
    })
    await service.ask('lobby', { command: 'refill', arguments: { 'toner.black': 12 } })
    await agreedOn(service, 'lobby', 12)
    assert.equal((await ordersOf(service, 'lobby')).length, 1, 'the same cartridge')

    await service.ask('lobby', { command: 'refill', arguments: { 'toner.black': 100 } })
    await agreedOn(service, 'lobby', 100)
    await service.ask('lobby', { command: 'refill', arguments: { 'toner.black': 9 } })
    const [second] = await until('the next is delivered', async () => {
      const orders = await ordersOf(service, 'lobby')
      return orders.length === 2 && orders[0].state === 'taken' && orders
    })
    assert.deepEqual([second.life, second.value], [2, 9])
    assert.equal(receiver.ofType('order.created').length, 2)
    assert.deepEqual(receiver.forged, [])
    const pages = await readingsOf(service, 'lobby', 'pages')
    assert.deepEqual(pages.at(-1).value, { value: 5, unit: 'impressions' })
  })

  test('B8 without a claim the owner’s consent is wanted; one reading is not enough, nor are two that come at once, and unknown is not low', async () => {
    await using receiver = await openWebhookReceiver()
    const { service } = street
    const tell = await openTeller(street, 'told')
    await subscribe(service, receiver, { device: 'told' })
    await tell({ 'toner.black': 10 })
    await passes(apartMs)
    await tell({ 'toner.black': 10 })
    const given = await consent(service, 'told')
    assert.deepEqual([given.status, Object(given.body).givenBy], [200, 'admin'])
    assert.deepEqual((await consent(service, 'told')).body, given.body, 'given again it stays as it was')
    const orders = () => ordersOf(service, 'told')
    assert.deepEqual(await orders(), [], 'what was read before the consent is no evidence')
    for (const value of [10, 10, 'unknown', 11]) await tell({ 'toner.black': value })
    assert.deepEqual(await orders(), [])
    await passes(apartMs)
    await tell({ 'toner.black': 'some' })
    await tell({ 'toner.black': 11 })
    await passes(apartMs)
    await tell({ 'toner.black': 2 })
    assert.deepEqual(await orders(), [], '11 and 2 do not agree')
    await passes(apartMs)
    await tell({ 'toner.black': 1 })
    const [order] = await orders()
    assert.deepEqual([order.value, order.life], [1, 1])
    assert.ok(order.reasons[0].includes('the admin'), order.reasons[0])
    await until('it is delivered', async () => receiver.ofType('order.created').length === 1)
    await passes(apartMs)
    await tell({ 'toner.black': 1 })
    assert.equal((await orders()).length, 1)
    const values = (await readingsOf(service, 'told')).map(({ value }: { value: unknown }) => value)
    assert.deepEqual(values, [10, 'unknown', 11, 'some', 11, 2, 1])
  })

  test('B8 a subscription that is paused orders nothing, and gathers its evidence anew; it can be tried, rotated and removed', async () => {
    await using receiver = await openWebhookReceiver()
    const { service } = street
    const tell = await openTeller(street, 'paused')
    const id = await subscribe(service, receiver, { device: 'paused' })
    const at = `/v1/subscriptions/${id}`
    assert.deepEqual(Object((await service.post(`${at}/test`, {})).body).status, 204)
    const { secret } = Object((await service.post(`${at}/rotate`, {})).body)
    await service.post(`${at}/test`, {})
    assert.deepEqual(receiver.forged, [], 'for a day the secret before is good as well')
    receiver.trust(secret)
    assert.deepEqual([receiver.ofType('ping').length, receiver.ofType('ping')[0]?.body['subscriptionId']], [2, id])

    await consent(service, 'paused')
    assert.equal(Object((await service.call('PATCH', at, { paused: true })).body).paused, true)
    await tell({ 'toner.black': 5 })
    await passes(apartMs)
    await tell({ 'toner.black': 5 })
    await service.call('PATCH', at, { paused: false })
    await tell({ 'toner.black': 5 })
    assert.deepEqual(await ordersOf(service, 'paused'), [])
    receiver.answerWith(503)
    await passes(apartMs)
    await tell({ 'toner.black': 5 })
    await until('it was tried', async () => (await ordersOf(service, 'paused'))[0]?.tries.length > 0)
    assert.equal((await service.call('DELETE', at)).status, 204)
    const [order] = await ordersOf(service, 'paused')
    assert.equal(order.state, 'failed')
    assert.equal(order.tries[0].status, 503)
    assert.match(order.tries.at(-1).error, /removed/)
    assert.equal((await service.read(at)).status, 404)
    assert.equal((await service.call('DELETE', '/v1/devices/paused/consent')).status, 204)
    const { items } = Object((await service.read('/v1/audit?device=paused')).body)
    const told = items.map(
      ({ action, actor }: { action: string; actor: { kind: string } }) => `${action} ${actor.kind}`,
    )
    assert.deepEqual(told.reverse(), [
      ...['device.enrolled admin', 'subscription.made admin', 'subscription.rotated admin', 'consent.given admin'],
      ...['subscription.changed admin', 'subscription.changed admin', 'order.made relay', 'subscription.removed admin'],
      'consent.withdrawn admin',
    ])
  })

  test('S-W2 a webhook to a private network is refused, and a redirect is not followed', async () => {
    const { service } = street
    for (const url of ['http://10.0.0.1/', 'http://169.254.169.254/latest', 'http://[::1]:80/', 'http://0xa.1/']) {
      const order = { name: 'bad', conditions: [low], webhook: { url } }
      const { status, body } = await service.post('/v1/subscriptions', order)
      assert.deepEqual([status, Object(body).code], [400, 'invalid-request'], url)
      assert.match(Object(body).detail, /--webhook-networks/)
    }
    await using receiver = await openWebhookReceiver()
    const id = await subscribe(service, receiver, { conditions: [{ ...low, object: 'toner.cyan' }] })
    receiver.answerWith(307)
    const { body } = await service.post(`/v1/subscriptions/${id}/test`, {})
    assert.match(Object(body).error, /redirects are not followed/)
    await service.call('DELETE', `/v1/subscriptions/${id}`)
  })

  test('B8 a relay that is killed between order and delivery: one order, delivered under one ID once its receiver is back', async () => {
    await using own = await openNeighbourhood({ relay })
    await using receiver = await openWebhookReceiver()
    const tell = await openTeller(own, 'killed')
    await subscribe(own.service, receiver)
    await consent(own.service, 'killed')
    await receiver.close()
    await tell({ 'toner.black': 7 })
    await own.restartRelay('SIGKILL')
    await passes(apartMs)
    await tell({ 'toner.black': 7 })
    const tried = await until('it was tried', async () => {
      const [order] = await ordersOf(own.service, 'killed')
      return order?.tries.length > 0 && order
    })
    assert.equal(tried.state, 'waiting')
    assert.match(tried.tries[0].error, /ECONNREFUSED/)
    await own.restartRelay('SIGKILL')
    receiver.answerWith(undefined)
    await receiver.open()
    await until('it holds the call', () => receiver.received.length > 0)
    await own.restartRelay('SIGKILL')
    receiver.answerWith(204)
    await until('it is delivered', async () => (await ordersOf(own.service, 'killed'))[0].state === 'taken')
    await passes(apartMs)
    await tell({ 'toner.black': 6 })
    assert.equal((await ordersOf(own.service, 'killed')).length, 1)
    assert.deepEqual([...new Set(receiver.received.map(({ id }) => id))], [tried.orderId])
    assert.deepEqual(receiver.forged, [])
  })

  test('B7 a device that has printed is asked what it has left, and one that has nothing new is left in peace', async () => {
    await using own = await openNeighbourhood({ relay: ['--webhook-networks', '127.0.0.0/8'] })
    await using receiver = await openWebhookReceiver()
    await using hand = await joinByHand(own, 'prints')
    const asked: (string[] | undefined)[] = []
    hand.serve(({ request }) => {
      asked.push(request.get)
      return { values: { 'toner.black': 50, pages: { value: 7, unit: 'impressions' } }, errors: {} }
    })
    await until('it is online', async () => {
      return Object((await own.service.read('/v1/devices/prints')).body).state === 'online'
    })
    await using stream = await openEventStream({ relayUrl: own.url, key: own.adminKey, query: 'device=prints' })
    await subscribe(own.service, receiver, { device: 'prints' })
    await until('it is asked, for somebody waits', () => asked.length === 1)
    assert.deepEqual(asked, [['pages', 'toner.black']])
    await passes(apartMs)
    const printed = { id: 'p1', type: 'printed', at: new Date().toISOString(), pages: 3 }
    for (let times = 0; times < 3; times++) await hand.call('/device/v1/events', { events: [printed] })
    await until('it is asked again', () => asked.length === 2)
    const types = [(await stream.next()).type]
    while (types.at(-1) !== 'device.event') types.push((await stream.next()).type)
    assert.ok(!types.includes('request.finished'), 'what the relay asks for itself is no event')
    const [counted] = await readingsOf(own.service, 'prints', 'printed')
    assert.deepEqual([counted.value, counted.source], [3, 'event'], 'a repeat does no harm')
    await until('both are one reading', async () => {
      const [reading, more] = await readingsOf(own.service, 'prints')
      return reading.untilAt > reading.at && more === undefined && reading.source === 'poll'
    })
    await passes(apartMs)
    assert.equal(asked.length, 2)
    await hand.leave()
  })

  test('B7 B8 what an agent tells by itself is ordered within seconds, however seldom the relay asks', async () => {
    await using own = await openNeighbourhood({ relay: ['--webhook-networks', '127.0.0.0/8'] })
    await using receiver = await openWebhookReceiver()
    await subscribe(own.service, receiver)
    const driver = 'virtual?toner.black=40&pagesPerCartridge=20'
    await own.openAgent({ id: 'soon', driver, agent: ['--look-every', '1'] })
    await consent(own.service, 'soon')
    await until('it has been asked', async () => (await readingsOf(own.service, 'soon')).at(-1)?.value === 40)
    await passes(apartMs)
    const startedMs = Date.now()
    await own.service.ask('soon', { command: 'print', arguments: { pages: 5 } })
    await until('it is delivered', async () => (await ordersOf(own.service, 'soon'))[0]?.state === 'taken')
    assert.ok(Date.now() - startedMs < 4 * apartMs, 'the next turn would have been in a quarter of an hour')
    const [reading] = (await readingsOf(own.service, 'soon')).slice(-1)
    assert.deepEqual([reading.value, reading.source], [15, 'event'], 'told first; asked a second time it read the same')
  })

  test('N6 B8 two nodes hear of it at once: one order; a device of another tenant is not looked at', async () => {
    await using cluster = await openCluster({ nodes: 2, relay })
    await using receiver = await openWebhookReceiver()
    const [here, there] = cluster.nodes.map(({ url }) => ({ url, service: createService(url, cluster.adminKey) }))
    assert.ok(here && there)
    const { service } = here
    await service.post('/v1/accounts', { id: 'others' })
    await subscribe(service, receiver)
    await subscribe(service, receiver, { account: 'others' })
    const { body } = await service.post('/v1/devices', { id: 'shared' })
    assert.equal((await consent(there.service, 'shared')).status, 200)
    const { secret } = Object(body)
    await using hand = await openHandDevice({ relayUrl: there.url, id: 'shared', secret })
    hand.serve(() => ({ values: { 'toner.black': 4 }, errors: { pages: { code: 'unknown-object', message: '' } } }))
    let told = 0
    const tell = async (relayUrl: string) => {
      const event = { id: `e${told++}`, type: 'objects', at: new Date().toISOString(), values: { 'toner.black': 4 } }
      const authorization = `Basic ${Buffer.from(`shared:${secret}`).toString('base64')}`
      const headers = { authorization }
      const sent = { method: 'POST', headers, body: JSON.stringify({ events: [event] }) }
      assert.equal((await fetch(`${relayUrl}/device/v1/events`, sent)).status, 200)
    }
    const tellAll = () => Promise.all(Array.from({ length: 20 }, (_, at) => tell(at % 2 ? here.url : there.url)))
    await tellAll()
    await passes(apartMs)
    await tellAll()
    for (const node of [here, there])
      await until('it is delivered', async () => (await ordersOf(node.service, 'shared'))[0]?.state === 'taken')
    const sources = (await readingsOf(there.service, 'shared')).map(({ source }: { source: string }) => source)
    assert.equal(sources.length, 1, 'all of them read the same')
    await until('the node that has the device asks it', async () => {
      const { untilAt } = (await readingsOf(here.service, 'shared')).at(-1)
      return Date.parse(untilAt) > Date.now() - 1_000
    })
    assert.equal((await ordersOf(here.service, 'shared')).length, 1)
    assert.equal(receiver.ofType('order.created').length, 1)
    await hand.leave()
  })
})
