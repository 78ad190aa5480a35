/** Webhooks on their way: once each while nothing dies, again under the same ID when something does, and given up after three days. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { test } from 'node:test'
import { silentLog, systemClock, systemRandom } from '@fairlead/base'
import { listenOnFreePort } from '../../testkit/listen.ts'
import { until } from '../../testkit/until.ts'
import { openWebhookReceiver } from '../../testkit/webhook-receiver.ts'
import { openDatabase } from '../database/database.ts'
import { type Place, storedIn, testOnBoth } from '../database/for-tests.ts'
import { createAddressGuard } from './address-guard.ts'
import { post } from './post.ts'
import { createWebhookStore } from './store.ts'
import { openWebhooks } from './webhooks.ts'

const common = { clock: systemClock, random: systemRandom, log: silentLog, networks: ['127.0.0.0/8'] }
const ids = (count: number, name = 'm') => Array.from({ length: count }, (_, at) => `${name}${at}`)

/** Several nodes, each as it would be; on an embedded record they share the one connection that there is. */
async function openNodes(place: Place, count: number) {
  const building = new AsyncDisposableStack()
  const tried: string[] = []
  const first = building.use(await openDatabase(place))
  await first.write(async ({ sql }) => {
    await sql
      .insertInto('account')
      .values({ id: 'default', name: null, created_at: 0 })
      .onConflict((on) => on.doNothing())
      .execute()
  })
  const nodes = []
  for (let at = 0; at < count; at++) {
    const database = at === 0 || place.url === undefined ? first : building.use(await openDatabase(place))
    const webhooks = building.use(
      await openWebhooks({
        ...common,
        database,
        isAlone: false,
        tried: async (_tx, messageId, state) => void tried.push(`${messageId} ${state}`),
      }),
    )
    nodes.push({ database, webhooks, store: createWebhookStore(database) })
  }
  const [one] = nodes
  if (!one) throw new Error('There is no node.')
  return { ...one, nodes, tried, [Symbol.asyncDispose]: () => building.disposeAsync() }
}

type Nodes = Awaited<ReturnType<typeof openNodes>>

async function addTo({ database, webhooks }: Nodes, url: string) {
  return database.write((tx) => webhooks.add(tx, { account: 'default', url }))
}

testOnBoth('three nodes bring forty messages, each once, signed well', async (place) => {
  await using open = await openNodes(place, 3)
  await using receiver = await openWebhookReceiver()
  const { webhookId, secret } = await addTo(open, receiver.url)
  receiver.trust(secret)
  await Promise.all(
    ids(40).map((messageId, at) => {
      const { database, webhooks } = open.nodes[at % 3] ?? open
      return database.write((tx) =>
        webhooks.enqueue(tx, { webhookId, account: 'default' }, messageId, { type: 'test', messageId }),
      )
    }),
  )
  const all = ids(40)
  await until('all are delivered', async () => {
    const states = await open.webhooks.statesOf(all)
    return all.every((id) => states.get(id)?.state === 'taken')
  })
  assert.deepEqual(receiver.received.map(({ id }) => id).sort(), all.toSorted())
  assert.deepEqual([receiver.forged, open.tried.length], [[], 40])
  assert.equal(receiver.received[0]?.body['messageId'], receiver.received[0]?.id)
  for (const text of [secret, secret.slice('whsec_'.length)])
    assert.ok(!storedIn(place).includes(text), 'no secret on disk')
})

testOnBoth('what a node had in hand that died is another’s when its lease is over, and not before', async (place) => {
  await using open = await openNodes(place, 1)
  await using receiver = await openWebhookReceiver()
  const { webhookId, secret } = await addTo(open, receiver.url)
  receiver.trust(secret)
  const { database, store } = open
  const leaseMs = 1_500
  // In one transaction, before anybody else can take it.
  const taken = await database.write(async (tx) => {
    await store.enqueue(tx, {
      message_id: 'orphan',
      webhook_id: webhookId,
      account: 'default',
      body: '{"type":"test"}',
    })
    return store.take(tx, { lease: 'dead', leaseMs, limit: 9, ofAccount: 9, busy: [] })
  })
  const takenMs = performance.now()
  assert.deepEqual(
    taken.map(({ message_id }) => message_id),
    ['orphan'],
  )
  await until('it is delivered', () => receiver.received.length > 0)
  assert.ok(performance.now() - takenMs > leaseMs - 50)
  const late = await database.write((tx) => store.ageIfMine(tx, 'orphan', 'dead'))
  assert.equal(late, undefined, 'whoever lost its lease has no say')
})

