/** The life of a job, step by step, and what may never happen in it, whatever comes in whichever order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '@fairlead/base'
import type { JobReport, JobState } from '@fairlead/protocol/contract'
import { hasEnded, isWithRelay, type JobEffect, type JobEvent, type JobLife, newLife, step } from './job-machine.ts'

const at = (ms: number) => new Date(ms).toISOString()
const report = (...states: JobReport['states'][number]['state'][]): JobEvent => ({
  kind: 'reported',
  report: { states: states.map((state) => ({ state, at: at(5_000) })) },
})

function play(...events: JobEvent[]) {
  const job = newLife(100_000, undefined, 1_000)
  const effects: JobEffect[] = []
  for (const event of events) step(job, event, 10_000, effects)
  return { job, effects, states: job.states.map(({ state }) => state) }
}

test('M1 a job is waiting, notified, received, fetched, executing and done', () => {
  const { states, job, effects } = play(
    { kind: 'notified' },
    { kind: 'received' },
    report('fetched'),
    report('executing'),
    report('done'),
  )
  assert.deepEqual(states, ['waiting', 'notified', 'received', 'fetched', 'executing', 'done'])
  assert.equal(job.due, false)
  assert.deepEqual(effects.at(-1), { kind: 'drop-document', when: 'now' })
})

test('M1 a device that asks before it is known that the notification has left was notified all the same', () => {
  assert.deepEqual(play({ kind: 'received' }).states, ['waiting', 'notified', 'received'])
})

test('M1 a report that comes again, late or out of order changes nothing', () => {
  const { states } = play(
    { kind: 'received' },
    report('fetched', 'executing'),
    report('fetched'),
    report('done'),
    report('failed'),
  )
  assert.deepEqual(states, ['waiting', 'notified', 'received', 'fetched', 'executing', 'done'])
})

test('M1 what the device tells after all of one that was called unknown stands', () => {
  assert.deepEqual(play({ kind: 'received' }, report('unknown'), report('done')).states.slice(-2), ['unknown', 'done'])
  assert.equal(play({ kind: 'received' }, { kind: 'device-gone' }, report('done')).job.state, 'done')
})

test('N1 of what a proxy had that signed off nobody knows the end; what it had not is as it was', () => {
  const { job } = play({ kind: 'received' }, report('executing'), { kind: 'holder-gone' })
  assert.equal(job.state, 'unknown')
  assert.match(job.reason ?? '', /signed off before it told the end/)
  assert.deepEqual(play({ kind: 'notified' }, { kind: 'holder-gone' }).states, ['waiting', 'notified'])
  assert.equal(play({ kind: 'received' }, report('done'), { kind: 'holder-gone' }).job.state, 'done')
})

test('M1 a clock of a device that is wrong does not put its steps in another order', () => {
  const job = newLife(100_000, undefined, 20_000)
  step(job, { kind: 'received' }, 30_000, [])
  step(
    job,
    {
      kind: 'reported',
      report: {
        states: [
          { state: 'fetched', at: at(0) },
          { state: 'done', at: at(9e12) },
        ],
      },
    },
    40_000,
    [],
  )
  assert.deepEqual(
    job.states.map(({ at }) => at),
    [20_000, 30_000, 30_000, 30_000, 40_000],
  )
})

test('M1 before it is received a job is cancelled at once; from then on the device is asked, and its word counts', () => {
  for (const before of [[], [{ kind: 'notified' } as const]]) {
    const { job } = play(...before, { kind: 'cancel' })
    assert.equal(job.state, 'cancelled')
    assert.equal(job.due, false)
  }
  const { job, effects } = play({ kind: 'received' }, { kind: 'cancel' })
  assert.equal(job.state, 'received')
  assert.equal(job.cancelAsked, true)
  assert.equal(job.due, true)
  assert.equal(effects.at(-1)?.kind, 'notify')
  assert.equal(play({ kind: 'received' }, { kind: 'cancel' }, report('done')).job.state, 'done')
})

test('M1 a device that takes no word about a job that it has goes on with it; a document that is lost ends what is not fetched', () => {
  const refused = { kind: 'refused', reason: 'It prints no documents.' } as const
  const lost = { kind: 'impossible', reason: 'The document is lost.' } as const
  assert.equal(play(refused).job.state, 'failed')
  assert.equal(play({ kind: 'received' }, { kind: 'cancel' }, refused).job.state, 'received')
  assert.equal(play({ kind: 'received' }, lost).job.state, 'failed')
  assert.equal(play({ kind: 'received' }, report('fetched', 'executing'), lost).job.state, 'executing')
})

test('M1 a job that is held is not taken by its device, and goes when it is released', () => {
  const { job, states } = play({ kind: 'notified' }, { kind: 'hold' }, { kind: 'received' })
  assert.deepEqual(states, ['waiting', 'notified', 'waiting'])
  assert.equal(job.due, false)
  step(job, { kind: 'release' }, 11_000, [])
  assert.equal(job.due, true)
  step(job, { kind: 'received' }, 12_000, [])
  assert.equal(job.state, 'received')
})

test('H1 a job for a person goes once it is released; one whose document came later waits for them then, and expires with why', () => {
  for (const isBegun of [false, true]) {
    const job = newLife(100_000, isBegun ? 'document' : 'person', 1_000)
    const effects: JobEffect[] = []
    if (isBegun) step(job, { kind: 'release' }, 1_500, effects)
    if (isBegun) step(job, { kind: 'document-came', expiresAt: 200_000, forPerson: true }, 2_000, effects)
    assert.deepEqual([job.heldFor, job.due, job.expiresAt], ['person', false, isBegun ? 200_000 : 100_000])
    const late = structuredClone(job)
    step(late, { kind: 'time' }, 200_000, [])
    assert.deepEqual([late.state, late.reason], ['expired', 'Its person did not release it at the device in time.'])
    step(job, { kind: 'release' }, 3_000, effects)
    assert.deepEqual([job.heldFor, job.due, effects.at(-1)?.kind], [undefined, true, 'notify'])
  }
})

test('E1 a device that has changed does not take the job: somebody is asked', () => {
  const { job } = play({ kind: 'unfit', reason: 'It prints no color.' })
  assert.deepEqual(
    [job.state, job.heldFor, job.reason, job.due],
    ['waiting', 'device-changed', 'It prints no color.', false],
  )
})

test('E1 a deadline is for what the device has not recorded', () => {
  const job = newLife(100_000, 'asked', 1_000)
  step(job, { kind: 'time' }, 99_999, [])
  assert.equal(job.state, 'waiting')
  step(job, { kind: 'time' }, 100_000, [])
  assert.equal(job.state, 'expired')
  const taken = play({ kind: 'received' }).job
  step(taken, { kind: 'time' }, 200_000, [])
  assert.equal(taken.state, 'received')
})

test('M1 a device that is silent for too long: what it has is unknown, with the page it stopped at, and its word still stands', () => {
  const silent = { kind: 'silent', sinceMs: Date.UTC(2026, 0, 2, 3, 4, 5) } as const
  const pages: JobEvent = { kind: 'reported', report: { states: [], pagesDone: 3 } }
  const { job, effects } = play({ kind: 'received' }, report('fetched', 'executing'), pages, silent)
  assert.equal(job.state, 'unknown')
  assert.equal(
    job.reason,
    'Nothing was heard of the device since 2026-01-02 03:04 UTC; page 3 is the last that is known to have come out.',
  )
  assert.deepEqual(effects.at(-1), { kind: 'drop-document', when: 'soon' })
  step(job, report('done'), 20_000, [])
  assert.equal(job.state, 'done')
  assert.match(play({ kind: 'received' }, silent).job.reason ?? '', /no page is known to have come out/)
  assert.equal(play({ kind: 'notified' }, silent).job.state, 'notified')
  assert.equal(play({ kind: 'received' }, report('failed'), silent).job.state, 'failed')
})

test('M1 what is unknown and was printed again is not wanted of the first device any more, should it still come', () => {
  const { job } = play({ kind: 'received' }, { kind: 'silent', sinceMs: 0 }, { kind: 'again' })
  assert.deepEqual([job.state, job.cancelAsked, job.due], ['unknown', true, false])
  step(job, report('cancelled'), 20_000, [])
  assert.equal(job.state, 'cancelled')
  assert.equal(play({ kind: 'received' }, report('failed'), { kind: 'again' }).job.cancelAsked, false)
})

const kinds = [
  ...(['notified', 'received', 'reported', 'cancel', 'hold', 'release'] as const),
  ...(['unfit', 'refused', 'impossible', 'holder-gone', 'device-gone', 'silent', 'again', 'time'] as const),
]
const reported = ['fetched', 'executing', 'done', 'failed', 'cancelled', 'unknown'] as const

test('M1 100,000 lives of chance: only forwards, one end, never printed by the relay alone, and told of each step', () => {
  const random = createSeededRandom(11)
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random.fraction() * items.length)] as Item
  const happening = (): JobEvent => {
    const kind = pick(kinds)
    if (kind === 'reported') return report(pick(reported), pick(reported))
    if (kind === 'silent') return { kind, sinceMs: 0 }
    return kind === 'unfit' || kind === 'refused' || kind === 'impossible' ? { kind, reason: 'x' } : { kind }
  }
  for (let life = 0; life < 100_000; life++) {
    const job = newLife(5, random.fraction() < 0.2 ? 'asked' : undefined, 0)
    let hasDevice = false
    for (let now = 1; now < 9; now++) {
      const before = job.state
      const effects: JobEffect[] = []
      const event = happening()
      step(job, event, now, effects)
      const isOver = hasEnded(before) && before !== 'unknown'
      hasDevice ||= !isOver && (event.kind === 'reported' || (event.kind === 'received' && !job.heldFor))
      mustHold(job, before, effects)
      if (['fetched', 'executing', 'done'].includes(job.state)) assert.ok(hasDevice)
      if (job.state === 'expired') assert.ok(!hasDevice)
    }
  }
})

function mustHold(job: JobLife, before: JobState, effects: readonly JobEffect[]): void {
  if (job.state !== before) assert.ok(effects.some((effect) => effect.kind === 'tell'))
  if (hasEnded(before) && before !== 'unknown') assert.equal(job.state, before)
  if (!isWithRelay(before)) assert.ok(!isWithRelay(job.state), `${before} became ${job.state}`)
  if (job.heldFor || hasEnded(job.state)) assert.equal(job.due, false)
  const times = job.states.map(({ at }) => at)
  assert.ok(times.every((time, i) => i === 0 || time >= (times[i - 1] ?? 0)))
}
