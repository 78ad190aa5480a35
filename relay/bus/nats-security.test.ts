/** NATS is trusted with nothing: what no node of this relay has signed, or what was said before, changes nothing. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemClock, systemRandom } from '@fairlead/base'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { type Nats, openNats } from '../../testkit/nats.ts'
import { until } from '../../testkit/until.ts'
import type { Bus } from './bus.ts'
import { createHeardLog, openPairOnNats } from './for-tests.ts'
import { openNatsBus } from './nats-bus.ts'
import { deviceSubject, nodeSubject } from './subjects.ts'

let nats: Nats
before(async () => {
  nats = await openNats()
})
after(() => nats[Symbol.asyncDispose]())

let spaces = 0

interface Taped {
  subject: string
  data: Uint8Array
}

/** Two nodes, and somebody with all rights on NATS who has no key: hears everything and says what it likes. */
async function openStreet() {
  await using opening = new AsyncDisposableStack()
  const namespace = `street${++spaces}`
  const { a, b, logged } = opening.use(await openPairOnNats(nats.url, namespace))
  const stranger = opening.adopt(await connect({ servers: nats.url }), (raw) => raw.close())
  const tape: Taped[] = []
  stranger.subscribe(`${namespace}.>`, {
    callback: (_, { subject, data }) => void tape.push({ subject, data: Uint8Array.from(data) }),
  })
  await stranger.flush()
  const opened = opening.move()
  return { a, b, logged, namespace, stranger, tape, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** What `bus` has heard of a subject after everything that the stranger has said, and a last word of `from`. */
async function heardBy(bus: Bus, from: Bus, stranger: NatsConnection, say: () => void): Promise<unknown[]> {
  const heard: unknown[] = []
  const { promise: end, resolve } = Promise.withResolvers<void>()
  bus.subscribe('presence', ({ head }) => (head['end'] ? resolve() : heard.push(head['n'])))
  await bus.flush()
  say()
  await stranger.flush()
  from.publish('presence', { head: { end: true } })
  await end
  return heard
}

/** One message of `a` on its way, as the stranger has it on tape. */
async function tapeOne(street: Awaited<ReturnType<typeof openStreet>>): Promise<Taped> {
  street.a.publish('presence', { head: { n: 1 } })
  return until('the stranger has it on tape', () =>
    street.tape.find(({ subject }) => subject.endsWith('.say.presence')),
  )
}

test('what is not signed is not believed, and is counted', async () => {
  await using street = await openStreet()
  const { a, b, stranger, namespace } = street
  const heard = await heardBy(b, a, stranger, () => {
    for (const data of ['', 'hello', '{"head":{"n":1}}', new Uint8Array(40), new Uint8Array(1000).fill(1)])
      stranger.publish(`${namespace}.say.presence`, data)
  })
  assert.deepEqual(heard, [])
  assert.equal(b.counts().refused, 5)
})

test('a message of which any byte was altered is not believed', async () => {
  await using street = await openStreet()
  const { a, b, stranger } = street
  const { subject, data } = await tapeOne(street)
  const heard = await heardBy(b, a, stranger, () => {
    for (let at = 0; at < data.length; at++) {
      const altered = Uint8Array.from(data)
      altered[at] = (altered[at] ?? 0) ^ 1
      stranger.publish(subject, altered)
    }
    for (const cut of [1, 10, 40]) stranger.publish(subject, data.subarray(0, data.length - cut))
    stranger.publish(subject, Buffer.concat([data, Buffer.alloc(1)]))
  })
  assert.deepEqual(heard, [])
  assert.equal(b.counts().refused, data.length + 4)
})

test('what was heard is not heard again', async () => {
  await using street = await openStreet()
  const { a, b, stranger } = street
  const heard: unknown[] = []
  b.subscribe('presence', ({ head }) => heard.push(head['n']))
  await b.flush()
  const { subject, data } = await tapeOne(street)
  await until('b has heard it', () => heard.length === 1)
  const again = await heardBy(b, a, stranger, () => {
    for (let n = 0; n < 5; n++) stranger.publish(subject, data)
  })
  assert.deepEqual(again, [])
  assert.deepEqual(heard, [1, undefined])
  assert.equal(b.counts().refused, 5)
})

test('a message does not count on another subject, nor in another namespace', async () => {
  await using street = await openStreet()
  const { a, b, stranger, namespace } = street
  const { data } = await tapeOne(street)
  let served = 0
  b.serve('presence', (message) => {
    served++
    return message
  })
  b.subscribe('other', () => served++)
  await b.flush()
  await using other = await openPairOnNats(nats.url, `${namespace}x`)
  other.b.subscribe('presence', () => served++)
  await other.b.flush()
  const heard = await heardBy(b, a, stranger, () => {
    for (const name of [`${namespace}.ask.presence`, `${namespace}.say.other`, `${namespace}x.say.presence`])
      stranger.publish(name, data)
  })
  assert.deepEqual(heard, [])
  await until('the other relay has refused it', () => other.b.counts().refused === 1)
  assert.equal(served, 0)
})

test('a node with another key is nobody: neither heard nor answered', async () => {
  await using street = await openStreet()
  const { a, b, namespace, stranger } = street
  const { log } = createHeardLog()
  const clock = systemClock
  await using foreign = await openNatsBus({
    url: nats.url,
    key: Buffer.alloc(32, 8),
    namespace,
    clock,
    random: systemRandom,
    log,
  })
  b.serve(deviceSubject('p1'), (message) => message)
  await b.flush()
  const heard = await heardBy(b, a, stranger, () => foreign.publish('presence', { head: { n: 1 } }))
  assert.deepEqual(heard, [])
  await assert.rejects(foreign.request(deviceSubject('p1'), { head: {} }, 100), { kind: 'timeout' })
})

test('requests on tape are not done again, neither by who has done them nor by who takes over', async () => {
  await using street = await openStreet()
  const { a, b, stranger, tape, namespace } = street
  let done = 0
  const serve = async (bus: Bus) => {
    bus.serve(deviceSubject('p1'), () => {
      done++
      return { head: {} }
    })
    await bus.flush()
  }
  await serve(b)
  await a.request(deviceSubject('p1'), { head: { operation: 'set' } }, 5_000)
  const asked = await until('it is on tape', () => tape.find(({ subject }) => subject.includes('.ask.device')))
  await b[Symbol.asyncDispose]()

  // A process that has heard nothing of `a` yet: no counter of it, and `a` is there and says so.
  await using next = await openPairOnNats(nats.url, namespace)
  await serve(next.b)
  stranger.publish(asked.subject, asked.data)
  await until('the new one has refused it', () => next.b.counts().refused === 1)
  // The answers of a sender that has left: nobody proves that it is there.
  await a.request(deviceSubject('p1'), { head: {} }, 5_000)
  assert.equal(done, 2)
})

test('what somebody said who is gone is not believed by who comes after', async () => {
  await using street = await openStreet()
  const { a, stranger, namespace } = street
  const { subject, data } = await tapeOne(street)
  await a[Symbol.asyncDispose]()
  await using next = await openPairOnNats(nats.url, namespace)
  const heard = await heardBy(next.b, next.a, stranger, () => stranger.publish(subject, data))
  assert.deepEqual(heard, [])
  await until('it is refused once its time for a proof is over', () => next.b.counts().refused === 1)
})

test('an answer on tape answers nothing else', async () => {
  await using street = await openStreet()
  const { a, b, stranger, tape } = street
  b.serve('work', ({ head }) => (head['n'] === 1 ? { head: { n: 1 } } : new Promise(() => {})))
  await b.flush()
  await a.request('work', { head: { n: 1 } }, 5_000)
  const answers = await until('the answer is on tape', () => {
    const found = tape.filter(({ subject }) => subject.endsWith(`.in.${a.self}`))
    return found.length > 0 && found
  })
  const waiting = assert.rejects(a.request('work', { head: { n: 2 } }, 300), { kind: 'timeout' })
  for (const { subject, data } of answers) {
    stranger.publish(subject, data)
    stranger.publish(subject.replace(a.self, b.self), data)
  }
  await waiting
  assert.equal(a.counts().refused, answers.length)
})

test('a thousand forgeries are one line in the log', async () => {
  await using street = await openStreet()
  const { a, b, stranger, namespace, logged } = street
  await heardBy(b, a, stranger, () => {
    for (let n = 0; n < 1_000; n++) stranger.publish(`${namespace}.say.presence`, `forged ${n}`)
  })
  assert.equal(b.counts().refused, 1_000)
  assert.ok(logged().filter((line) => line.includes('bus.refused')).length <= 2)
})

test('who subscribes to everything reads what is said, but no name that it could speak in', async () => {
  await using street = await openStreet()
  const { a, b, stranger, namespace } = street
  const heard = await heardBy(b, a, stranger, () => {
    for (const subject of [`${namespace}.in.${b.self}`, `${namespace}.say.${nodeSubject(b.self)}`])
      stranger.publish(subject, 'hello')
  })
  assert.deepEqual(heard, [])
  assert.equal(b.counts().refused, 1)
})
