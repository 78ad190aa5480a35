/** Programs at one device (L1): what is offered, launched on the first touch, run by one touch after that; each step is on disk before it is taken. */
import { hash } from 'node:crypto'
import { type Clock, Failure, inBackground, type Log, type Random, type Timer } from '@fairlead/base'
import type { Json, ProgramStep } from '@fairlead/protocol/contract'
import { inTime } from '../describing.ts'
import type { Driver } from '../drivers/driver.ts'
import type { ProgramStore } from '../memory/program-store.ts'
import type { Pull } from '../pull/pull.ts'
import type { PullView } from '../pull/pull-view.ts'
import type { RelayDoor } from '../uplink/relay-door.ts'
import { createCalls } from './calls.ts'
import { isUnderWay, step } from './program-machine.ts'
import {
  launchOf,
  noPrograms,
  type ProgramEffect,
  type ProgramInput,
  type Programs as ProgramsState,
  programsOf,
  type Run,
  type RunInput,
} from './program-state.ts'

/** As somebody in front of the device sees it. */
export interface ProgramsView {
  offered: ProgramsState['offered']
  /** Of the list; undefined: nobody has told what is offered. */
  ageSeconds: number | undefined
  run: RunView | undefined
}

export interface RunView extends Omit<Run, 'launchId' | 'isLaunchedAnew'> {
  /** What comes next comes by itself. */
  isUnderWay: boolean
  /** What it has scanned, and what became of that. */
  upload: PullView | undefined
}

/** What scans a page and hands it over until it is taken, whatever happens to this process (A14). */
type Uploads = Pick<Pull, 'upload' | 'find' | 'giveUp' | 'dismiss'>

type ProgramScan = Extract<ProgramStep, { scan: unknown }>['scan']

export interface Programs {
  view(): ProgramsView
  /** Somebody looks at the panel: what is offered is asked for, if that is long ago. */
  look(): void
  /** One of those that are offered; while another one runs nothing happens. */
  touch(program: string, language: string): void
  /** What it asks for may be told. */
  agree(turn: number): void
  answer(turn: number, answers: Readonly<Record<string, string>>): void
  tryAgain(turn: number): void
  /** Whatever it is at. */
  cancel(runId: string): void
  /** Its end has been read; or its scan goes on without anybody who looks at it. */
  close(runId: string): void
  /** Resolves when nothing is under way, or after a moment: most things take no longer. */
  settled(): Promise<void>
  /** Goes on with what an earlier life has left. */
  start(): void
  /** The relay is there. */
  hurry(): void
  /** The device has another owner, or none. */
  forget(secret: string | null): void
  stop(): void
}

export interface ProgramsNeeds {
  store: ProgramStore
  driver: Pick<Driver, 'get'>
  door: Pick<RelayDoor, 'call' | 'look'>
  uploads: Uploads
  /** At the start. */
  secret: string | null
  /** The relay may be called though nobody has touched anything: not while the session maintenance mode is OFF (A1). */
  mayCall(): boolean
  clock: Clock
  random: Random
  log: Log
}

const gatherMs = 10_000
const momentMs = 800
/** A list is asked for again after so long, if somebody looks. */
const freshMs = 30_000
const lookAtUploadMs = 1_000
/** Of an upload. */
const longestTitle = 60

