/** What the device does of what is pushed: once, in order, and answered whatever happens. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createHandClock, createSeededRandom, Failure, silentLog } from '@fairlead/base'
import { until } from '../../testkit/until.ts'
import type { Driver } from '../drivers/driver.ts'
import { openMemory } from '../memory/memory.ts'
import type { HttpOutcome } from '../uplink/http-client.ts'
import type { Answer } from './answer.ts'
import { createCourier } from './courier.ts'
import { createRequests } from './requests.ts'

/** A device whose work is finished by hand. */
async function openBench(t: TestContext, driver: Partial<Driver> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-requests-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const clock = createHandClock()
  const memory = openMemory(folder, clock)
  t.after(() => memory[Symbol.dispose]())
  const done: string[] = []
  const delivered = new Map<string, Answer>()
  const work: { name: string; finish(): void }[] = []
  const running: number[] = []
  const wait = (name: string) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    work.push({ name, finish: resolve })
    return promise
  }
  const whole: Driver = {
    capabilities: async () => ({}),
    all: async () => ({}),
    async get(objects) {
      await wait(`get ${objects}`)
      return { values: { [String(objects[0])]: 1 }, errors: {} }
    },
    async set(values) {
      await wait(`set ${Object.keys(values)}`)
      done.push(`set ${Object.keys(values)}`)
      return { values, errors: {} }
    },
    async command(name) {
      await wait(name)
      done.push(name)
      return 'done'
    },
    async [Symbol.asyncDispose]() {},
    ...driver,
  }
  const courier = {
    async deliver(requestId: string, answer: Answer) {
      delivered.set(requestId, answer)
      return true
    },
    stop() {},
  }
  const journal = memory.journalOf('lobby')
  const requests = createRequests({
    driver: whole,
    journal,
    courier,
    clock,
    log: silentLog,
    onWork: (count) => void running.push(count),
  })
  return {
    clock,
    journal,
    requests,
    done,
    delivered,
    work,
    running,
    finish: async (name: string) => (await until(name, () => work.find((each) => each.name === name))).finish(),
    arrived: (id: string) => until(id, () => delivered.get(id)),
  }
}

const set = (name: string) => JSON.stringify({ set: { [name]: 1 } })

test('changes are made one after another, in the order they came; reading does not wait for them', async (t) => {
  const bench = await openBench(t)
  bench.requests.receive('1', set('a'))
  bench.requests.receive('2', '{"command":"b"}')
  bench.requests.receive('3', '{"get":["c"]}')
  await bench.finish('get c')
  await bench.arrived('3')
  assert.deepEqual(bench.work.map(({ name }) => name).sort(), ['get c', 'set a'])
  await bench.finish('set a')
  await bench.finish('b')
  assert.deepEqual(await bench.arrived('2'), { result: 'done' })
  assert.deepEqual(bench.done, ['set a', 'b'])
  await until('nothing is left', () => bench.running.at(-1) === 0)
})

test('reading that takes too long is answered before the time-out of the request: nobody learns more by waiting on', async (t) => {
  const bench = await openBench(t)
  bench.requests.receive('1', '{"get":["a","b"],"timeoutSeconds":5}')
  await until('begun', () => bench.work.length === 1)
  bench.clock.pass(3999)
  assert.equal(bench.delivered.size, 0)
  bench.clock.pass(1)
  const silent = { code: 'no-answer', message: 'The device did not answer within 4 s.' }
  assert.deepEqual(await bench.arrived('1'), { values: {}, errors: { a: silent, b: silent } })
  await bench.finish('get a,b')
})

test('6.1 a request that comes again while it is done is done once', async (t) => {
  const bench = await openBench(t)
  bench.requests.receive('1', set('a'))
  bench.requests.receive('1', set('a'))
  await bench.finish('set a')
  await bench.arrived('1')
  assert.deepEqual(bench.done, ['set a'])
})

test('6.1 what was begun before a restart is refused truthfully, not done again', async (t) => {
  const bench = await openBench(t)
  bench.journal.begin('1', bench.clock.wallNow() + 60_000)
  bench.requests.receive('1', set('a'))
  const answer = await bench.arrived('1')
  assert.match('refused' in answer ? answer.refused : '', /may have been done/)
  assert.deepEqual(bench.done, [])
})

