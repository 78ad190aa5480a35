/**
 * The life of programs on a device (L1): what is offered, what was launched, and the one run that there is. A touch asks the
 * server for an identification and is asked for device information; address and information are kept under it, and are what the
 * next touch sends. Whatever the IO is to do follows from the stage of the run, which is on disk before.
 */
import {
  type End,
  launchOf,
  newTurn,
  type Problem,
  type ProgramEffect,
  type ProgramInput,
  type Programs,
  type Run,
  type Stage,
} from './program-state.ts'

/** How long what became of a run stays on the screen. */
export const shownMs = 120_000
/** What waits for somebody so long has been left by them: others want to see the panel. */
export const mostPatienceMs = 15 * 60_000
/** What the relay takes of one run. */
const mostAnswers = 32

/** @param nowMs by the wall clock, since it outlasts restarts */
export function step(state: Programs, input: ProgramInput, nowMs: number, effects: ProgramEffect[]): void {
  switch (input.kind) {
    case 'offered':
      offered(state, input.programs, nowMs)
      effects.push({ kind: 'keep' })
      return
    case 'touched':
      touched({ state, nowMs, effects }, input)
      return
    case 'cancelled':
      if (state.run?.runId === input.runId) leave(state, effects)
      return
    case 'closed':
      if (state.run?.runId === input.runId) closed(state, state.run, effects)
      return
    case 'recalled':
      recalled(state, nowMs, effects)
      return
    case 'time':
      timePassed(state, nowMs, effects)
      return
    case 'forget':
      leave(state, effects)
      Object.assign(state, { holder: input.holder, offered: [], offeredAtMs: null, launches: [], granted: [] })
      return
    default:
      // What was asked for before something else has happened is nobody's any more.
      if (state.run?.turn === input.turn) goOn({ state, run: state.run, nowMs, effects }, input)
  }
}

type Touch = Extract<ProgramInput, { kind: 'touched' }>

/** What is offered no more is not kept: who is offered it again is asked again. */
function offered(state: Programs, programs: Programs['offered'], nowMs: number): void {
  const isMeant = ({ program }: { program: string }) =>
    state.run?.program === program || programs.some((offer) => offer.program === program)
  state.offered = programs
  state.offeredAtMs = nowMs
  state.granted = state.granted.filter(isMeant)
  state.launches = state.launches.filter(isMeant)
}

function touched(now: Omit<Now, 'run'>, { program, runId, language }: Touch): void {
  const { state, nowMs } = now
  const offer = state.offered.find((each) => each.program === program)
  if (!offer || (state.run && state.run.stage.name !== 'ended')) return
  const launch = state.launches.find((each) => each.program === program)
  const run: Run = {
    ...{ runId, program, title: offer.title, launchId: launch?.launchId ?? null, isLaunchedAnew: false, answers: {} },
    ...(language !== undefined && { language }),
    ...{ turn: 0, sinceMs: nowMs, problem: null, stage: { name: 'launching' } },
  }
  state.run = run
  // It may be another device by now.
  become({ ...now, run }, launch ? { name: 'gathering', asks: launch.asks } : { name: 'launching' })
}

/** What is stepped now, and what is to be done for it. */
interface Now {
  state: Programs
  run: Run
  nowMs: number
  effects: ProgramEffect[]
}

function goOn(now: Now, input: Extract<ProgramInput, { turn: number }>): void {
  const { run } = now
  switch (input.kind) {
    case 'identified':
      run.launchId = input.launchId
      become(now, { name: 'gathering', asks: input.asks })
      break
    case 'gathered':
      if (run.stage.name === 'gathering') gathered(now, run.stage.asks, input)
      break
    case 'agreed':
      if (run.stage.name === 'consent') agreed(now, run.stage)
      break
    case 'taken':
      if (run.stage.name === 'telling') taken(now, run.stage, input.address)
      break
    case 'stepped':
      stepped(now, input.step)
      break
    case 'answered':
      if (run.stage.name === 'asking') answered(now, run.stage, input.answers)
      break
    case 'uploading':
      if (run.stage.name === 'scanning') become(now, { ...run.stage, scan: null })
      break
    case 'over':
      end(now, input.end)
      break
    case 'dead':
      dead(now)
      break
    case 'troubled':
      troubled(now, input.problem)
      break
    case 'again':
      if (run.problem) become(now, run.stage)
  }
}

type StageOf<Name extends Stage['name']> = Extract<Stage, { name: Name }>
type Told = Extract<ProgramInput, { kind: 'gathered' }>

/** @param told perhaps more than was asked for: nothing but that goes on */
function gathered(now: Now, asks: string[], told: Told): void {
  const { state, run } = now
  const { serial, isSilent } = told
  const values = Object.fromEntries(Object.entries(told.values).filter(([name]) => asks.includes(name)))
  const launch = launchOf(state, run)
  if (launch) {
    const isAnother = !isSilent && serial !== null && launch.serial !== null && serial !== launch.serial
    if (isAnother) Object.assign(launch, { values, serial })
    become(now, { name: 'running' })
  } else if (isSilent && asks.length > 0) troubled(now, { kind: 'silent' })
  else {
    const granted = state.granted.find(({ program }) => program === run.program)?.asks ?? []
    const isAllowed = Object.keys(values).length === 0 || asks.every((name) => granted.includes(name))
    become(now, { name: isAllowed ? 'telling' : 'consent', asks, values, serial })
  }
}

