/** When something is ordered: case by case, and in made-up lives of devices with a crash between any two effects. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Condition, Json } from '@fairlead/protocol/contract'
import fc from 'fast-check'
import { apartMs, newOrderMachine, type OrderEffect, type OrderMachine, step } from './order-machine.ts'

const low: Condition = { object: 'toner.black', op: '<=', value: 20, hysteresis: 10, forSeconds: 0 }

function play(conditions: readonly Condition[] = [low], wantedSinceAt: number | 'never' = 0) {
  const state = newOrderMachine(conditions)
  const orders: { at: number; life: number }[] = []
  const looks: number[] = []
  const played = {
    state,
    orders,
    looks,
    read(seconds: number, value: Json, object = 'toner.black', more = {}): void {
      played.readAll(seconds, { [object]: value }, more)
    },
    readAll(seconds: number, values: Record<string, Json>, more = {}): void {
      const at = seconds * 1000
      const effects: OrderEffect[] = []
      const told = Object.entries(values).map(([object, value]) => ({ object, value, at, source: 'event' }) as const)
      const since = wantedSinceAt === 'never' ? undefined : wantedSinceAt
      step(state, { kind: 'read', told, wantedSinceAt: since, isPaused: false, ...more }, at, effects)
      for (const effect of effects)
        if (effect.kind === 'order') orders.push({ at: seconds, life: effect.life })
        else looks.push(effect.atMs / 1000)
    },
  }
  return played
}

test('two readings that agree, five seconds apart, are an order; the machine asks for the second one', () => {
  const { read, orders, looks } = play()
  read(10, 18)
  assert.deepEqual([orders, looks], [[], [15]])
  read(14, 17)
  assert.deepEqual(orders, [])
  read(15, 17)
  read(30, 16)
  assert.deepEqual(orders, [{ at: 15, life: 1 }])
})

test('two that do not agree are none, nor is unknown, nor one before the instruction', () => {
  const falling = play()
  falling.read(10, 18)
  falling.read(20, 12)
  assert.deepEqual(falling.orders, [])
  falling.read(30, 8)
  assert.deepEqual(falling.orders, [{ at: 30, life: 1 }])
  const unknown = play()
  for (const [at, value] of [10, 'unknown', 10, 'some', 10].entries()) unknown.read(at * 10, value)
  assert.deepEqual(unknown.orders, [])
  const early = play([low], 15_000)
  early.read(10, 10)
  early.read(20, 10)
  assert.deepEqual(early.orders, [])
  early.read(30, 10)
  assert.deepEqual(early.orders, [{ at: 30, life: 1 }])
  const never = play([low], 'never')
  for (const at of [10, 20, 30]) never.read(at, 1)
  assert.deepEqual([never.orders, never.looks], [[], []])
})

test('what is told late, and what is an hour old, is no evidence', () => {
  const late = play()
  late.read(20, 10)
  late.read(10, 10)
  assert.deepEqual(late.orders, [])
  late.read(3_700, 10)
  assert.deepEqual(late.orders, [])
  late.read(3_705, 10)
  assert.deepEqual(late.orders, [{ at: 3_705, life: 1 }])
})

test('a new cartridge is a rise by the hysteresis, read twice; then there is one order more', () => {
  const { read, orders, state } = play()
  for (const at of [10, 20]) read(at, 10)
  for (const at of [30, 40]) read(at, 29)
  assert.equal(state.life, 1, '29 is not yet 30')
  read(50, 100)
  read(60, 10)
  read(70, 100)
  for (const at of [80, 90]) read(at, 10)
  assert.deepEqual(orders, [{ at: 20, life: 1 }], 'one reading may be a mistake')
  for (const at of [100, 110]) read(at, 100)
  for (const at of [120, 130, 140]) read(at, 20)
  assert.deepEqual(orders.slice(1), [{ at: 130, life: 2 }])
})

test('all conditions must hold, each by its own readings, and for as long as is wanted', () => {
  const busy: Condition = { object: 'pages', op: '>=', value: 1000, hysteresis: 10, forSeconds: 0 }
  const both = play([low, busy])
  for (const at of [10, 20]) both.read(at, 5)
  assert.deepEqual(both.orders, [])
  both.read(30, { value: 1200, unit: 'impressions' }, 'pages')
  both.read(40, { value: 1210, unit: 'impressions' }, 'pages')
  assert.deepEqual(both.orders, [{ at: 40, life: 1 }])
  const lasting = play([{ ...low, forSeconds: 600 }])
  for (const at of [10, 20]) lasting.read(at, 5)
  assert.deepEqual([lasting.orders, lasting.looks.at(-1)], [[], 610])
  lasting.read(300, 50)
  for (const at of [310, 611]) lasting.read(at, 5)
  assert.deepEqual(lasting.orders, [])
  lasting.read(910, 5)
  assert.deepEqual(lasting.orders, [{ at: 910, life: 1 }])
})

test('what is read together is weighed together, and what is old is read again at once', () => {
  const idle: Condition = { object: 'status', op: '==', value: 'idle', hysteresis: 10, forSeconds: 0 }
  const both = play([low, idle])
  both.readAll(10, { 'toner.black': 30, status: 'idle' })
  both.readAll(20, { 'toner.black': 10, status: 'idle' })
  both.readAll(30, { 'toner.black': 10, status: 'printing' })
  assert.deepEqual(both.orders, [], 'its toner is low, and it is not idle')
  for (const at of [40, 50]) both.readAll(at, { status: 'idle' })
  assert.deepEqual(both.orders, [{ at: 50, life: 1 }])
  const old = play([low, idle])
  for (const at of [10, 20]) old.read(at, 'idle', 'status')
  for (const at of [4_000, 4_010]) old.read(at, 10)
  assert.deepEqual([old.orders, old.looks.at(-1)], [[], 4_000], 'once')
})

test('a clock that is put back does not keep a device from being read', () => {
  const { state, orders, read } = play()
  read(1_000_000, 10)
  state.newest['toner.black'] = 1_000_000_000
  for (const at of [10, 20]) read(at, 10)
  assert.deepEqual(orders, [{ at: 20, life: 1 }])
})

test('a pause orders nothing, and what was read in it is no evidence', () => {
  const { read, orders } = play()
  for (const at of [10, 20]) read(at, 5, 'toner.black', { isPaused: true })
  read(30, 5)
  assert.deepEqual(orders, [])
  read(40, 5)
  assert.deepEqual(orders, [{ at: 40, life: 1 }])
})

/** What an outsider sees of one moment of a device's life. */
interface Moment {
  at: number
  value: Json
  /** Since when the owner has wanted it, with nothing in between. */
  sinceAt: number | undefined
}

