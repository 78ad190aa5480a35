/** The life of programs: what goes to disk before what, what is asked once, and what comes too late. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mostPatienceMs, shownMs, step } from './program-machine.ts'
import {
  noPrograms,
  type ProgramEffect,
  type ProgramInput,
  type Programs,
  ProgramsState,
  programsOf,
  type RunInput,
} from './program-state.ts'

const startMs = Date.parse('2026-11-28T03:00:00.000Z')
const offer = { program: 'today', title: 'Print today’s page', description: '' }
const ask = { ask: { title: 'To whom?', fields: [{ name: 'to', label: 'Address', type: 'email' as const }] } }
const done = { done: { title: 'Sent', lines: ['To ann@example.com'] } }
const address = 'https://relay.example/device/v1/launches/l1/runs'
const values = { model: 'M', location: 'hall' }

function open(asks = ['model', 'location']) {
  let state: Programs = noPrograms('owner')
  let disk = ''
  let nowMs = startMs
  /** @returns what is to be done, in order */
  function happen(input: ProgramInput): string {
    const effects: ProgramEffect[] = []
    step(state, input, nowMs, effects)
    if (effects.some(({ kind }) => kind === 'keep')) disk = JSON.stringify(ProgramsState.parse(state))
    return effects.map(({ kind }) => kind).join(' ')
  }
  const go = (input: RunInput) => happen({ ...input, turn: state.run?.turn ?? -1 })
  const stage = () => state.run?.stage.name
  const touch = (runId = 'r1') => happen({ kind: 'touched', program: 'today', runId })
  const gathered = (more = {}) => ({ kind: 'gathered', values, serial: 'S1', isSilent: false, ...more }) as const
  function launch(launchId = 'l1'): void {
    go({ kind: 'identified', launchId, asks })
    go(gathered())
    if (stage() === 'consent') go({ kind: 'agreed' })
    go({ kind: 'taken', address })
  }
  return {
    ...{ happen, go, stage, touch, gathered, launch },
    state: () => state,
    pass(ms: number) {
      nowMs += ms
    },
    /** The process is killed, and another one starts. */
    crash() {
      state = programsOf(ProgramsState.parse(JSON.parse(disk)))
      return happen({ kind: 'recalled' })
    },
  }
}

function opened(asks?: string[]) {
  const device = open(asks)
  device.happen({ kind: 'offered', programs: [offer] })
  return device
}

test('L1 the first touch asks for an identification, tells what a person allows, and keeps the request information before it is sent', () => {
  const { go, stage, touch, gathered, state } = opened()
  assert.equal(touch(), 'keep work')
  assert.equal(go({ kind: 'identified', launchId: 'l1', asks: ['model', 'location', 'contact'] }), 'keep work')
  assert.equal(go(gathered({ values: { ...values, serial: 'S1', mac: 'aa' } })), 'keep wake')
  const consent = state().run?.stage
  assert.deepEqual(consent?.name === 'consent' && consent.values, values, 'what was asked for and it has, nothing else')
  assert.equal(go({ kind: 'agreed' }), 'keep work')
  assert.equal(stage(), 'telling')
  assert.deepEqual(state().launches, [])
  assert.equal(go({ kind: 'taken', address }), 'keep work')
  const asks = ['model', 'location', 'contact']
  const kept = { launchId: 'l1', program: 'today', address, asks, values, serial: 'S1' }
  assert.deepEqual([state().launches, stage()], [[kept], 'running'])
})

test('L1 the next time one touch sends what is kept, as it stands; refreshed when the device is another', () => {
  const { go, stage, touch, gathered, launch, happen, state } = opened()
  touch()
  launch()
  go({ kind: 'stepped', step: done })
  touch('r2')
  assert.equal(stage(), 'gathering')
  assert.equal(go(gathered({ values: { model: 'M', location: 'elsewhere' } })), 'keep work')
  assert.deepEqual([stage(), state().launches[0]?.values], ['running', values])
  happen({ kind: 'cancelled', runId: 'r2' })
  for (const same of [
    { isSilent: true, serial: null, values: {} },
    { serial: null, values: {} },
  ]) {
    touch('r3')
    go(gathered(same))
    assert.deepEqual([stage(), state().launches[0]?.values], ['running', values])
    happen({ kind: 'cancelled', runId: 'r3' })
  }
  touch('r4')
  go(gathered({ serial: 'S2', values: { model: 'N' } }))
  assert.deepEqual(
    [stage(), state().launches[0]?.values, state().launches[0]?.serial],
    ['running', { model: 'N' }, 'S2'],
  )
})

