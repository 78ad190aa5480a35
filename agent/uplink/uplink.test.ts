/** The uplink at a real door: what it sends, and what it no longer sends once it has been told to be silent. */
import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { createHandClock, silentLog, systemRandom } from '@fairlead/base'
import { openDeviceDoor } from '../../testkit/device-door.ts'
import { until } from '../../testkit/until.ts'
import { createHttpClient } from './http-client.ts'
import { createRelayDoor } from './relay-door.ts'
import { createUplink } from './uplink.ts'

const survivalPath = '/device/v1/survival'
const account = { id: 'lobby', secret: 'a-secret-of-the-lobby' }

/** The way is real, time is turned by hand; survival notifications are kept, to be answered by hand. */
async function openStand(
  describe: () => Promise<Record<string, unknown>> = async () => ({}),
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
) {
  await using building = new AsyncDisposableStack()
  const asked: ServerResponse[] = []
  const relay = building.use(
    await openDeviceDoor({
      devices: { [account.id]: account.secret },
      intercept: (request, response) =>
        intercept(request, response) || (request.url === survivalPath && asked.push(response) > 0),
    }),
  )
  const clock = createHandClock()
  const http = building.use(createHttpClient(clock, {}))
  const door = createRelayDoor(http, { ...account, relay: relay.url })
  const standings: string[] = []
  const pausesMs: number[] = []
  const uplink = createUplink({
    ...account,
    code: null,
    onCredential() {},
    on: true,
    settings: {
      survivalMode: 'survival',
      survivalTimeoutSeconds: 60,
      survivalAnswerTimeoutSeconds: 10,
      learnedWaitSeconds: null,
    },
    door,
    clock,
    random: systemRandom,
    log: silentLog,
    describe,
    onPush() {},
    onStanding(standing) {
      standings.push(standing.state)
      if (standing.state === 'offline' && 'retryInMs' in standing) pausesMs.push(standing.retryInMs)
    },
    onLearned() {},
  })
  const built = building.move()
  return {
    relay,
    clock,
    uplink,
    asked,
    pausesMs,
    sessions: () => relay.events.filter((event) => event === 'bound lobby').length,
    stands: (state: string) => until(state, () => standings.at(-1) === state),
    /** Until the relay has heard another call, made after whatever was about to leave. */
    async passBy() {
      for (let call = 0; call < 2; call++) await door.call('/device/v1/events', {}, 5000)
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

test('A1 switched OFF, or stopped, while the device describes itself: no register is sent', async () => {
  for (const silence of ['switched OFF', 'stopped']) {
    const described = Promise.withResolvers<Record<string, unknown>>()
    await using stand = await openStand(() => described.promise)
    stand.uplink.start()
    if (silence === 'stopped') await stand.uplink.stop()
    else stand.uplink.switchMode(false)
    described.resolve({})
    await described.promise
    await stand.passBy()
    const others = stand.relay.calls.filter(({ path }) => path !== '/device/v1/events')
    assert.deepEqual(others, [], silence)
  }
})

test('A1 switched OFF while a survival notification is unanswered: it is not repeated', async () => {
  await using stand = await openStand()
  stand.uplink.start()
  await stand.stands('online')
  stand.clock.pass(60_000)
  await until('it is asked', () => stand.asked.length === 1)
  stand.uplink.switchMode(false)
  await stand.stands('off')
  stand.clock.pass(60_000)
  await stand.passBy()
  assert.equal(stand.asked.length, 1)
})

/** Until the last moment in which an answer to its two tries still counts. */
async function askTwice(stand: Awaited<ReturnType<typeof openStand>>): Promise<void> {
  stand.uplink.start()
  await stand.stands('online')
  stand.clock.pass(60_000)
  await until('it is asked', () => stand.asked.length === 1)
  stand.clock.pass(5000)
  await until('it is asked once more, over another connection', () => stand.asked.length === 2)
  stand.clock.pass(4999)
  await stand.passBy()
}

test('A5 an answer counts within the set time, whichever try it is for', async () => {
  for (const which of [0, 1]) {
    await using stand = await openStand()
    await askTwice(stand)
    assert.notEqual(stand.asked[0]?.socket, stand.asked[1]?.socket)
    answer(stand.asked[which])
    await until('the other try is given up', () => stand.asked[1 - which]?.destroyed)
    stand.clock.pass(1)
    await stand.passBy()
    assert.deepEqual([stand.asked.length, stand.sessions()], [2, 1], 'no third try, and no other session')
  }
})

test('A5 no answer within the set time, and not before: a new session', async () => {
  await using stand = await openStand()
  await askTwice(stand)
  assert.equal(stand.sessions(), 1)
  stand.clock.pass(1)
  await until('another session', () => stand.sessions() === 2)
  assert.equal(stand.asked.length, 2)
})

function answer(response: ServerResponse | undefined): void {
  response?.writeHead(200, { 'content-type': 'application/json' }).end('{"recognized":true}')
}

test('field note 11: who is told when to come back comes no sooner, wherever it is told, and never stays away for longer than five minutes', async () => {
  const told = [
    { path: '/device/v1/register', retryAfter: '40' },
    { path: '/http-bind', retryAfter: '25' },
    { path: '/http-bind', retryAfter: '9999' },
    { path: '/http-bind', retryAfter: 'Fri, 27 Nov 2026 10:00:00 GMT' },
  ]
  let turn = 0
  await using stand = await openStand(undefined, (request, response) => {
    const { path, retryAfter } = told[turn] ?? {}
    if (request.url !== path || retryAfter === undefined) return false
    turn++
    response.writeHead(503, { 'retry-after': retryAfter }).end()
    return true
  })
  stand.uplink.start()
  for (const [at, { retryAfter }] of told.entries()) {
    const pauseMs = await until(`it is told ${retryAfter}`, () => stand.pausesMs[at])
    if (at < 2) assert.ok(pauseMs >= Number(retryAfter) * 1000 && pauseMs < 60_000, `${pauseMs}`)
    else assert.ok(at === 2 ? pauseMs === 300_000 : pauseMs < 60_000, `${pauseMs}`)
    stand.clock.pass(pauseMs)
  }
  await stand.stands('online')
  await stand.uplink.stop()
})
