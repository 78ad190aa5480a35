/** What every bus promises, on one machine alone and with NATS between. */
import assert from 'node:assert/strict'
import { Failure } from '@fairlead/base'
import { type Bus, BusError, type Message, maxMessageBytes } from './bus.ts'
import { onEachBus } from './for-tests.ts'
import { deviceSubject, nodeSubject } from './subjects.ts'

const long = 5_000

/** The first `count` messages of a subject, as JSON texts in the order in which they came. */
async function listen(bus: Bus, subject: string, count: number) {
  const { promise: all, resolve } = Promise.withResolvers<string[]>()
  const heard: string[] = []
  bus.subscribe(subject, ({ head }) => {
    heard.push(JSON.stringify(head))
    if (heard.length === count) resolve(heard)
  })
  await bus.flush()
  return { all, heard }
}

const failsWith = (kind: string, sent: boolean) => (error: unknown) =>
  error instanceof BusError && error.kind === kind && error.sent === sent

onEachBus('N6 everybody who subscribed hears what is published, in order, the publisher too', async ({ a, b }) => {
  const [atA, atB] = [await listen(a, 'presence', 50), await listen(b, 'presence', 50)]
  const sent = Array.from({ length: 50 }, (_, n) => ({ n }))
  for (const head of sent) a.publish('presence', { head })
  const texts = sent.map((head) => JSON.stringify(head))
  assert.deepEqual(await atA.all, texts)
  assert.deepEqual(await atB.all, texts)
})

onEachBus('what is published in different turns stays in order, too', async ({ a, b }) => {
  const { all } = await listen(b, 'presence', 20)
  for (let n = 0; n < 20; n++) {
    a.publish('presence', { head: { n } })
    if (n % 3 === 0) await new Promise(setImmediate)
  }
  assert.deepEqual(
    await all,
    Array.from({ length: 20 }, (_, n) => `{"n":${n}}`),
  )
})

onEachBus('who hears it knows who sent it', async ({ a, b }) => {
  const { promise, resolve } = Promise.withResolvers<string>()
  b.subscribe('presence', (_, from) => resolve(from))
  await b.flush()
  a.publish('presence', { head: {} })
  assert.equal(await promise, a.self)
})

onEachBus('each process has a name that nobody guesses', async ({ a, b }) => {
  assert.match(a.self, /^[\w-]{22,}$/)
  assert.notEqual(a.self, b.self)
})

onEachBus('a request is answered, with its bytes as they are', async ({ a, b }) => {
  const every = Uint8Array.from({ length: 256 }, (_, n) => n)
  b.serve(deviceSubject('p1'), ({ head, body }, from) => ({
    head: { heard: head, from },
    body: (body ?? new Uint8Array()).toReversed(),
  }))
  await b.flush()
  const answer = await a.request(deviceSubject('p1'), { head: { oid: '1.3.6' }, body: every }, long)
  assert.deepEqual(answer.head, { heard: { oid: '1.3.6' }, from: a.self })
  assert.deepEqual([...(answer.body ?? [])], [...every.toReversed()])
})

onEachBus('no body, an empty one and a text of the world stay what they are', async ({ a, b }) => {
  b.serve('echo', (message) => message)
  await b.flush()
  const none = await a.request('echo', { head: { word: 'Grüße, 世界 🖨' } }, long)
  assert.deepEqual([none.head, none.body], [{ word: 'Grüße, 世界 🖨' }, undefined])
  assert.equal((await a.request('echo', { head: {}, body: new Uint8Array() }, long)).body?.length, 0)
})

onEachBus('a head arrives as JSON does, and is nobody else’s', async ({ a, b }) => {
  const head = { list: [1], gone: undefined, at: new Date(0) }
  const { promise, resolve } = Promise.withResolvers<Message>()
  b.subscribe('presence', resolve)
  await b.flush()
  a.publish('presence', { head })
  head.list.push(2)
  assert.deepEqual((await promise).head, { list: [1], at: '1970-01-01T00:00:00.000Z' })
})