test('L1 a dead launch is forgotten and launched anew by itself, and asks again only if it wants to know more; twice dead is gone', () => {
  const device = opened()
  const { go, stage, touch, gathered, launch, state } = device
  touch()
  launch()
  assert.equal(go({ kind: 'dead' }), 'keep work')
  assert.deepEqual([stage(), state().launches], ['launching', []])
  go({ kind: 'identified', launchId: 'l2', asks: ['location'] })
  go(gathered())
  assert.equal(stage(), 'telling', 'it may know that')
  go({ kind: 'taken', address })
  assert.deepEqual([state().run?.runId, state().launches[0]?.launchId], ['r1', 'l2'])
  go({ kind: 'dead' })
  const stageNow = state().run?.stage
  assert.deepEqual(stageNow?.name === 'ended' && stageNow.end, { kind: 'gone' })
  assert.deepEqual(state().offered, [])

  device.happen({ kind: 'offered', programs: [offer] })
  touch('r2')
  go({ kind: 'identified', launchId: 'l3', asks: ['model', 'location', 'serial'] })
  go(gathered())
  assert.equal(stage(), 'consent', 'it wants to know more')
})

test('L1 who asks for nothing, or for what the device has not, is launched without a question; a silent device is told as that', () => {
  for (const asks of [[], ['tray.9']]) {
    const { go, stage, touch, gathered } = opened()
    touch()
    go({ kind: 'identified', launchId: 'l1', asks })
    go(gathered())
    assert.equal(stage(), 'telling')
  }
  const { go, stage, touch, gathered, state } = opened()
  touch()
  go({ kind: 'identified', launchId: 'l1', asks: ['model'] })
  go(gathered({ values: {}, serial: null, isSilent: true }))
  assert.deepEqual([stage(), state().run?.problem], ['gathering', { kind: 'silent' }])
  assert.equal(go({ kind: 'again' }), 'keep work')
  go(gathered())
  assert.equal(stage(), 'consent')
})

test('L1 what a program asks is answered under the same run; what comes of an earlier moment does nothing', () => {
  const { go, happen, stage, touch, launch, state } = opened()
  touch()
  launch()
  const early = state().run?.turn ?? 0
  go({ kind: 'stepped', step: ask })
  assert.equal(stage(), 'asking')
  const asked = state().run?.turn ?? 0
  assert.equal(happen({ kind: 'stepped', step: done, turn: early }), '')
  assert.equal(happen({ kind: 'answered', answers: { to: 'x' }, turn: early }), '')
  assert.equal(go({ kind: 'answered', answers: { to: 'ann@example.com', other: 'x' } }), 'keep work')
  assert.deepEqual([stage(), state().run?.answers], ['running', { to: 'ann@example.com' }])
  go({ kind: 'stepped', step: ask })
  assert.equal(
    happen({ kind: 'answered', answers: { to: 'again' }, turn: asked }),
    '',
    'the form of the first question',
  )
  assert.equal(touch('r2'), '', 'one run at a time')
  assert.equal(state().run?.runId, 'r1')
})

test('L1 a trouble keeps the run where it is, and it goes on from there with the same ID', () => {
  const { go, touch, launch, state } = opened()
  touch()
  launch()
  go({ kind: 'stepped', step: ask })
  go({ kind: 'answered', answers: { to: 'a@b' } })
  assert.equal(go({ kind: 'troubled', problem: { kind: 'program-away' } }), 'wake')
  const run = () => [state().run?.runId, state().run?.stage.name, state().run?.answers, state().run?.problem]
  assert.deepEqual(run(), ['r1', 'running', { to: 'a@b' }, { kind: 'program-away' }])
  assert.equal(go({ kind: 'again' }), 'keep work')
  assert.deepEqual(run(), ['r1', 'running', { to: 'a@b' }, null])
  assert.equal(go({ kind: 'again' }), '', 'twice is once')
})

test('L1 killed between any two steps: it stands where it stood, asks whether to go on, and nothing of it is done twice under another ID', () => {
  const device = opened()
  const { go, touch, gathered, crash, state } = device
  const must = (stage: string, problem: string | undefined) => {
    const effects = crash()
    const { run } = state()
    assert.deepEqual([run?.runId, run?.stage.name, run?.problem?.kind, effects], ['r1', stage, problem, 'wake'])
    if (problem) assert.equal(go({ kind: 'again' }), 'keep work')
  }
  touch()
  must('launching', 'interrupted')
  go({ kind: 'identified', launchId: 'l1', asks: ['model'] })
  must('gathering', 'interrupted')
  go(gathered())
  must('consent', undefined)
  go({ kind: 'agreed' })
  must('telling', 'interrupted')
  go({ kind: 'taken', address })
  must('running', 'interrupted')
  go({ kind: 'stepped', step: ask })
  must('asking', undefined)
  go({ kind: 'answered', answers: { to: 'a@b' } })
  must('running', 'interrupted')
  go({ kind: 'stepped', step: { scan: { title: 'Scan', to: 'https://a.example/', authorization: 'Bearer s' } } })
  must('scanning', 'interrupted')
  go({ kind: 'uploading' })
  const { stage } = state().run ?? {}
  assert.deepEqual(stage, { name: 'scanning', title: 'Scan', scan: null }, 'what opens that door is gone')
  assert.equal(crash(), 'work', 'the upload goes on without a word')
  go({ kind: 'over', end: { kind: 'uploaded' } })
  assert.equal(crash(), 'wake')
  assert.equal(state().run?.stage.name, 'ended')
})

