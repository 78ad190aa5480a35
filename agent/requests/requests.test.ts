/** What the device does of what is pushed: once, in order, and answered whatever happens. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createHandClock, createSeededRandom, Failure, silentLog } from '@fairlead/base'
import { until } from '../../testkit/until.ts'
import type { Driver } from '../drivers/driver.ts'
import { openMemory } from '../memory/memory.ts'
import type { HttpOutcome } from '../uplink/http-client.ts'
import type { Answer } from './answer.ts'
import { createCourier } from './courier.ts'
import { createRequests, type Requests } from './requests.ts'

const dayMs = 24 * 3_600_000

/** A device whose work is finished by hand. */
type Worked = Pick<Driver, 'get' | 'set' | 'command'>

async function openBench(t: TestContext, driver: Partial<Worked> = {}) {
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
  const whole: Worked = {
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
    ...driver,
  }
  const courier = {
    async deliver(requestId: string, answer: Answer) {
      delivered.set(requestId, answer)
      return true
    },
    hurry() {},
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

/** A relay that answers the tries of a courier in turn, and then not at all; time passes second by second. */
function openCourier(outcomes: HttpOutcome[], clock = createHandClock()) {
  const tries: { atMs: number; body: unknown }[] = []
  const courier = createCourier({
    async call(_path, body) {
      tries.push({ atMs: clock.now(), body })
      return outcomes[tries.length - 1] ?? { trouble: { kind: 'cut' } }
    },
    clock,
    random: { ...createSeededRandom(1), fraction: () => 0.999 },
    log: silentLog,
  })
  async function deliver(forMs: number): Promise<boolean> {
    let taken: boolean | undefined
    const ended = courier.deliver('r/1', { result: 1 }, clock.now() + forMs).then((verdict) => {
      taken = verdict
    })
    for (await nextTurn(); taken === undefined; await nextTurn()) clock.pass(1000)
    await ended
    return taken
  }
  return { courier, tries, deliver }
}

const answered = (status: number): HttpOutcome => ({ status, headers: {}, body: Buffer.alloc(0) })

test('A10 the courier goes on until the answer is final', async () => {
  for (const status of [200, 202, 404, 409]) {
    const { deliver, tries } = openCourier([answered(status)])
    assert.deepEqual([await deliver(60_000), tries.length], [true, 1])
  }
  const patient = openCourier([{ trouble: { kind: 'cut' } }, answered(503), answered(401), answered(200)])
  assert.deepEqual([await patient.deliver(60_000), patient.tries.length], [true, 4])
  const tooLarge = openCourier([answered(413), answered(200)])
  assert.equal(await tooLarge.deliver(60_000), true)
  assert.match(JSON.stringify(tooLarge.tries[1]?.body), /refused.*larger/)
})

test('A10 its pauses grow up to five minutes, for as long as it is told to go on', async () => {
  const { deliver, tries } = openCourier([])
  assert.equal(await deliver(dayMs), false)
  const pauses = tries.slice(1).map(({ atMs }, at) => atMs - (tries[at]?.atMs ?? 0))
  assert.deepEqual(
    pauses.slice(0, 11).map((ms) => ms / 1000),
    [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300],
  )
  assert.deepEqual(new Set(pauses.slice(10)), new Set([300_000]))
  assert.ok((tries.at(-1)?.atMs ?? 0) - (tries[0]?.atMs ?? 0) > dayMs - 600_000, 'to the end')
})

test('A10 once the relay is there again what is owed is brought at once, however long the pause had grown', async () => {
  const clock = createHandClock()
  const { courier, tries } = openCourier([...Array(12).fill({ trouble: { kind: 'cut' } }), answered(200)], clock)
  const delivered = courier.deliver('r/1', { result: 1 }, clock.now() + dayMs)
  while (tries.length < 12) {
    await nextTurn()
    clock.pass(1000)
  }
  const atMs = clock.now()
  await nextTurn()
  courier.hurry()
  assert.equal(await delivered, true)
  assert.equal(tries.at(-1)?.atMs, atMs)
})

test('A10 what a change has come to is told after hours without a relay and a restart; what was read is not', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-requests-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const clock = createHandClock()
  const done: string[] = []
  const told: string[] = []
  let isThere = false

  /** From its start to its end. */
  async function live(receive: (requests: Requests) => void, forHours: number): Promise<void> {
    using memory = openMemory(folder, clock)
    const courier = createCourier({
      async call(path) {
        if (!isThere) return { trouble: { kind: 'cut' } }
        told.push(path)
        return answered(200)
      },
      clock,
      random: createSeededRandom(1),
      log: silentLog,
    })
    const requests = createRequests({
      driver: {
        get: async () => ({ values: { a: 1 }, errors: {} }),
        async set(values) {
          done.push(...Object.keys(values))
          return { values, errors: {} }
        },
        command: async () => 'done',
      },
      journal: memory.journalOf('lobby'),
      courier,
      clock,
      log: silentLog,
      onWork(running) {
        if (clock.now() > startedMs + 120_000) assert.equal(running, 0, 'it keeps nothing else waiting')
      },
    })
    const startedMs = clock.now()
    requests.resume()
    receive(requests)
    for (await nextTurn(); clock.now() < startedMs + forHours * 3_600_000; await nextTurn()) clock.pass(1000)
    courier.stop()
    await nextTurn()
  }

  await live((requests) => {
    requests.receive('change', set('a'))
    requests.receive('read', '{"get":["a"]}')
  }, 11)
  await live(() => {}, 11)
  isThere = true
  await live((requests) => requests.receive('change', set('a')), 0.5)
  assert.deepEqual(done, ['a'], 'though it came once more')
  assert.deepEqual([...new Set(told)], ['/device/v1/responses/change'])

  const before = told.length
  await live(() => {}, 0.5)
  assert.equal(told.length, before, 'told once and for all')
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
