/** What an overloaded node refuses of everything that it can be asked, level by level, through its real door. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, createSeededRandom, silentLog } from '@fairlead/base'
import { accountRoutes } from '../accounts/routes.ts'
import { deviceDoorRoutes } from '../devices/device-routes.ts'
import { deviceRoutes } from '../devices/routes.ts'
import { hostMetaRoutes } from '../discovery/routes.ts'
import { eventRoutes } from '../events/routes.ts'
import { probeRoutes } from '../http/probe-routes.ts'
import type { Route } from '../http/route.ts'
import { adminKey, device, openTestDoor } from '../http/test-door.ts'
import { jobDeviceRoutes } from '../jobs/device-routes.ts'
import { jobRoutes } from '../jobs/routes.ts'
import { witnessRoutes } from '../pairing/witness-routes.ts'
import { requestRoutes } from '../requests/routes.ts'
import type { Work } from './order.ts'
import { type Overload, openOverload } from './overload.ts'

/** What is refused at each level for the first time. */
const order: readonly (readonly string[])[] = [
  [],
  ['registerDevice', 'inquireDevices', 'listAccounts', 'listKeys', 'streamEvents'].concat(
    ['introduce', 'holdForDoctor', 'streamForDoctor'],
    ['readOpenApi', 'readDocs', 'countDevices', 'listDeviceWords', 'showOwnership'],
    ['listWitnessUrls', 'witnessAddress', 'listJobs'],
  ),
  ['showDevice', 'askDevice get', 'askDeviceOfAccount get'],
  ['askDevice set', 'askDevice command', 'askDeviceOfAccount set', 'askDeviceOfAccount command'].concat([
    'findRequest',
    'tellDeviceEvents',
    'askForReset',
    ...[
      'makeJob',
      'printJobAgain',
      'findJob',
      'changeJob',
      'findPrinting',
      'beginUpload',
      'findUpload',
      'continueUpload',
    ],
  ]),
  ['createAccount', 'changeAccount', 'createKey', 'enrolDevice', 'rotateDeviceSecret', 'releaseDevice'].concat([
    'changeDevice',
  ]),
]

/** At no level: it ends what was begun, takes a right away, or shows what is wrong. */
const never = [
  ...[
    'listJobsOfDevice',
    'findJobInformation',
    'fetchDocument',
    'reportJob',
    'cancelJob',
    'removeUpload',
    'fallAsleep',
  ],
  ...['answerRequest', 'notifySurvival', 'removeDevice', 'revokeKey', 'refuseReset'],
  ...['isAlive', 'isReady', 'readMetrics', 'hostMeta', 'hostMetaJson'],
]

/** The routes as they are; what they would do is not done. */
function productRoutes(): Route[] {
  const nothing = Object.create(null)
  const routes = [
    ...deviceRoutes(nothing),
    ...requestRoutes(nothing),
    ...accountRoutes(nothing),
    ...eventRoutes(nothing),
    ...deviceDoorRoutes(nothing),
    ...probeRoutes(nothing),
    ...witnessRoutes({ pairings: nothing, seenUrls: [], publicUrl: () => 'https://relay.example' }),
    ...hostMetaRoutes(() => 'https://relay.example'),
    ...jobRoutes(nothing),
    ...jobDeviceRoutes(nothing),
  ]
  return routes.map((route) => ({ ...route, handle: async () => ({ status: 200, body: {} }) }))
}

interface Node {
  overload: Overload
  clock: ReturnType<typeof createHandClock>
  /** Makes it as overloaded. */
  rise(level: number): void
}

const limits = { lagMs: 200, heapShare: 0.75, logInsPerSecond: 50 }

function openNode(stack: DisposableStack): Node {
  const clock = createHandClock()
  let heapShare = 0
  const watch = () => ({ take: () => ({ lagMs: 0, heapShare }), [Symbol.dispose]() {} })
  const overload = stack.use(openOverload({ clock, random: createSeededRandom(7), log: silentLog, limits, watch }))
  return {
    overload,
    clock,
    rise(level) {
      heapShare = [0, 0.76, 0.79, 0.82, 0.85][level] ?? 0
      clock.pass(500)
      assert.equal(overload.load.level, level)
    },
  }
}

const bodies: Record<string, object> = {
  get: { get: ['model'] },
  set: { set: { location: 'x' } },
  command: { command: 'identify' },
}
const basicOf = ({ id, secret }: typeof device) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

function isTaken({ mustTake }: Overload, work: Work): boolean {
  try {
    mustTake(work)
    return true
  } catch {
    // Refused, which is what is asked.
    return false
  }
}

interface Call {
  /** Its operation, and what it asks for where that matters. */
  name: string
  path: string
  method: string
  key: string
  body: { body?: string }
}