onEachBus('a thousand requests at once get their own answers', async ({ a, b }) => {
  b.serve('twice', ({ head }) => ({ head: { n: 2 * Number(head['n']) } }))
  await b.flush()
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, n) => a.request('twice', { head: { n } }, long).then(({ head }) => head['n'])),
  )
  assert.deepEqual(
    answers,
    Array.from({ length: 1000 }, (_, n) => 2 * n),
  )
})

onEachBus('an answer may take its time, and a later request does not wait for it', async ({ a, b }) => {
  const slow = Promise.withResolvers<Message>()
  b.serve('work', ({ head }) => (head['slow'] ? slow.promise : { head: { quick: true } }))
  await b.flush()
  const waiting = a.request('work', { head: { slow: true } }, long)
  assert.deepEqual((await a.request('work', { head: {} }, long)).head, { quick: true })
  slow.resolve({ head: { done: true } })
  assert.deepEqual((await waiting).head, { done: true })
})

onEachBus('a request that nobody serves fails at once, and was not sent', async ({ a, b }) => {
  b.subscribe('heard.only', () => {})
  b.serve('somewhere.else', (message) => message)
  await b.flush()
  for (const subject of ['nobody.there', 'heard.only', nodeSubject(b.self)])
    await assert.rejects(a.request(subject, { head: {} }, 60_000), failsWith('no-responders', false), subject)
})

onEachBus('many that nobody serves fail beside some that are served', async ({ a, b }) => {
  b.serve(deviceSubject('there'), (message) => message)
  await b.flush()
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, (_, n) =>
      a.request(deviceSubject(n % 2 ? 'there' : `gone${n % 10}`), { head: {} }, 60_000),
    ),
  )
  assert.deepEqual(
    results.map(({ status }) => status),
    Array.from({ length: 100 }, (_, n) => (n % 2 ? 'fulfilled' : 'rejected')),
  )
})

onEachBus('a request that is never answered times out, and may have been heard', async ({ a, b }) => {
  b.serve('silence', () => new Promise<Message>(() => {}))
  await b.flush()
  await assert.rejects(a.request('silence', { head: {} }, 50), failsWith('timeout', true))
})

onEachBus(
  'a request for which no time is left is not sent, and one with all the time in the world is',
  async ({ a, b }) => {
    let asked = 0
    b.serve('work', (message) => {
      asked++
      return message
    })
    await b.flush()
    for (const timeoutMs of [0, -5, Number.NaN])
      await assert.rejects(a.request('work', { head: {} }, timeoutMs), failsWith('timeout', false))
    assert.equal(asked, 0)
    for (const timeoutMs of [2_000.5, 2 ** 40]) await a.request('work', { head: {} }, timeoutMs)
  },
)

onEachBus('a refusal travels with its code, words and facts', async ({ a, b }) => {
  b.serve('refuse', () => {
    throw new Failure('device-offline', 'It sleeps.', { retryAfterSeconds: 5, facts: { state: 'asleep' } })
  })
  await b.flush()
  await assert.rejects(a.request('refuse', { head: {} }, long), (error) => {
    assert.ok(error instanceof Failure)
    assert.deepEqual(
      [error.code, error.message, error.retryAfterSeconds, error.facts],
      ['device-offline', 'It sleeps.', 5, { state: 'asleep' }],
    )
    return true
  })
})

onEachBus('a bug stays where it is: the asker learns that there was one', async ({ a, b, logged }) => {
  b.serve('bug', async () => {
    throw new Error('secret detail')
  })
  await b.flush()
  await assert.rejects(
    a.request('bug', { head: {} }, long),
    (error) => failsWith('internal', true)(error) && !String(error).includes('secret'),
  )
  assert.ok(logged().some((line) => line.includes('secret detail')))
})

onEachBus('who throws at what it hears does not keep others from hearing', async ({ a, b, logged }) => {
  b.subscribe('presence', () => {
    throw new Error('deaf')
  })
  const { all } = await listen(b, 'presence', 2)
  a.publish('presence', { head: { n: 1 } })
  a.publish('presence', { head: { n: 2 } })
  assert.equal((await all).length, 2)
  assert.ok(logged().some((line) => line.includes('deaf')))
})