test('L1 what became of a run is shown for two minutes, and what was typed is not kept; whoever touches first is next', () => {
  const device = opened()
  const { go, happen, touch, launch, pass, state } = device
  touch()
  launch()
  go({ kind: 'stepped', step: ask })
  go({ kind: 'answered', answers: { to: 'a@b' } })
  assert.equal(go({ kind: 'stepped', step: done }), 'keep wake')
  assert.deepEqual(state().run?.answers, {})
  pass(shownMs - 1)
  assert.equal(happen({ kind: 'time' }), 'wake')
  pass(1)
  assert.equal(happen({ kind: 'time' }), 'keep break-off')
  assert.equal(state().run, null)
  touch('r2')
  go({ kind: 'gathered', values: {}, serial: null, isSilent: true })
  go({ kind: 'stepped', step: { failed: { reason: 'No.' } } })
  touch('r3')
  assert.equal(state().run?.runId, 'r3')
  happen({ kind: 'cancelled', runId: 'r3' })
  touch('r4')
  go({ kind: 'gathered', values: {}, serial: null, isSilent: true })
  go({ kind: 'stepped', step: done })
  pass(-3_600_000)
  happen({ kind: 'time' })
  assert.equal(state().run, null, 'a clock that was set back')
})

test('L1 what waits for somebody is left after a quarter of an hour; what is under way is not, nor what nobody could see', () => {
  const { go, happen, touch, launch, pass, crash, state } = opened()
  touch()
  pass(mostPatienceMs)
  assert.equal(happen({ kind: 'time' }), '', 'nobody is waited for')
  launch()
  go({ kind: 'stepped', step: ask })
  pass(mostPatienceMs - 1)
  assert.equal(happen({ kind: 'time' }), 'wake')
  pass(3_600_000)
  assert.equal(crash(), 'wake')
  assert.equal(happen({ kind: 'time' }), 'wake')
  assert.equal(state().run?.stage.name, 'asking')
  go({ kind: 'answered', answers: { to: 'a@b' } })
  go({ kind: 'troubled', problem: { kind: 'program-away' } })
  pass(mostPatienceMs)
  assert.equal(happen({ kind: 'time' }), 'keep break-off')
  assert.equal(state().run, null)
})

test('L1 cancelled at any point nothing of it is left, and its scan is given up; closed, what is under way goes on', () => {
  const { go, happen, touch, launch, state, gathered } = opened()
  const effectsOf = (input: ProgramInput) => {
    const effects: ProgramEffect[] = []
    step(state(), input, startMs, effects)
    return effects
  }
  touch()
  assert.equal(happen({ kind: 'cancelled', runId: 'other' }), '')
  assert.equal(happen({ kind: 'closed', runId: 'r1' }), '', 'it would not go on')
  assert.equal(happen({ kind: 'cancelled', runId: 'r1' }), 'keep break-off')
  const scan = { kind: 'stepped', step: { scan: { title: 'Scan', to: 'https://a.example/' } } } as const
  touch('r2')
  launch()
  go(scan)
  assert.deepEqual(effectsOf({ kind: 'cancelled', runId: 'r2' }).at(-1), { kind: 'break-off', upload: 'r2' })
  assert.equal(state().run, null)
  const scanned = (runId: string) => {
    touch(runId)
    go(gathered())
    go(scan)
    go({ kind: 'uploading' })
  }
  scanned('r3')
  assert.deepEqual(effectsOf({ kind: 'closed', runId: 'r3' }).at(-1), { kind: 'break-off', upload: null })
  assert.equal(state().run, null)
  scanned('r4')
  go({ kind: 'over', end: { kind: 'uploaded' } })
  assert.deepEqual(effectsOf({ kind: 'closed', runId: 'r4' }).at(-1), { kind: 'seen', upload: 'r4' })
})

test('L1 another owner finds nothing of the one before; what is offered no more is not kept', () => {
  const { happen, go, touch, launch, state } = opened()
  touch()
  launch()
  go({ kind: 'stepped', step: done })
  happen({ kind: 'cancelled', runId: 'r1' })
  assert.deepEqual([state().launches.length, state().granted.length], [1, 1])
  happen({ kind: 'offered', programs: [{ ...offer, program: 'other' }] })
  assert.deepEqual([state().launches, state().granted, state().offeredAtMs], [[], [], startMs])
  happen({ kind: 'forget', holder: null })
  assert.deepEqual({ ...state(), turns: 0 }, noPrograms(null))
})

test('a program that asks for ever is ended, and names that objects have by nature are names like others', () => {
  const device = opened()
  const { go, touch, launch, state } = device
  touch()
  launch()
  const asking = (name: string) => ({ ask: { title: 'And?', fields: [{ name, label: 'x', type: 'text' as const }] } })
  go({ kind: 'stepped', step: asking('constructor') })
  go({ kind: 'answered', answers: {} })
  assert.deepEqual(state().run?.answers, { constructor: '' })
  for (let at = 1; at <= 32; at++) {
    go({ kind: 'stepped', step: asking(`field${at}`) })
    go({ kind: 'answered', answers: { [`field${at}`]: 'x' } })
  }
  const { stage } = state().run ?? {}
  assert.deepEqual(stage?.name === 'ended' && stage.end, { kind: 'too-much' })
})
