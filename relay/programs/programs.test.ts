/** Programs and launches on both databases: pages, figures, bounds, and a program that hangs. */
import assert from 'node:assert/strict'
import { createHandClock, Failure, silentLog, systemRandom } from '@fairlead/base'
import { NewProgram } from '@fairlead/protocol/contract'
import { openProgramService } from '../../testkit/program-service.ts'
import { until } from '../../testkit/until.ts'
import { openDatabase } from '../database/database.ts'
import { type Place, testOnBoth } from '../database/for-tests.ts'
import type { Caller } from '../http/route.ts'
import { openWebhooks } from '../webhooks/webhooks.ts'
import { createPrograms } from './programs.ts'

const admin: Caller = { kind: 'admin' }
const from = '192.0.2.1'

async function openWorld(place: Place) {
  const building = new AsyncDisposableStack()
  // Signatures are checked by the clock of the wall.
  const clock = createHandClock(Date.now() - 1_700_000_000_000)
  const database = building.use(await openDatabase(place))
  await database.write(async ({ sql }) => {
    for (const id of ['default', 'other'])
      await sql
        .insertInto('account')
        .values({ id, name: null, created_at: 0 })
        .onConflict((on) => on.doNothing())
        .execute()
    const nothing = { model: null, serial: null, serial_lower: null, reason: null, address: null, transport: null }
    for (const id of ['one', 'two'])
      await sql
        .insertInto('device')
        .values({
          ...{ ...nothing, id, account: 'default', tags: '[]', capabilities: '{}', registration: 'enrolled' },
          ...{ created_at: 0, state: 'offline', state_since_at: 0, epoch: 0 },
        })
        .execute()
  })
  const webhooks = building.use(
    await openWebhooks({
      ...{ database, clock, random: systemRandom, log: silentLog, networks: ['127.0.0.1'], isAlone: true },
      tried: async () => undefined,
    }),
  )
  const audited: string[] = []
  const programs = createPrograms({
    ...{ database, clock, random: systemRandom, webhooks },
    audit: (_tx, { action }) => void audited.push(action),
    accountExists: () => true,
    findDevice: () => ({ tags: [] }),
    ran: () => undefined,
  })
  const host = building.use(await openProgramService())
  host.decide = ({ type }) => (type === 'run' ? { done: { title: 'Done', lines: [] } } : {})
  const offer = async (program: string, account = 'default') => {
    const order = NewProgram.parse({ program, title: program, url: host.url, account })
    host.trust((await programs.create(admin, order, from)).secret)
  }
  return { clock, database, programs, host, offer, audited, [Symbol.asyncDispose]: () => building.disposeAsync() }
}

testOnBoth('programs come in pages by account and ID, each with how it fares', async (place) => {
  await using world = await openWorld(place)
  const { programs, clock } = world
  for (const [program, account] of [
    ['b', 'other'],
    ['a', 'default'],
    ['c', 'default'],
    ['a', 'other'],
  ] as const)
    await world.offer(program, account)
  const { launches } = programs
  for (const device of ['one', 'two', 'two'])
    for (const program of ['a', 'c']) {
      clock.pass(1_000)
      const caller = { device, account: 'default' }
      const { launchId } = await launches.launch(caller, program)
      if (program === 'c') continue
      await launches.tell(caller, launchId, {})
      await launches.run(caller, launchId, { runId: 'x', values: {} })
    }
  const seen: string[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await programs.list(admin, { limit: 3, ...(cursor && { cursor }) })
    for (const { account, program, devices, launches, lastRun } of page.items)
      seen.push([account, program, devices, launches, lastRun?.device, lastRun?.outcome].join(' '))
    cursor = page.nextCursor
  }
  assert.deepEqual(seen, ['default a 2 3 two done', 'default c 0 0  ', 'other a 0 0  ', 'other b 0 0  '])

  const found: string[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await programs.listLaunches(admin, { program: 'a' }, { limit: 2, ...(cursor && { cursor }) })
    found.push(...page.items.map(({ device, lastRun }) => `${device} ${lastRun?.outcome}`))
    cursor = page.nextCursor
  }
  assert.deepEqual(found, ['two done', 'two done', 'one done'])
})

testOnBoth(
  'a device launches fifty and no more; what it never came back for is forgotten after an hour',
  async (place) => {
    await using world = await openWorld(place)
    const { programs, clock, offer } = world
    await offer('a')
    const caller = { device: 'one', account: 'default' }
    for (let at = 0; at < 50; at++) await programs.launches.launch(caller, 'a')
    const isRefused = (error: unknown) => error instanceof Failure && error.code === 'too-many-requests'
    await assert.rejects(programs.launches.launch(caller, 'a'), isRefused)
    await programs.launches.launch({ device: 'two', account: 'default' }, 'a')
    clock.pass(3_600_001)
    await programs.launches.launch(caller, 'a')
    assert.equal((await programs.listLaunches(admin, { program: 'a' }, { limit: 500 })).items.length, 2)
  },
)

testOnBoth('a program that hangs is told as away after twenty seconds, and so is its run', async (place) => {
  await using world = await openWorld(place)
  const { programs, clock, host, offer } = world
  await offer('a')
  const caller = { device: 'one', account: 'default' }
  const { launchId } = await programs.launches.launch(caller, 'a')
  await programs.launches.tell(caller, launchId, {})
  host.decide = () => undefined
  const hung = programs.launches.run(caller, launchId, { runId: 'x', values: {} }).catch((error: unknown) => error)
  await until('it was called', () => host.received.at(-1)?.call.type === 'run')
  clock.pass(19_999)
  assert.equal((await programs.find(admin, { program: 'a' })).lastRun, null)
  clock.pass(1)
  const error = await hung
  assert.ok(error instanceof Failure && error.code === 'program-unreachable', String(error))
  assert.match(error.message, /within 20 seconds/)
  assert.equal((await programs.find(admin, { program: 'a' })).lastRun?.outcome, 'unreachable')
})

testOnBoth('runs that a node took with it when it died are under way for a minute at most', async (place) => {
  await using world = await openWorld(place)
  const { programs, clock, database, offer } = world
  await offer('a')
  const caller = { device: 'one', account: 'default' }
  const { launchId } = await programs.launches.launch(caller, 'a')
  await programs.launches.tell(caller, launchId, {})
  const run = () => programs.launches.run(caller, launchId, { runId: 'x', values: {} })
  await database.write(async ({ sql }) => {
    const orphans = Array.from({ length: 10 }, (_, at) => ({
      call_id: `${at}`,
      device: 'one',
      started_at: clock.wallNow(),
    }))
    await sql.insertInto('launch_run').values(orphans).execute()
  })
  await assert.rejects(run(), (error) => error instanceof Failure && error.code === 'too-many-requests')
  clock.pass(60_001)
  assert.deepEqual(await run(), { done: { title: 'Done', lines: [] } })
  assert.deepEqual(await database.read.selectFrom('launch_run').selectAll().execute(), [])
})