onEachBus('after its end a subscription hears nothing, and an interest is none', async ({ a, b }) => {
  const heard: unknown[] = []
  const subscription = b.subscribe('presence', ({ head }) => heard.push(head['n']))
  const interest = b.serve('work', (message) => message)
  await b.flush()
  subscription.end()
  interest.end()
  interest.end()
  await b.flush()
  const { all } = await listen(b, 'presence', 1)
  a.publish('presence', { head: { n: 1 } })
  await all
  assert.deepEqual(heard, [])
  await assert.rejects(a.request('work', { head: {} }, 60_000), failsWith('no-responders', false))
})

onEachBus('the newest interest in a process answers, and the one before it again after its end', async ({ a, b }) => {
  const ask = async () => (await a.request('work', { head: {} }, long)).head['by']
  b.serve('work', () => ({ head: { by: 'old' } }))
  await b.flush()
  assert.equal(await ask(), 'old')
  const newer = b.serve('work', () => ({ head: { by: 'new' } }))
  assert.equal(await ask(), 'new')
  newer.end()
  assert.equal(await ask(), 'old')
})

onEachBus('of two processes that serve one subject, both are asked and the first answer counts', async ({ a, b }) => {
  const both: string[] = []
  b.serve('work', () => {
    both.push('b')
    return new Promise<Message>(() => {})
  })
  a.serve('work', () => {
    both.push('a')
    return { head: { by: 'a' } }
  })
  const asked = await listen(b, 'asked', 1)
  await a.flush()
  assert.deepEqual((await a.request('work', { head: {} }, long)).head, { by: 'a' })
  a.publish('asked', { head: {} })
  await asked.all
  assert.deepEqual(both.sort(), ['a', 'b'])
})

onEachBus('a process asks itself like any other', async ({ a }) => {
  a.serve(nodeSubject(a.self), (message) => message)
  await a.flush()
  assert.deepEqual((await a.request(nodeSubject(a.self), { head: { n: 1 } }, long)).head, { n: 1 })
})

onEachBus('device IDs with dots in every place are subjects of their own', async ({ a, b }) => {
  const ids = ['.a', 'a.', 'a..b', 'a.b', '..', '.', 'a-b', 'a_b', '-', 'x'.repeat(64)]
  for (const id of ids) b.serve(deviceSubject(id), () => ({ head: { id } }))
  await b.flush()
  for (const id of ids) assert.equal((await a.request(deviceSubject(id), { head: {} }, long)).head['id'], id)
})

onEachBus('a name with a star or a space in it is a bug, not a wish', async ({ a }) => {
  for (const subject of ['a.*', '>', 'a b', '', 'a..b', '.a', 'x'.repeat(300)]) {
    assert.throws(() => a.publish(subject, { head: {} }), RangeError)
    assert.throws(() => a.subscribe(subject, () => {}), RangeError)
    await assert.rejects(a.request(subject, { head: {} }, 1), RangeError)
  }
})

onEachBus('large bodies and heads pass whole, beside small ones', async ({ a, b }) => {
  b.serve('echo', (message) => message)
  await b.flush()
  const body = Buffer.alloc(10 * 2 ** 20, 'abcdefg')
  const text = 'ü'.repeat(2 ** 20)
  const [large, small] = await Promise.all([
    a.request('echo', { head: { text }, body }, 20_000),
    a.request('echo', { head: { n: 1 } }, 20_000),
  ])
  assert.equal(large.head['text'], text)
  assert.equal(Buffer.compare(large.body ?? Buffer.alloc(0), body), 0)
  assert.deepEqual(small.head, { n: 1 })
})

onEachBus('what comes after a large message comes after it', async ({ a, b }) => {
  const { all } = await listen(b, 'presence', 3)
  a.publish('presence', { head: { n: 1 } })
  a.publish('presence', { head: { n: 2 }, body: new Uint8Array(3 * 2 ** 20) })
  a.publish('presence', { head: { n: 3 } })
  assert.deepEqual(await all, ['{"n":1}', '{"n":2}', '{"n":3}'])
})

