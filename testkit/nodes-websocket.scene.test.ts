/** N6 6.7 R-15: nodes leave and die, and devices on WebSockets go on with the streams that they have (XEP-0198). */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { openBusWire } from './bus-wire.ts'
import { openStockDevice, type StockDevice } from './cast/cast.ts'
import { type ClusterOptions, openCluster, openClusterServers } from './cluster.ts'
import { cutOff } from './fleet.ts'
import { type LastingStreet, openLastingStreet } from './lasting-street.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { createService, type Service } from './service.ts'
import { until } from './until.ts'
import { openWebSocketDevice } from './websocket-device.ts'

const servers = await openClusterServers()
after(() => servers[Symbol.asyncDispose]())

async function openStreet(options: ClusterOptions = {}) {
  const cluster = await openCluster({ servers, ...options })
  const services = cluster.nodes.map(({ url }) => createService(url, cluster.adminKey))
  const at = <Item>(items: readonly Item[], place: number): Item => items[place] ?? assert.fail('three nodes')
  return {
    cluster,
    service: (place: number): Service => at(services, place),
    node: (place: number) => at(cluster.nodes, place),
    async enrol(id: string): Promise<string> {
      const { status, body } = await at(services, 2).post('/v1/devices', { id })
      assert.equal(status, 201, JSON.stringify(body))
      return Object(body).secret
    },
    /** Bound and managed. */
    async connect(place: number, id: string, secret: string) {
      const device = await openWebSocketDevice(at(cluster.nodes, place).url, id, secret)
      await device.bind()
      return { device, previd: await device.manage() }
    },
    /** What a log-in wrote down reaches the disk a moment later, for which nobody waits. */
    async untilKept(count: number): Promise<void> {
      await until('every stream is written down', async () => {
        const [row] = await servers.postgres.run('select count(*)::int as n from session', cluster.databaseUrl)
        return row?.['n'] === count
      })
    },
    async eventsOf(device: string): Promise<unknown[]> {
      const found = await servers.postgres.run(`select type from event where device = '${device}'`, cluster.databaseUrl)
      return found.map(({ type }) => type).filter((type) => String(type).startsWith('device.o'))
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
}

const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
const here = { set: { location: 'here' }, timeoutSeconds: 25 }
const values = { location: 'here' }

test('N6 a leaving node waits for the answer in hand, and what is asked meanwhile follows the device', async () => {
  await using street = await openStreet()
  const secret = await street.enrol('ws')
  const { device, previd } = await street.connect(0, 'ws', secret)
  const inHand = street.service(1).ask('ws', here)
  const first = await device.nextPush()
  const stopping = street.node(0).stop('SIGTERM')
  const log = () => street.node(0).process().output().stderr
  await until('it leaves', () => log().includes('relay.draining'))
  const told: string[] = []
  const meanwhile = [1, 1, 2].map(async (place) => {
    const { status, outcome, body } = await street.service(place).ask('ws', here)
    told.push(`${status} ${outcome} ${JSON.stringify(body)}`)
    return `${status} ${outcome}`
  })
  device.answer(first, values)
  assert.deepEqual([(await inHand).status, (await inHand).outcome], [200, 'answered'])

  assert.equal(await device.closed, 1012)
  assert.equal(
    device.heard.some((text) => /^<close|error/.test(text)),
    false,
    'a stream that is closed is over',
  )
  const again = await openWebSocketDevice(street.node(1).url, 'ws', secret)
  assert.match(await again.resume(previd, 1), /^<resumed .*h='1'/)
  // Over HTTP, where the device is: those that were asked there may have been to the leaving node and back.
  for (let taken = 0; taken < meanwhile.length; taken++) {
    const requestId = await again.nextPush().catch((error) => assert.fail(`${error}; told: ${told.join(', ')}`))
    const path = `/device/v1/responses/${requestId}`
    const headers = { authorization: basic('ws', secret) }
    const answer = () => street.service(1).call('POST', path, { values, errors: {} }, headers)
    // While the other node goes nobody knows for a moment whether it still waits: a device says it again then.
    // And not only when the leaving node has given up, ten seconds later.
    await until('its answer is taken', async () => (await answer()).status === 200, 8_000)
  }
  assert.deepEqual(new Set(await Promise.all(meanwhile)), new Set(['200 answered']), told.join(', '))
  await stopping
  const asked = street.service(2).ask('ws', here)
  again.answer(await again.nextPush(), values)
  assert.equal((await asked).outcome, 'answered')
  assert.equal(again.heard.filter((text) => text.includes('<request ')).length, 4, 'the first one is not sent again')
  assert.deepEqual(await street.eventsOf('ws'), ['device.online'], 'it was never away')
  again.socket.terminate()
})

test('N6 a request that outlasts its leaving node is answered over the resumed stream; one that was lost is sent again', async () => {
  await using street = await openStreet()
  const [slow, deaf] = [await street.enrol('slow'), await street.enrol('deaf')]
  const { device: atWork, previd } = await street.connect(0, 'slow', slow)
  const { device: lossy, previd: other } = await street.connect(0, 'deaf', deaf)
  const asking = [street.service(1).ask('slow', here), street.service(1).ask('deaf', here)]
  const requestId = await atWork.nextPush()
  const lost = await lossy.nextPush()
  const stopping = street.node(0).stop('SIGTERM')
  await Promise.all([atWork.closed, lossy.closed])
  const again = await openWebSocketDevice(street.node(1).url, 'slow', slow)
  assert.match(await again.resume(previd, 1), /^<resumed/)
  again.answer(requestId, values)
  // This one says that it never had it.
  const retold = await openWebSocketDevice(street.node(2).url, 'deaf', deaf)
  assert.match(await retold.resume(other, 0), /^<resumed/)
  assert.equal(await retold.nextPush(), lost)
  retold.answer(lost, values)
  for (const { status, outcome } of await Promise.all(asking)) assert.deepEqual([status, outcome], [200, 'answered'])
  assert.equal(
    again.heard.some((text) => text.includes('<request ')),
    false,
    'what it has had is not sent again',
  )
  await stopping
  for (const device of [again, retold]) device.socket.terminate()
})

test('N6 a device without stream management is told to go, and is on its way until it has logged in elsewhere', async () => {
  await using street = await openStreet()
  const secret = await street.enrol('plain')
  const device = await openWebSocketDevice(street.node(0).url, 'plain', secret)
  await device.bind()
  const stopping = street.node(0).stop('SIGTERM')
  await device.closed
  assert.match(device.heard.at(-2) ?? '', /system-shutdown/)
  assert.match(device.heard.at(-1) ?? '', /^<close/)
  const asking = street.service(1).ask('plain', here)
  const again = await openWebSocketDevice(street.node(2).url, 'plain', secret)
  await again.bind()
  again.answer(await again.nextPush(), values)
  assert.equal((await asking).outcome, 'answered')
  await stopping
  again.socket.terminate()
})

test('6.7 a node is killed: its streams are resumed at the others at once, and outcomes stay true', async () => {
  await using street = await openStreet()
  const secret = await street.enrol('ws')
  const { device, previd } = await street.connect(0, 'ws', secret)
  // It is told how many of its stanzas are handled when that is on disk.
  device.send("<presence xmlns='jabber:client'/>")
  assert.match(await device.say("<r xmlns='urn:xmpp:sm:3'/>", /^<a /), /h='1'/)
  const keyed = { 'idempotency-key': 'once' }
  const asking = street.service(1).ask('ws', here, keyed)
  const requestId = await device.nextPush()
  await street.node(0).stop('SIGKILL')
  await device.closed

  const again = await openWebSocketDevice(street.node(1).url, 'ws', secret)
  assert.match(await again.resume(previd, 1), /^<resumed .*h='1'/)
  const asked = street.service(2).ask('ws', here)
  const second = await again.nextPush()
  assert.notEqual(second, requestId, 'what it has had is not sent again')
  again.answer(second, values)
  assert.equal((await asked).outcome, 'answered')

  assert.deepEqual([(await asking).status, (await asking).outcome], [502, 'unknown'])
  // It was done all the same, and says so.
  again.answer(requestId, values)
  await until('what became of it is told', async () => {
    const { body } = await street.service(2).read(`/v1/requests/${requestId}`)
    return Object(body).outcome === 'answered'
  })
  assert.deepEqual(await street.eventsOf('ws'), ['device.online'], 'it was never away')

  // Two sockets at two nodes ask for it at once: it goes on once.
  again.socket.terminate()
  const both = await Promise.all([1, 2].map((place) => openWebSocketDevice(street.node(place).url, 'ws', secret)))
  await Promise.all(both.map((one) => one.resume(previd, 2)))
  const last = street.service(1).ask('ws', here)
  const open = await until('it is at one of them', () =>
    both.find(({ heard }) => heard.some((text) => text.includes('<request '))),
  )
  open.answer(await open.nextPush(), values)
  assert.equal((await last).outcome, 'answered')
  for (const one of both) one.socket.terminate()
})

test('6.12 the bus breaks for a moment between a stream and its socket: the device resumes, and has all that was said', async () => {
  await using wire = await openBusWire(servers)
  await using street = await openStreet({ place: wire.place })
  const secret = await street.enrol('ws')
  const { device, previd } = await street.connect(0, 'ws', secret)
  device.socket.terminate()
  const moved = await openWebSocketDevice(street.node(1).url, 'ws', secret)
  assert.match(await moved.resume(previd, 0), /^<resumed/)

  // Longer than all that nodes say to each other until they notice that nothing is carried.
  const long = { location: 'here'.repeat(5_000) }
  wire.set({ swallow: 'to-relay' })
  const asking = street.service(0).ask('ws', { set: long, timeoutSeconds: 25 })
  await until('it is on its way to the socket', () => wire.counts.swallowed > 20_000)
  wire.cutAll()
  wire.set({ swallow: 'nothing' })
  await until('its socket is cut', () => moved.socket.readyState === moved.socket.CLOSED, 10_000)
  const again = await openWebSocketDevice(street.node(2).url, 'ws', secret)
  assert.match(await again.resume(previd, 0), /^<resumed/)
  again.answer(await again.nextPush(), long)
  assert.deepEqual([(await asking).status, (await asking).outcome], [200, 'answered'])
  assert.deepEqual(await street.eventsOf('ws'), ['device.online'], 'it was never away')
  again.socket.terminate()
})

/** Six devices of two makers, whose log-ins and resumptions are counted. */
async function openStock(street: Awaited<ReturnType<typeof openStreet>>, building: AsyncDisposableStack) {
  const ids = Array.from({ length: 6 }, (_, at) => `stock-${at}`)
  const devices: StockDevice[] = []
  for (const [at, id] of ids.entries())
    devices.push(
      building.use(
        await openStockDevice({
          role: { client: at % 2 === 0 ? 'stanza' : 'xmpp-js', transport: 'websocket' },
          relayUrl: street.cluster.url,
          domain: 'localhost',
          id,
          secret: await street.enrol(id),
          objects: { model: 'Stock' },
          comesBack: true,
        }),
      ),
    )
  await Promise.all(devices.map((device) => device.online()))
  const service = createService(street.cluster.url, street.cluster.adminKey)
  const count = (event: string) =>
    devices.map(({ process }) => process.output().stdout.split(`"event":"${event}"`).length - 1)
  const ask = async (id: string) => {
    const { status, outcome, body } = await service.ask(id, { get: ['model'] })
    return outcome === 'not-sent' ? `${status} ${outcome}: ${id}: ${Object(body).detail}` : `${status} ${outcome}`
  }
  await until('all are answered', async () => (await Promise.all(ids.map(ask))).every((one) => one === '200 answered'))
  await street.untilKept(ids.length)
  return { ids, ask, logIns: () => count('online'), resumptions: () => count('resumed') }
}

test('R-15 every node is stopped and comes back under load: stock clients resume, nothing that is asked fails', async () => {
  await using street = await openStreet()
  await using building = new AsyncDisposableStack()
  const stock = await openStock(street, building)
  const answers: string[] = []
  let isOver = false
  const asking = Promise.all(
    stock.ids.map(async (id) => {
      // So that the restarts are what keeps the nodes busy.
      for (; !isOver; await pause(100)) answers.push(await stock.ask(id))
    }),
  )
  for (const node of street.cluster.nodes) {
    await node.stop('SIGTERM')
    const sofar = answers.length
    await until('they are answered without it', () => answers.length > sofar + 100, 60_000)
    await node.start()
  }
  isOver = true
  await asking
  assert.deepEqual(
    stock.logIns(),
    stock.ids.map(() => 1),
    'nobody logs in anew',
  )
  assert.ok(stock.resumptions().reduce((one, other) => one + other) >= stock.ids.length, String(stock.resumptions()))
  const failed = answers.filter((answer) => answer !== '200 answered' && answer !== cutOff)
  assert.deepEqual(failed, [], `of ${answers.length} answers; the balancer: ${await street.cluster.complaints()}`)
})

test('6.7 a node is killed: stock clients on it resume elsewhere, and none binds anew', async () => {
  await using street = await openStreet()
  await using building = new AsyncDisposableStack()
  const stock = await openStock(street, building)
  await street.node(1).stop('SIGKILL')
  await until('all are answered again', async () =>
    (await Promise.all(stock.ids.map(stock.ask))).every((answer) => answer === '200 answered'),
  )
  assert.deepEqual(
    stock.logIns(),
    stock.ids.map(() => 1),
    'nobody logs in anew',
  )
  // The balancer gave each node two of them.
  assert.ok(stock.resumptions().reduce((one, other) => one + other) >= 1, String(stock.resumptions()))
})

/** R-15: at least 95 of 100 go on. */
function mostGoOn(lasting: LastingStreet, context: { diagnostic(text: string): void }): void {
  const { resumed, anew } = lasting.figures()
  context.diagnostic(`${resumed} streams went on, ${anew} devices logged in anew`)
  assert.ok(resumed > 0)
  assert.ok(resumed >= 19 * anew, `${resumed} streams went on, ${anew} devices logged in anew`)
}

test('R-15 forty streams over the restart of every node: they go on, and no request fails', async (context) => {
  await using street = await openStreet()
  const service = createService(street.cluster.url, street.cluster.adminKey)
  await using lasting = await openLastingStreet(40, { url: street.cluster.url, service, enrol: street.enrol })
  await lasting.allAnswer()
  for (const node of street.cluster.nodes) {
    await node.stop('SIGTERM')
    await lasting.allAnswer()
    await node.start()
  }
  const outcomes = await lasting.stopAsking()
  mostGoOn(lasting, context)
  lasting.checkOutcomes()
  const total = [...outcomes.values()].reduce((one, other) => one + other)
  const failed = [...outcomes].filter(([outcome]) => outcome !== '200 answered' && outcome !== cutOff)
  assert.deepEqual(failed, [], `of ${total} answers; the balancer: ${await street.cluster.complaints()}`)
  const cut = outcomes.get(cutOff) ?? 0
  context.diagnostic(`${cut} of ${total} requests were cut off at the balancer`)
  assert.ok(cut <= total / 20, `${cut} of ${total} requests were cut off at the balancer`)
})

test('6.7 R-15 forty streams over the death of a node: they go on at the others, and outcomes are true', async (context) => {
  await using street = await openStreet()
  const service = createService(street.cluster.url, street.cluster.adminKey)
  await using lasting = await openLastingStreet(40, { url: street.cluster.url, service, enrol: street.enrol })
  await lasting.allAnswer()
  await street.untilKept(lasting.devices.length)
  await street.node(1).stop('SIGKILL')
  // What a node that was killed had in hand is not known.
  await lasting.allAnswer(street.service(0))
  context.diagnostic(JSON.stringify([...(await lasting.stopAsking())]))
  mostGoOn(lasting, context)
  lasting.checkOutcomes()
})

test('6.7 R-15 forty streams on one relay that is killed and started again: they go on, and outcomes are true', async (context) => {
  await using street = await openNeighbourhood()
  const enrol = async (id: string) => (await street.enrol(id)).secret
  await using lasting = await openLastingStreet(40, { url: street.url, service: street.service, enrol })
  await lasting.allAnswer()
  await street.restartRelay('SIGKILL')
  await lasting.allAnswer()
  context.diagnostic(JSON.stringify([...(await lasting.stopAsking())]))
  mostGoOn(lasting, context)
  lasting.checkOutcomes()
})
