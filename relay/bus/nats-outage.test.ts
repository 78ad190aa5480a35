/** NATS goes and comes back: everybody is told the truth at once, and nothing old arrives later. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import { openNats } from '../../testkit/nats.ts'
import { startProcess } from '../../testkit/process.ts'
import { until } from '../../testkit/until.ts'
import { type Bus, BusError, type Message } from './bus.ts'
import { openPairOnNats } from './for-tests.ts'

const sentWas = (sent: boolean) => (error: unknown) =>
  error instanceof BusError && error.kind === 'disconnected' && error.sent === sent

async function openStreet() {
  await using opening = new AsyncDisposableStack()
  const nats = opening.use(await openNats())
  const pair = opening.use(await openPairOnNats(nats.url, 'street'))
  const opened = opening.move()
  return { nats, ...pair, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

const untilConnected = (...buses: Bus[]) => until('they are connected', () => buses.every((bus) => bus.isConnected()))
const untilGone = (...buses: Bus[]) => until('they know it', () => buses.every((bus) => !bus.isConnected()))
/** What hangs for ever is asked of somebody who never answers. */
const silence = () => new Promise<Message>(() => {})

/** @returns the number of each that it was asked, as it was done */
async function serveWork(bus: Bus): Promise<readonly unknown[]> {
  const done: unknown[] = []
  bus.serve('work', (message) => {
    done.push(message.head['n'])
    return message
  })
  await bus.flush()
  return done
}

test('a server that dies is noticed at once: what was asked may have been heard, what is asked now was not', async () => {
  await using street = await openStreet()
  const { nats, a, b } = street
  const changes: boolean[] = []
  a.onConnection((connected) => changes.push(connected && a.isConnected()))
  b.serve('silence', silence)
  await b.flush()
  const waiting = assert.rejects(a.request('silence', { head: {} }, 60_000), sentWas(true))
  await a.flush()
  await nats.kill()
  await waiting
  assert.equal(a.isConnected(), false)
  await assert.rejects(a.request('silence', { head: {} }, 60_000), sentWas(false))
  await assert.rejects(a.flush(), sentWas(false))
  a.publish('presence', { head: {} })
  assert.equal(a.counts().dropped, 1)
  await nats.restart()
  await untilConnected(a)
  assert.deepEqual(changes, [false, true])
  assert.equal(a.counts().disconnects, 1)
})

test('back again, subscriptions and interests are there, also those made meanwhile, and none that ended', async () => {
  await using street = await openStreet()
  const { nats, a, b } = street
  const heard: unknown[] = []
  b.subscribe('presence', ({ head }) => heard.push(head['n']))
  b.serve('before', (message) => message)
  const over = b.serve('over', (message) => message)
  await b.flush()
  await nats.kill()
  await untilGone(a, b)
  b.serve('meanwhile', (message) => message)
  over.end()
  a.publish('presence', { head: { n: 'lost' } })
  await nats.restart()
  await untilConnected(a, b)
  for (const subject of ['before', 'meanwhile'])
    assert.deepEqual((await a.request(subject, { head: { subject } }, 5_000)).head, { subject })
  await assert.rejects(a.request('over', { head: {} }, 60_000), { kind: 'no-responders' })
  for (let n = 0; n < 20; n++) a.publish('presence', { head: { n } })
  await until('b has heard the last one', () => heard.at(-1) === 19)
  assert.deepEqual(
    heard,
    Array.from({ length: 20 }, (_, n) => n),
  )
})

test('interests that are made in the very moment in which the server is back are there', async () => {
  await using street = await openStreet()
  const { nats, a, b } = street
  await nats.kill()
  await untilGone(a, b)
  const subjects: string[] = []
  await nats.restart()
  while (!b.isConnected()) {
    subjects.push(`device-${subjects.length}`)
    b.serve(subjects.at(-1) ?? '', (message) => message)
    await nextTurn()
  }
  await untilConnected(a)
  await b.flush()
  await Promise.all(subjects.map((subject) => a.request(subject, { head: {} }, 10_000)))
})

test('what was asked of a server that stood still and died is never done later', async () => {
  await using street = await openStreet()
  const { nats, a, b } = street
  const done = await serveWork(b)
  await nats.freeze()
  const old = Array.from({ length: 200 }, (_, n) =>
    a.request('work', { head: { n }, body: new Uint8Array(100_000) }, 60_000),
  )
  const told = Promise.all(old.map((one) => assert.rejects(one, sentWas(true))))
  await new Promise(setImmediate)
  await nats.kill()
  await told
  await nats.restart()
  await untilConnected(a, b)
  await a.request('work', { head: { n: 'new' } }, 5_000)
  assert.deepEqual(done, ['new'])
})

test('a server that stands still is noticed within seconds, also when much waits for it to be read', async () => {
  await using street = await openStreet()
  const { nats, a, b } = street
  const done = await serveWork(b)
  await nats.freeze()
  const began = performance.now()
  const old = Array.from({ length: 30 }, (_, n) =>
    assert.rejects(a.request('work', { head: { n }, body: new Uint8Array(10 ** 6) }, 2_000), { kind: 'timeout' }),
  )
  await Promise.all([untilGone(a, b), ...old])
  assert.ok(performance.now() - began < 8_000)
  nats.thaw()
  await untilConnected(a, b)
  await a.request('work', { head: { n: 'new' } }, 5_000)
  // What lay in the server's own buffers was older than who asked would wait.
  assert.deepEqual(done, ['new'])
})