function agreed(now: Now, consent: StageOf<'consent'>): void {
  const { state, run } = now
  const others = state.granted.filter(({ program }) => program !== run.program)
  state.granted = [...others, { program: run.program, asks: consent.asks }]
  become(now, { ...consent, name: 'telling' })
}

/** The request information goes to disk before it is of any use. */
function taken(now: Now, { asks, values, serial }: StageOf<'telling'>, address: string): void {
  const { program, launchId } = now.run
  if (launchId === null) return
  const others = now.state.launches.filter((launch) => launch.program !== program)
  now.state.launches = [...others, { launchId, program, address, asks, values, serial }]
  become(now, { name: 'running' })
}

function stepped(now: Now, decided: Extract<ProgramInput, { kind: 'stepped' }>['step']): void {
  if ('ask' in decided) become(now, { name: 'asking', step: decided })
  else if ('scan' in decided) become(now, { name: 'scanning', title: decided.scan.title, scan: decided })
  else if ('done' in decided) end(now, { kind: 'done', step: decided })
  else end(now, { kind: 'failed', reason: decided.failed.reason })
}

function answered(now: Now, { step: asked }: StageOf<'asking'>, answers: Readonly<Record<string, string>>): void {
  const { run } = now
  for (const { name } of asked.ask.fields) run.answers[name] = (Object.hasOwn(answers, name) && answers[name]) || ''
  if (Object.keys(run.answers).length > mostAnswers) end(now, { kind: 'too-much' })
  else become(now, { name: 'running' })
}

/** What the relay does not know any more is launched anew by itself, once: then it is offered no more. */
function dead(now: Now): void {
  const { state, run } = now
  state.launches = state.launches.filter(({ launchId }) => launchId !== run.launchId)
  if (run.stage.name === 'launching' || run.isLaunchedAnew) {
    state.offered = state.offered.filter(({ program }) => program !== run.program)
    end(now, { kind: 'gone' })
  } else {
    Object.assign(run, { launchId: null, isLaunchedAnew: true })
    become(now, { name: 'launching' })
  }
}

/** Until the person says so it does not go on; what it is at stays as it is. */
function troubled({ state, run, nowMs, effects }: Now, problem: Problem): void {
  run.problem = problem
  newTurn(state, run, nowMs)
  effects.push({ kind: 'wake', inMs: mostPatienceMs })
}

function become({ state, run, nowMs, effects }: Now, stage: Stage): void {
  Object.assign(run, { stage, problem: null })
  newTurn(state, run, nowMs)
  effects.push({ kind: 'keep' }, isWork(stage) ? { kind: 'work' } : { kind: 'wake', inMs: patienceMs(run) })
}

/** What somebody has typed is not kept for whoever comes next. */
function end(now: Now, how: End): void {
  now.run.answers = {}
  become(now, { name: 'ended', end: how })
}

function leave(state: Programs, effects: ProgramEffect[]): void {
  const upload = state.run?.stage.name === 'scanning' ? state.run.runId : null
  state.run = null
  effects.push({ kind: 'keep' }, { kind: 'break-off', upload })
}

function closed(state: Programs, { runId, stage }: Run, effects: ProgramEffect[]): void {
  if (stage.name !== 'ended' && !isUploading(stage)) return
  state.run = null
  effects.push({ kind: 'keep' }, { kind: 'break-off', upload: null })
  if (stage.name === 'ended' && stage.end.kind === 'uploaded') effects.push({ kind: 'seen', upload: runId })
}

/** After a start: what was under way waits for a word of the person, unless it goes on without one. */
function recalled({ run }: Programs, nowMs: number, effects: ProgramEffect[]): void {
  if (!run) return
  if (isUploading(run.stage)) {
    effects.push({ kind: 'work' })
    return
  }
  if (isWork(run.stage)) run.problem = { kind: 'interrupted' }
  // Nobody could see it meanwhile; an end has been seen.
  if (run.stage.name !== 'ended') run.sinceMs = nowMs
  effects.push({ kind: 'wake', inMs: 0 })
}

function timePassed(state: Programs, nowMs: number, effects: ProgramEffect[]): void {
  const { run } = state
  if (!run || isUnderWay(state)) return
  const passedMs = nowMs - run.sinceMs
  // A clock that was set back keeps nothing on the screen.
  if (passedMs < 0 || passedMs >= patienceMs(run)) leave(state, effects)
  else effects.push({ kind: 'wake', inMs: patienceMs(run) - passedMs })
}

function patienceMs({ stage }: Run): number {
  return stage.name === 'ended' ? shownMs : mostPatienceMs
}

/** It goes on without this run. */
function isUploading(stage: Stage): boolean {
  return stage.name === 'scanning' && stage.scan === null
}

/** Nobody need do anything for it. */
function isWork({ name }: Stage): boolean {
  return name !== 'consent' && name !== 'asking' && name !== 'ended'
}

/** Something is being waited for that comes by itself. */
export function isUnderWay({ run }: Programs): boolean {
  return run !== null && run.problem === null && isWork(run.stage)
}