export function createPrograms(needs: ProgramsNeeds): Programs {
  const { store, driver, uploads, clock, random, log } = needs
  const calls = createCalls(needs.door)
  const kept = store.read()
  const holder = holderOf(needs.secret)
  let state = kept?.holder === holder ? programsOf(kept) : noPrograms(holder)
  /** What is done for the run now. */
  let current: AbortController | undefined
  let working: Promise<void> = Promise.resolve()
  let wakeTimer: Timer | undefined
  let askedAtMs: number | undefined
  let isStopped = false

  /** @throws what keeps it from the disk: then nothing has happened */
  function happen(input: ProgramInput): void {
    const before = structuredClone(state)
    const effects: ProgramEffect[] = []
    step(state, input, clock.wallNow(), effects)
    try {
      if (effects.some(({ kind }) => kind === 'keep')) store.keep(state)
    } catch (error) {
      state = before
      throw error
    }
    for (const effect of effects) carryOut(effect)
  }

  function carryOut(effect: ProgramEffect): void {
    switch (effect.kind) {
      case 'keep':
        return
      case 'work':
        working = begin()
        inBackground(log, 'programs.failed', () => working)
        return
      case 'break-off':
        current?.abort()
        wakeTimer?.cancel()
        if (effect.upload !== null) uploads.giveUp(effect.upload)
        return
      case 'seen':
        uploads.dismiss(effect.upload)
        return
      case 'wake':
        wakeTimer?.cancel()
        wakeTimer = clock.at(clock.now() + effect.inMs, () =>
          inBackground(log, 'programs.failed', async () => happen({ kind: 'time' })),
        )
    }
  }

  /** What breaks is told as that, and may be tried again. */
  async function begin(): Promise<void> {
    const { run } = state
    if (!run || isStopped) return
    const { turn } = run
    current?.abort()
    const breakOff = new AbortController()
    current = breakOff
    try {
      const input = await workFor(structuredClone(run), breakOff.signal)
      if (input && !breakOff.signal.aborted) happen({ ...input, turn })
    } catch (error) {
      log.error('programs.failed', 'A program could not go on.', error)
      if (!isStopped) happen({ kind: 'troubled', problem: { kind: 'broken' }, turn })
    }
  }

  async function workFor(run: Run, signal: AbortSignal): Promise<RunInput | undefined> {
    const { stage, runId, program, launchId, answers, language } = run
    switch (stage.name) {
      case 'launching':
        return await calls.launch(program, signal)
      case 'gathering':
        return await gather(stage.asks)
      case 'telling':
        return await calls.tell(launchId ?? '', stage.values, signal)
      case 'running': {
        const launch = launchOf(state, run)
        if (!launch) return { kind: 'dead' }
        return await calls.run(launch.address, { runId, values: launch.values, answers, language }, signal)
      }
      case 'scanning':
        return scan(run, stage.scan?.scan, signal)
      default:
        return undefined
    }
  }

  async function gather(asks: readonly string[]): Promise<RunInput> {
    const objects = [...new Set([...asks, 'serial'])]
    const { values, errors } = (await inTime(clock, gatherMs, () => driver.get(objects))) ?? { values: {}, errors: {} }
    const isSilent = Object.keys(values).length === 0 && Object.values(errors).every(({ code }) => code === 'no-answer')
    const serial: Json | undefined = values['serial']
    return { kind: 'gathered', values, serial: typeof serial === 'string' ? serial : null, isSilent }
  }

  function scan(run: Run, step: ProgramScan | undefined, signal: AbortSignal): RunInput | undefined {
    if (step) return beginUpload(run, step)
    const upload = uploads.find(run.runId)
    // Who passes it on may take a day: that is followed without this run.
    if (!upload || upload.isOver || upload.state === 'passing-on') return { kind: 'over', end: { kind: 'uploaded' } }
    clock.at(clock.now() + lookAtUploadMs, () => {
      if (!signal.aborted) carryOut({ kind: 'work' })
    })
    return undefined
  }

  /** A run scans once: with its ID it is the same upload, also after a crash in between. */
  function beginUpload({ runId, title }: Run, { to, authorization, resolution, color }: ProgramScan): RunInput {
    const settings = { ...(resolution && { resolution }), ...(color && { color }) }
    try {
      const words = title.slice(0, longestTitle).toWellFormed()
      uploads.upload({ id: runId, title: words, url: to, authorization, settings })
      return { kind: 'uploading' }
    } catch (error) {
      if (error instanceof Failure) return { kind: 'over', end: { kind: 'not-scanned' } }
      throw error
    }
  }

  async function ask(): Promise<void> {
    askedAtMs = clock.now()
    const { holder } = state
    const programs = await calls.offered()
    if (programs && state.holder === holder && !isStopped) happen({ kind: 'offered', programs })
  }

  function askIfMay(): void {
    if (needs.mayCall()) inBackground(log, 'programs.not-asked', ask)
  }

  function viewOf({ launchId: _, isLaunchedAnew: __, ...run }: Run): RunView {
    const { stage } = run
    const hasScanned = stage.name === 'scanning' || (stage.name === 'ended' && stage.end.kind === 'uploaded')
    return {
      ...structuredClone(run),
      isUnderWay: isUnderWay(state),
      upload: hasScanned ? uploads.find(run.runId) : undefined,
    }
  }

  return {
    view() {
      const { offered, offeredAtMs, run } = state
      const ageMs = offeredAtMs === null ? undefined : Math.max(0, clock.wallNow() - offeredAtMs)
      return {
        offered,
        ageSeconds: ageMs === undefined ? undefined : Math.round(ageMs / 1000),
        run: run ? viewOf(run) : undefined,
      }
    },
    look() {
      if (askedAtMs === undefined || clock.now() - askedAtMs >= freshMs) askIfMay()
    },
    touch: (program, language) => happen({ kind: 'touched', program, runId: random.token(18), language }),
    agree: (turn) => happen({ kind: 'agreed', turn }),
    answer: (turn, answers) => happen({ kind: 'answered', answers, turn }),
    tryAgain: (turn) => happen({ kind: 'again', turn }),
    cancel: (runId) => happen({ kind: 'cancelled', runId }),
    close: (runId) => happen({ kind: 'closed', runId }),
    async settled() {
      await inTime(clock, momentMs, async () => {
        // One thing leads to the next.
        for (let last: Promise<void> | undefined; last !== working; ) {
          last = working
          await last
        }
      })
    },
    start: () => happen({ kind: 'recalled' }),
    hurry: askIfMay,
    forget(secret) {
      askedAtMs = undefined
      happen({ kind: 'forget', holder: holderOf(secret) })
    },
    stop() {
      isStopped = true
      current?.abort()
      wakeTimer?.cancel()
    },
  }
}

function holderOf(secret: string | null): string | null {
  return secret === null ? null : hash('sha256', secret, 'base64url')
}