const oneReading = fc.record({
  waits: fc.constantFrom(0, 1_000, 5_000, 6_000, 60_000, 4_000_000),
  away: fc.integer({ min: -4, max: 4 }),
  /** Somebody withdraws what stands for their will, gives it, or changes nothing. */
  will: fc.oneof(
    { weight: 30, arbitrary: fc.constant('same') },
    { weight: 1, arbitrary: fc.constantFrom('on', 'off') },
  ),
  /** The process dies when so many of the effects are on disk; the machine's own state is the last of them. */
  crashAfter: fc.oneof(
    { weight: 9, arbitrary: fc.constant(9) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 }) },
  ),
})

/** A cartridge reads about the same for a while. */
const someReadings = fc
  .record({
    level: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 5, max: 22 }) },
      { weight: 4, arbitrary: fc.integer({ min: 28, max: 40 }) },
      { weight: 1, arbitrary: fc.constantFrom('unknown', 'some') },
    ),
    readings: fc.array(oneReading, { minLength: 1, maxLength: 6 }),
  })
  .map(({ level, readings }) =>
    readings.map(({ away, ...more }) => ({ ...more, value: typeof level === 'number' ? level + away : level })),
  )

const isLow = (value: Json) => typeof value === 'number' && value <= 20
const isNew = (value: Json) => typeof value === 'number' && value >= 30

/** Two of these, the one at the end among them, agree and are far enough apart, and so does all between them read. */
function hasPair(moments: readonly Moment[], reads: (value: Json) => boolean): boolean {
  const last = moments.at(-1)
  for (let at = moments.length - 1; at >= 0; at--) {
    const moment = moments[at] as Moment
    if (!last || !reads(moment.value)) return false
    const agrees = moments.slice(at).some((other) => {
      const isNear = Math.abs(Number(moment.value) - Number(other.value)) <= 5
      return isNear && other.at - moment.at >= apartMs
    })
    if (agrees) return true
  }
  return false
}

/** What an outsider checks of an order that was taken just now. @param between since the order before it, if there was one */
function mustHaveReasons(moments: readonly Moment[], between: readonly Moment[] | undefined): void {
  const { sinceAt } = moments.at(-1) as Moment
  assert.ok(sinceAt !== undefined, 'the owner wants it')
  const wanted = moments.filter((moment) => moment.sinceAt === sinceAt)
  assert.ok(hasPair(wanted, isLow), 'two readings agree that it is low')
  const isReplaced = between?.some((_, end) => hasPair(between.slice(0, end + 1), isNew)) ?? true
  assert.ok(isReplaced, 'it is another cartridge')
}

interface Happens {
  waits: number
  value: Json
  will: string
  crashAfter: number
}

/** @returns how much was ordered in this life of a device */
function live(events: readonly Happens[]): number {
  let disk = JSON.stringify(newOrderMachine([low]))
  /** Which lives were ordered for, and how much had been read by then: the unique index of the record. */
  const orders = new Map<number, number>()
  const moments: Moment[] = []
  let sinceAt: number | undefined = 0
  let at = 0

  function take(life: number): void {
    if (orders.has(life)) return
    const before = [...orders.values()].at(-1)
    mustHaveReasons(moments, before === undefined ? undefined : moments.slice(before))
    orders.set(life, moments.length)
  }

  for (const { waits, value, will, crashAfter } of events) {
    at += waits
    if (will !== 'same') sinceAt = will === 'off' ? undefined : (sinceAt ?? at)
    moments.push({ at, value, sinceAt })
    const state: OrderMachine = JSON.parse(disk)
    const effects: OrderEffect[] = []
    const told = [{ object: 'toner.black', value, at, source: 'event' }] as const
    step(state, { kind: 'read', told, wantedSinceAt: sinceAt, isPaused: false }, at, effects)
    for (const effect of effects.slice(0, crashAfter)) if (effect.kind === 'order') take(effect.life)
    // What was not written down was never read: its device tells it again, or is asked again.
    if (crashAfter > effects.length) disk = JSON.stringify(state)
    else moments.pop()
  }
  return orders.size
}

test('B8 whatever a device reads, whoever changes their mind and wherever it crashes: no order without its reasons, and one a cartridge', () => {
  const lives = [0, 0, 0]
  const oneLife = fc.property(fc.array(someReadings, { minLength: 1, maxLength: 12 }), (parts) => {
    const ordered = live(parts.flat())
    for (let at = 0; at <= ordered && at < lives.length; at++) lives[at] = (lives[at] ?? 0) + 1
  })
  fc.assert(oneLife, { numRuns: 2_000, seed: 8 })
  const [, once = 0, again = 0] = lives
  assert.ok(once > 500 && again > 100, `so few lives have orders that this shows nothing: ${lives}`)
})