function callsOf(document: { paths: Record<string, Record<string, { operationId: string }>> }): Call[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { operationId }]) => {
      const key = path.startsWith('/device/') ? basicOf(device) : `Bearer ${adminKey}`
      const call = { path: path.replace(/\{\w+\}/g, 'x1'), method: method.toUpperCase(), key }
      if (operationId.startsWith('askDevice'))
        return Object.entries(bodies).map(([kind, asked]) => ({
          ...call,
          name: `${operationId} ${kind}`,
          body: { body: JSON.stringify(asked) },
        }))
      return [{ ...call, name: operationId, body: method === 'post' ? { body: '{}' } : {} }]
    }),
  )
}

test('R-12 each level refuses one kind of work more, in a fixed order, and what is never refused is answered at all of them', async () => {
  using stack = new DisposableStack()
  const { overload, rise } = openNode(stack)
  const routes = productRoutes()
  const { mustTake } = overload
  await using relay = await openTestDoor({ routes, only: true, needs: { mustTake } })
  const document = Object(await (await relay.fetch('/v1/openapi.json')).json())

  const calls = callsOf(document)

  async function refusedNow(): Promise<string[]> {
    const refused: string[] = []
    for (const { name, path, method, key, body } of calls) {
      const response = await relay.fetch(path, { method, headers: { authorization: key }, ...body })
      await response.text()
      if (response.status === 503) refused.push(name)
    }
    return refused.sort()
  }

  for (const level of order.keys()) {
    rise(level)
    // The few registrations that are let in at this moment.
    while (level > 0 && isTaken(overload, 'log-in'));
    const expected = order.slice(0, level + 1).flat()
    assert.deepEqual(await refusedNow(), expected.sort(), `level ${level}`)
  }
  const operations = new Set(calls.map(({ name }) => name.split(' ')[0]))
  const named = order.flat().map((name) => name.split(' ')[0] ?? '')
  assert.deepEqual([...new Set([...named, ...never])].sort(), [...operations].sort(), 'every call has its place')
})

test('R-12 what is refused says so in words, that nothing was sent, and when to come back, not all at once', async () => {
  using stack = new DisposableStack()
  const { overload, rise } = openNode(stack)
  await using relay = await openTestDoor({
    routes: productRoutes(),
    only: true,
    needs: { mustTake: overload.mustTake },
  })
  rise(2)
  const times = new Set<string | null>()
  for (let n = 0; n < 20; n++) {
    const response = await relay.fetch('/v1/devices/x1/requests', {
      method: 'POST',
      key: adminKey,
      body: JSON.stringify(bodies['get']),
    })
    const { code, detail } = Object(await response.json())
    assert.equal(code, 'unavailable')
    assert.match(detail, /^This relay has more to do than it can, and has not taken this call/)
    assert.equal(response.headers.get('fairlead-outcome'), 'not-sent')
    times.add(response.headers.get('retry-after'))
  }
  assert.ok(times.size > 3, [...times].join())
  for (const time of times) assert.ok(Number(time) >= 2 && Number(time) <= 10, String(time))
  assert.deepEqual(overload.shed, { 'log-in': 0, look: 0, get: 20, set: 0, manage: 0 })
})

test('R-12 a device that is ONLINE may register anew at any level, one that is not only a few each second', async () => {
  using stack = new DisposableStack()
  const { overload, clock, rise } = openNode(stack)
  let isOnline = true
  const needs = { mustTake: overload.mustTake, isOnline: (id: string) => isOnline && id === device.id }
  await using relay = await openTestDoor({ routes: productRoutes(), only: true, needs })
  const register = async () => {
    const headers = { authorization: basicOf(device) }
    return (await relay.fetch('/device/v1/register', { method: 'POST', headers, body: '{}' })).status
  }
  rise(4)
  assert.equal(await register(), 200)
  isOnline = false
  assert.equal(await register(), 503)
  clock.pass(60_000)
  assert.equal(await register(), 503, 'at the last level nobody new')

  const other = openNode(stack)
  other.rise(1)
  other.clock.pass(10_000)
  let registered = 0
  for (let ms = 0; ms < 4000; ms += 10) {
    if (isTaken(other.overload, 'log-in')) registered++
    other.clock.pass(10)
  }
  assert.ok(registered >= 190 && registered <= 215, `${registered} in four seconds, of some 50 each`)
  assert.equal(other.overload.shed['log-in'], 400 - registered)
})

test('R-12 new sessions are let in as they come, few at the first level, and none at the last', () => {
  using stack = new DisposableStack()
  const { overload, clock, rise } = openNode(stack)
  const letIn = () => Array.from({ length: 1000 }, () => overload.turnAway()).filter((one) => one === undefined).length
  assert.equal(letIn(), 1000)
  rise(1)
  letIn()
  clock.pass(100)
  assert.ok(letIn() <= 6)
  rise(4)
  clock.pass(10_000)
  assert.equal(letIn(), 0)
})
