/** Field note 11: all lose their relay at once and come back at once; here they come back spread, and nobody starves. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { untilState } from '../device-look.ts'
import { joinByHand } from '../hand-device.ts'
import { type HttpWire, openHttpWire, type Visit } from '../http-wire.ts'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import { until } from '../until.ts'
import { type Fleet, openFleet, untilOnline } from './fleet.ts'
import { openPoints, type Points } from './points.ts'

// The pauses themselves, and that they start over only after a session that lasted: agent/uplink/comeback.test.ts.

const count = 300
const outageMs = 1500
/** On a machine with much else to do a device tries in vain six times, and waits for up to a minute then. */
const backMs = 150_000
const times = ['--wait', '50', '--inactivity', '20', '--survival-timeout', '0', '--management-timeout', '120']

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let points: Points
let wire: HttpWire
let fleet: Fleet

before(async () => {
  street = scene.use(await openNeighbourhood({ relay: times }))
  points = scene.use(await openPoints(street.url))
  wire = scene.use(await openHttpWire(points.url))
  fleet = scene.use(await openFleet(street, count, wire.url))
})
after(() => scene.disposeAsync())

/** The most visits that came within one quarter of a second. */
function busiest(visits: readonly Visit[]): number {
  const windows = Map.groupBy(visits, ({ atMs }) => Math.floor(atMs / 250))
  return Math.max(0, ...[...windows.values()].map(({ length }) => length))
}

/**
 * Twice, since many agents forget their pauses as soon as they were let in once: then the second storm is the worse one.
 * After a kill they go on with their sessions; an upgrade ends them, so that all register and log in.
 */
for (const [signal, words, visitsEach] of [
  ['SIGKILL', 'it was killed', 2],
  ['SIGTERM', 'it is upgraded', 8],
] as const)
  test(`pain 11: three hundred devices lose their relay in one moment, because ${words}, and nobody storms or starves`, async () => {
    const goneAtMs = performance.now()
    // Who is told that it stops hears so.
    if (signal === 'SIGKILL') points.lead(undefined)
    await street.restartRelay(signal)
    points.lead(undefined)
    await until('it has been away for a while', () => performance.now() - goneAtMs > outageMs)
    const backAtMs = performance.now()
    points.lead(street.url)

    // Whoever comes now for the first time is let in and served, in the middle of it.
    await using newcomer = await joinByHand(street, `newcomer-${signal.toLowerCase()}`)
    newcomer.serve(() => ({ values: { model: 'Hand' }, errors: {} }))
    await untilState(street.service, newcomer.id, 'online', 5000)
    const online = untilOnline(street, count, backMs, () =>
      [fleet.process(), street.relay()].flatMap(({ output }) => Object.values(output())).join('\n'),
    )
    let asked = 0
    for (let isOver = false; !isOver; asked++) {
      const startedAtMs = performance.now()
      const { status } = await street.service.ask(newcomer.id, { get: ['model'] })
      assert.equal(status, 200)
      assert.ok(performance.now() - startedAtMs < 5000, 'a service does not feel the storm')
      isOver = await Promise.race([online.then(() => true), pause(200, false)])
    }
    assert.ok(asked > 1)

    const meanwhile = wire.visits.filter(({ atMs }) => atMs >= goneAtMs && atMs < backAtMs)
    assert.ok(
      meanwhile.length < count * 8,
      `${meanwhile.length} tries in ${Math.round(backAtMs - goneAtMs)} ms without a relay`,
    )
    const later = wire.visits.filter(({ atMs }) => atMs >= backAtMs)
    // A device that comes back visits the relay so often at least: all in one moment would be twice as many.
    assert.ok(busiest(later) < (count * visitsEach) / 2, `${busiest(later)} visits within 250 ms`)
    const registers = later.filter(({ path }) => path === '/device/v1/register')
    assert.ok(busiest(registers) < count / 3, `${busiest(registers)} devices registered within 250 ms`)
    const replies = await Promise.all(fleet.ids.map((id) => street.service.ask(id, { get: ['model'] })))
    assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200])
    const all = wire.visits.filter(({ atMs, path }) => atMs >= goneAtMs && path === '/device/v1/register')
    // One that did not hear why opens a new session without it.
    if (signal === 'SIGTERM') assert.ok(all.length > 0.9 * count, `${all.length} registered`)
  })