testOnBoth(
  'a receiver that is down is tried again, under the same ID; after three days that is over',
  async (place) => {
    await using open = await openNodes(place, 1)
    await using receiver = await openWebhookReceiver()
    const { webhookId, secret } = await addTo(open, receiver.url)
    receiver.trust(secret)
    receiver.answerWith(500)
    const { database, webhooks } = open
    await database.write((tx) => webhooks.enqueue(tx, { webhookId, account: 'default' }, 'again', { type: 'test' }))
    const tries = async (id: string) => (await webhooks.statesOf([id])).get(id)
    await until('it was refused twice', async () => ((await tries('again'))?.tries.length ?? 0) >= 2)
    const { tries: [first] = [], nextTryAt } = (await tries('again')) ?? {}
    assert.ok(Date.parse(nextTryAt ?? '') > Date.parse(first?.at ?? ''))
    const failing = (await webhooks.viewsOf([webhookId])).get(webhookId)
    assert.deepEqual([failing?.takenAt, failing?.failingSinceAt, failing?.lastTry?.status], [null, first?.at, 500])
    receiver.answerWith(204)
    await until('it is delivered', async () => (await tries('again'))?.state === 'taken')
    assert.equal((await tries('again'))?.nextTryAt, null)
    assert.equal((await webhooks.viewsOf([webhookId])).get(webhookId)?.failingSinceAt, null)
    assert.deepEqual([...new Set(receiver.received.map(({ id }) => id))], ['again'])
    assert.equal((await tries('again'))?.tries[0]?.status, 500)

    await receiver.close()
    await database.write(async (tx) => {
      await webhooks.enqueue(tx, { webhookId, account: 'default' }, 'old', { type: 'test' })
      await tx.sql
        .updateTable('webhook_message')
        .set(({ eb }) => ({ created_at: eb('created_at', '-', 3 * 24 * 3_600_000) }))
        .where('message_id', '=', 'old')
        .execute()
    })
    await until('it is given up', async () => (await tries('old'))?.state === 'failed')
    assert.match((await tries('old'))?.tries[0]?.error ?? '', /ECONNREFUSED/)
    assert.deepEqual([...new Set(open.tried)], ['again waiting', 'again taken', 'old failed'])
    const fare = (await webhooks.viewsOf([webhookId])).get(webhookId)
    assert.equal(fare?.takenAt, (await tries('again'))?.tries.at(-1)?.at)
    assert.equal(fare?.failingSinceAt, (await tries('old'))?.tries[0]?.at)
    assert.match(fare?.lastTry?.error ?? '', /ECONNREFUSED/)
  },
)

testOnBoth('a tenant whose receiver answers nothing does not hold up another', async (place) => {
  await using open = await openNodes(place, 1)
  await using deaf = await openWebhookReceiver()
  await using quick = await openWebhookReceiver()
  deaf.answerWith(undefined)
  const { database, webhooks } = open
  const [bad, good] = [await addTo(open, deaf.url), await addTo(open, quick.url)]
  deaf.trust(bad.secret)
  quick.trust(good.secret)
  await database.write(async (tx) => {
    for (const id of ids(60, 'bad'))
      await webhooks.enqueue(tx, { webhookId: bad.webhookId, account: 'default' }, id, { type: 'test' })
  })
  await until('some are under way', () => deaf.received.length > 0)
  await database.write(async (tx) => {
    for (const id of ids(6, 'good'))
      await webhooks.enqueue(tx, { webhookId: good.webhookId, account: 'others' }, id, { type: 'test' })
  })
  await until('all of the other are delivered', () => quick.received.length === 6, 5_000)
  assert.ok(deaf.received.length < 10, `${deaf.received.length} at once`)
})

test('S-W2 the address that was checked is the one that is called, whatever a name leads to', async () => {
  const needs = { clock: systemClock, mayReach: createAddressGuard([]) }
  const never = new AbortController().signal
  for (const url of ['http://localhost:9/', 'http://127.0.0.1:9/', 'http://[::1]:9/', 'http://2130706433:9/']) {
    const posted = await post(needs, new URL(url), {}, '', never)
    assert.match(Object(posted).error, /not on the public internet/, url)
  }
})

test('S-W2 a redirect is a failure, and an answer without end is cut', async () => {
  let sent = 0
  const server = createServer((request, response) => {
    if (request.url === '/away') return void response.writeHead(302, { location: 'http://10.0.0.1/' }).end()
    response.writeHead(200)
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(1024))) sent += 1024
    }
    response.on('drain', more)
    more()
  })
  await using listening = await listenOnFreePort(server)
  const needs = { clock: systemClock, mayReach: createAddressGuard(['127.0.0.0/8']) }
  const never = new AbortController().signal
  const away = await post(needs, new URL(`${listening.url}/away`), {}, '', never)
  assert.match(Object(away).error, /302: redirects are not followed/)
  assert.deepEqual(await post(needs, new URL(listening.url), {}, '', never), { status: 200 })
  await until('it is cut', () => new Promise((resolve) => server.getConnections((_, open) => resolve(open === 0))))
  assert.ok(sent < 16 * 2 ** 20, `${sent} bytes`)
})

test('S-W2 five seconds to connect, ten in all; once its status is there a call has come to its end', async () => {
  /** Twenty times as fast. */
  const clock = { ...systemClock, at: (atMs: number, run: () => void) => systemClock.at(hurried(atMs), run) }
  const hurried = (atMs: number) => systemClock.now() + (atMs - systemClock.now()) / 20
  const needs = { clock, mayReach: createAddressGuard(['127.0.0.0/8']) }
  const never = new AbortController().signal
  await using silent = await listenOnFreePort(createTcpServer((socket) => void socket.resume().on('error', () => {})))
  const noTls = await post(needs, new URL(`https://127.0.0.1:${silent.port}`), {}, '', never)
  assert.match(Object(noTls).error, /No connection within 5 seconds/)
  const noAnswer = await post(needs, new URL(silent.url), {}, '', never)
  assert.match(Object(noAnswer).error, /no answer within 10 seconds/)
  await using endless = await listenOnFreePort(createServer((_, response) => response.writeHead(200).flushHeaders()))
  assert.deepEqual(await post(needs, new URL(endless.url), {}, '', never), { status: 200 })
})