test('an answer that was not delivered before a restart is delivered after it', async (t) => {
  const bench = await openBench(t)
  bench.journal.begin('1', bench.clock.wallNow() + 60_000)
  bench.journal.finish('1', { result: 'done' })
  bench.requests.resume()
  assert.deepEqual(await bench.arrived('1'), { result: 'done' })
})

test('a change whose time-out is over before its turn is not made, and says so', async (t) => {
  const bench = await openBench(t)
  bench.requests.receive('1', set('slow'))
  await until('begun', () => bench.work.length === 1)
  bench.requests.receive('2', '{"set":{"late":1},"timeoutSeconds":5}')
  bench.clock.pass(6000)
  await bench.finish('set slow')
  const answer = await bench.arrived('2')
  assert.match('refused' in answer ? answer.refused : '', /has not been done/)
  assert.deepEqual(bench.done, ['set slow'])
})

test('a device that refuses is told in its words; a driver that breaks is told without its insides', async (t) => {
  const bench = await openBench(t, {
    command: () => Promise.reject(new Failure('device-refused', 'The cover is open.')),
    get: () => Promise.reject(new TypeError('secret insides')),
  })
  bench.requests.receive('1', '{"command":"x"}')
  bench.requests.receive('2', '{"get":["x"]}')
  assert.deepEqual(await bench.arrived('1'), { refused: 'The cover is open.' })
  const broken = await bench.arrived('2')
  assert.ok('refused' in broken && !broken.refused.includes('insides'))
})

test('a request that makes no sense is refused, not ignored', async (t) => {
  const bench = await openBench(t)
  const texts = ['', '{', '[]', '{}', '{"get":["a"],"set":{"b":1}}', '{"get":"a"}', '{"set":{"__proto__":1}}']
  for (const [at, text] of texts.entries()) bench.requests.receive(`${at}`, text)
  for (const [at, text] of texts.entries()) assert.ok('refused' in (await bench.arrived(`${at}`)), text)
})

test('a driver that never comes back does not keep the agent from ending', async (t) => {
  const bench = await openBench(t)
  bench.requests.receive('1', '{"command":"forever","timeoutSeconds":5}')
  await until('begun', () => bench.work.length === 1)
  assert.equal(bench.running.at(-1), 1)
  bench.clock.pass(65_000)
  assert.equal(bench.running.at(-1), 0)
})

test('A10 the courier goes on until the answer is final, or the time is well over', async () => {
  const clock = createHandClock()
  const answered = (status: number): HttpOutcome => ({ status, headers: {}, body: Buffer.alloc(0) })
  const run = async (outcomes: HttpOutcome[], forMs = 60_000) => {
    const bodies: unknown[] = []
    const courier = createCourier({
      async call(_path, body) {
        bodies.push(body)
        return outcomes[bodies.length - 1] ?? { trouble: { kind: 'cut' } }
      },
      clock,
      random: createSeededRandom(1),
      log: silentLog,
    })
    let taken: boolean | undefined
    const ended = courier.deliver('r/1', { result: 1 }, clock.now() + forMs).then((verdict) => {
      taken = verdict
    })
    await until('the end', () => {
      clock.pass(1000)
      return taken !== undefined
    })
    await ended
    return { taken, bodies }
  }
  for (const status of [200, 202, 404, 409]) assert.equal((await run([answered(status)])).bodies.length, 1)
  const patient = await run([{ trouble: { kind: 'cut' } }, answered(503), answered(401), answered(200)])
  assert.deepEqual([patient.taken, patient.bodies.length], [true, 4])
  const late = await run([])
  assert.equal(late.taken, false)
  assert.ok(late.bodies.length > 3)
  const tooLarge = await run([answered(413), answered(200)])
  assert.match(JSON.stringify(tooLarge.bodies[1]), /refused.*larger/)
})

test('A10 a courier that is stopped ends at once, and what was not taken is left for the next start', async () => {
  let tries = 0
  const courier = createCourier({
    async call() {
      tries++
      return { trouble: { kind: 'cut' } }
    },
    clock: createHandClock(),
    random: createSeededRandom(1),
    log: silentLog,
  })
  const delivery = courier.deliver('r-1', { result: 1 }, Number.MAX_SAFE_INTEGER)
  await until('it has tried once', () => tries === 1)
  courier.stop()
  assert.equal(await delivery, false)
  assert.equal(tries, 1)
})