onEachBus('what is larger than a message may be is refused, at both ends', async ({ a, b }) => {
  const body = new Uint8Array(maxMessageBytes + 1)
  b.serve('echo', () => ({ head: {}, body }))
  await b.flush()
  await assert.rejects(a.request('echo', { head: {}, body }, long), failsWith('too-large', false))
  assert.throws(() => a.publish('echo', { head: {}, body }), failsWith('too-large', false))
  await assert.rejects(a.request('echo', { head: {} }, long), failsWith('internal', true))
})

onEachBus('after its end a bus fails what waited and asks nothing more', async ({ a, b }) => {
  b.serve('silence', () => new Promise<Message>(() => {}))
  await b.flush()
  const waiting = assert.rejects(a.request('silence', { head: {} }, 60_000), failsWith('disconnected', true))
  await new Promise(setImmediate)
  await a[Symbol.asyncDispose]()
  await waiting
  assert.equal(a.isConnected(), false)
  await assert.rejects(a.request('silence', { head: {} }, long), failsWith('disconnected', false))
  await assert.rejects(a.flush(), failsWith('disconnected', false))
  a.publish('presence', { head: {} })
  assert.equal(a.counts().dropped, 1)
})

onEachBus('who has left is not there: its interests went with it', async ({ a, b }) => {
  b.serve('work', (message) => message)
  await b.flush()
  await b[Symbol.asyncDispose]()
  await assert.rejects(a.request('work', { head: {} }, 60_000), failsWith('no-responders', false))
})

onEachBus(
  'who ends answers what was asked before, and who asks then is told that nobody was there',
  async ({ a, b }) => {
    const { promise: done, resolve: doIt } = Promise.withResolvers<void>()
    const { promise: taken, resolve: take } = Promise.withResolvers<void>()
    b.serve('slow', async (message) => {
      take()
      await done
      return message
    })
    b.serve('quick', (message) => message)
    await b.flush()
    const slow = a.request('slow', { head: { n: 1 } }, 5_000)
    await taken
    const ending = b[Symbol.asyncDispose]()
    const quick = await Promise.allSettled(Array.from({ length: 500 }, () => a.request('quick', { head: {} }, 5_000)))
    doIt()
    assert.deepEqual((await slow).head, { n: 1 })
    await ending
    const failed = quick.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    assert.deepEqual(
      failed.filter(({ sent }) => sent),
      [],
    )
    await assert.rejects(a.request('quick', { head: {} }, 5_000), { kind: 'no-responders' })
  },
)

onEachBus('who ends an interest, and then itself, has answered what was asked before', async ({ a, b }) => {
  const serving = b.serve('quick', (message) => message)
  await b.flush()
  const asked: Promise<string>[] = []
  const told = ({ kind, sent }: BusError) => `${kind}, ${sent ? 'may have been heard' : 'not sent'}`
  const ask = () => asked.push(a.request('quick', { head: {} }, 5_000).then(() => 'answered', told))
  // Each turn some are on the way, or have come and are not read yet.
  for (let turn = 0; turn < 20; turn++, await new Promise(setImmediate)) ask()
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  serving.end()
  const ending = b[Symbol.asyncDispose]()
  for (let turn = 0; turn < 20; turn++, await new Promise(setImmediate)) ask()
  await ending
  ask()
  const outcomes = new Set(await Promise.all(asked))
  assert.deepEqual([...outcomes].sort(), ['answered', 'no-responders, not sent'])
})

onEachBus(
  'who ends as somebody asks for the first time answers, though the asker has yet to prove that it is there',
  async ({ a, b }) => {
    b.serve('first', (message) => message)
    await b.flush()
    const asked = a.request('first', { head: { n: 1 } }, 5_000)
    await a.flush()
    await b[Symbol.asyncDispose]()
    assert.deepEqual((await asked).head, { n: 1 })
  },
)

onEachBus(
  'who ends an interest as somebody asks for the first time answers, though the asker has yet to prove that it is there',
  async ({ a, b }) => {
    const serving = b.serve('first', (message) => message)
    await b.flush()
    const asked = a.request('first', { head: { n: 1 } }, 5_000)
    await a.flush()
    serving.end()
    assert.deepEqual((await asked).head, { n: 1 })
    await assert.rejects(a.request('first', { head: { n: 2 } }, 5_000), { kind: 'no-responders' })
  },
)