test('a request that was on its way for longer than its time-out is not begun any more', async () => {
  await using street = await openStreet()
  const { nats, a, b } = street
  const done = await serveWork(b)
  await a.request('work', { head: { n: 'first' } }, 5_000)
  await nats.freeze()
  await assert.rejects(a.request('work', { head: { n: 'late' } }, 200), { kind: 'timeout', sent: true })
  // How long it was on its way is known within a round trip: it gets older than that.
  await assert.rejects(a.request('nobody', { head: {} }, 200), { kind: 'timeout' })
  nats.thaw()
  await a.request('work', { head: { n: 'new' } }, 5_000)
  assert.deepEqual(done, ['first', 'new'])
})

test('what was asked before the server knew of the end of an interest is still answered', async () => {
  await using street = await openStreet()
  const { a, b } = street
  const interest = b.serve('work', (message) => message)
  await b.flush()
  await a.request('work', { head: { n: 0 } }, 5_000)
  const asked = a.request('work', { head: { n: 1 } }, 2_000)
  const flushed = a.flush()
  // In this turn nobody here reads what the server has passed on meanwhile.
  for (const until = performance.now() + 200; performance.now() < until; );
  interest.end()
  assert.deepEqual((await asked).head, { n: 1 })
  await flushed
  await b.flush()
  await assert.rejects(a.request('work', { head: {} }, 60_000), { kind: 'no-responders' })
})

test('a server that does not read is not filled for ever: then nothing is sent', async () => {
  await using street = await openStreet()
  const { nats, a, b } = street
  b.serve('silence', silence)
  await b.flush()
  await nats.freeze()
  const body = new Uint8Array(500_000)
  const results = Array.from({ length: 300 }, () => a.request('silence', { head: {}, body }, 60_000))
  const failed = Promise.allSettled(results)
  await assert.rejects(a.request('silence', { head: {} }, 60_000), sentWas(false))
  assert.equal(a.isConnected(), true)
  await nats.kill()
  const reasons = (await failed).map((result) => (result.status === 'rejected' ? result.reason : undefined))
  const sent = reasons.filter(sentWas(true)).length
  assert.ok(sent > 0 && sent < 150, `${sent} sent`)
  assert.equal(reasons.filter(sentWas(false)).length, 300 - sent)
})

test('a large message that breaks off arrives at nobody, and was not sent', async () => {
  await using street = await openStreet()
  const { nats, a, b } = street
  let done = 0
  b.serve('work', (message) => {
    done++
    return message
  })
  await b.flush()
  await nats.freeze()
  const asked = assert.rejects(
    a.request('work', { head: {}, body: new Uint8Array(40 * 2 ** 20) }, 60_000),
    sentWas(false),
  )
  await new Promise(setImmediate)
  await nats.kill()
  await asked
  await nats.restart()
  await untilConnected(a, b)
  await a.request('work', { head: {} }, 5_000)
  assert.equal(done, 1)
})

test('what was said before a pause and what is said after it are in order', async () => {
  await using street = await openStreet()
  const { nats, a, b } = street
  const heard: unknown[] = []
  b.subscribe('presence', ({ head }) => heard.push(head['n']))
  await b.flush()
  a.publish('presence', { head: { n: 0 } })
  await until('b has heard it', () => heard.length === 1)
  await nats.freeze()
  a.publish('presence', { head: { n: 1 } })
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  a.publish('presence', { head: { n: 2 } })
  nats.thaw()
  a.publish('presence', { head: { n: 3 } })
  await until('b has heard the last one', () => heard.length === 4)
  assert.deepEqual(heard, [0, 1, 2, 3])
})

test('a bus ends in a moment while the server is away or stands still', async () => {
  await using street = await openStreet()
  const { nats, a, b } = street
  await nats.freeze()
  const began = performance.now()
  await a[Symbol.asyncDispose]()
  await nats.kill()
  await untilGone(b)
  await b[Symbol.asyncDispose]()
  assert.ok(performance.now() - began < 5_000)
})

test('a node that is killed is nobody any more: what it was asked may have been heard, what comes after was not', async () => {
  await using street = await openStreet()
  const { nats, a } = street
  const program = `
    import { silentLog, systemClock as clock, systemRandom as random } from '@fairlead/base'
    import { openNatsBus } from '${new URL('./nats-bus.ts', import.meta.url).pathname}'
    const key = new Uint8Array(32).fill(7)
    const bus = await openNatsBus({ url: '${nats.url}', key, namespace: 'street', clock, random, log: silentLog })
    bus.serve('silence', () => new Promise(() => console.log('{"event":"asked"}')))
    await bus.flush()
    console.log('{"event":"ready"}')`
  await using node = await startProcess(process.execPath, ['--input-type=module', '-e', program])
  await node.nextEvent('ready')
  const waiting = assert.rejects(a.request('silence', { head: {} }, 3_000), { kind: 'timeout', sent: true })
  await node.nextEvent('asked')
  await node.kill()
  await until('nobody serves it any more', () =>
    a.request('silence', { head: {} }, 100).then(
      () => false,
      (error) => error.kind === 'no-responders',
    ),
  )
  await waiting
})

test('a server in the way of which somebody listens to everything still tells nothing wrong', async () => {
  await using street = await openStreet()
  const { nats, a } = street
  const raw = await connect({ servers: nats.url })
  raw.subscribe('>', { callback() {} })
  await raw.flush()
  // For NATS the listener is somebody who may answer: so nobody can say that it was not heard.
  await assert.rejects(a.request('nobody', { head: {} }, 100), { kind: 'timeout', sent: true })
  await raw.close()
})
