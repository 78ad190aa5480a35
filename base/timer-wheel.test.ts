/** The wheel rings each timer once, in order, in time, and keeps nothing alive for nothing. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createSeededRandom } from './random.ts'
import { TimerWheel } from './timer-wheel.ts'

/** A wheel on a clock that is turned by hand; it knows of one alarm at a time, like the real one. */
function openWheel() {
  let nowMs = 1000
  let alarm: { atMs: number; ring: () => void } | undefined
  const wheel = new TimerWheel({
    now: () => nowMs,
    ringIn(delayMs, ring) {
      const mine = { atMs: nowMs + delayMs, ring }
      alarm = mine
      return () => {
        if (alarm === mine) alarm = undefined
      }
    },
  })
  return {
    wheel,
    now: () => nowMs,
    isArmed: () => alarm !== undefined,
    pass(ms: number) {
      const untilMs = nowMs + ms
      while (alarm && alarm.atMs <= untilMs) {
        const { atMs, ring } = alarm
        alarm = undefined
        nowMs = Math.max(nowMs, atMs)
        ring()
      }
      nowMs = untilMs
    },
  }
}

test('a thousand timers ring once each, in the order of their ticks, none early and none late; cancelled ones never', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = createSeededRandom(seed)
    const { wheel, now, pass, isArmed } = openWheel()
    const rung = new Map<number, number>()
    const due = new Map<number, number>()
    const order: number[] = []
    for (let index = 0; index < 1000; index++) {
      const atMs = now() + Math.floor(random.fraction() * 5000)
      const timer = wheel.at(atMs, () => {
        rung.set(index, (rung.get(index) ?? 0) + 1)
        order.push(Math.ceil(atMs / 4))
        assert.ok(now() >= atMs && now() < atMs + 8, `seed ${seed}: due at ${atMs}, rang at ${now()}`)
      })
      if (random.fraction() < 0.3) timer.cancel()
      else due.set(index, 1)
      if (random.fraction() < 0.1) pass(Math.floor(random.fraction() * 40))
    }
    pass(6000)
    assert.deepEqual([...rung].sort(), [...due].sort(), `seed ${seed}`)
    assert.equal(isArmed(), false)
  }
})

test('what a timer sets for now rings later, not in the same turn', () => {
  const { wheel, now, pass } = openWheel()
  const rang: number[] = []
  wheel.at(now(), () => {
    wheel.at(now(), () => rang.push(now()))
    assert.deepEqual(rang, [])
  })
  pass(20)
  assert.equal(rang.length, 1)
})

test('a timer may cancel its neighbours, itself, and all there are', () => {
  const { wheel, now, pass, isArmed } = openWheel()
  const rang: string[] = []
  const first = wheel.at(now() + 10, () => {
    rang.push('first')
    first.cancel()
    second.cancel()
    third.cancel()
    wheel.at(now() + 10, () => rang.push('fourth'))
  })
  const second = wheel.at(now() + 10, () => rang.push('second'))
  const third = wheel.at(now() + 50, () => rang.push('third'))
  pass(100)
  assert.deepEqual(rang, ['first', 'fourth'])
  assert.equal(isArmed(), false)
})

test('one that throws does not cost the others', () => {
  const { wheel, now, pass } = openWheel()
  const rang: string[] = []
  wheel.at(now() + 10, () => {
    throw new Error('bug')
  })
  wheel.at(now() + 10, () => rang.push('beside'))
  wheel.at(now() + 90, () => rang.push('later'))
  assert.throws(() => pass(20), /bug/)
  pass(100)
  assert.deepEqual(rang, ['beside', 'later'])
})

test('a program whose timers are all cancelled ends at once', () => {
  const clock = fileURLToPath(new URL('./clock.ts', import.meta.url))
  const program = `import { systemClock } from ${JSON.stringify(clock)}
    const timers = [60_000, 120_000].map((ms) => systemClock.at(systemClock.now() + ms, () => {}))
    systemClock.at(systemClock.now() + 10, () => {})
    for (const timer of timers) timer.cancel()`
  const { status, signal } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', program], {
    timeout: 30_000,
  })
  assert.deepEqual({ status, signal }, { status: 0, signal: null })
})
