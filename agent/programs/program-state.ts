/** What a device keeps of programs (L1), what happens to that, and what is to be done because of it. */
import { type Json, ObjectValues, ProgramStep } from '@fairlead/protocol/contract'
import { z } from 'zod'
import type { Trouble } from '../uplink/trouble.ts'

const [AskStep, ScanStep, DoneStep] = ProgramStep.options

/** The request information under its identification, and whose device information that is; null: it has no serial number. */
const RequestInformation = z.object({
  launchId: z.string(),
  program: z.string(),
  address: z.string(),
  asks: z.array(z.string()),
  values: ObjectValues,
  serial: z.string().nullable(),
})

const End = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done'), step: DoneStep }),
  /** In the program's words. */
  z.object({ kind: z.literal('failed'), reason: z.string() }),
  /** Scanned and handed over, or not: what became of it is known of the upload. */
  z.object({ kind: z.literal('uploaded') }),
  /** It is not there any more. */
  z.object({ kind: z.literal('gone') }),
  /** It asks more than a run may answer. */
  z.object({ kind: z.literal('too-much') }),
  /** There is no scanner, or it has too much in hand. */
  z.object({ kind: z.literal('not-scanned') }),
])
export type End = z.infer<typeof End>

const told = { asks: z.array(z.string()), values: ObjectValues, serial: z.string().nullable() }

const Stage = z.discriminatedUnion('name', [
  /** An identification is asked for. */
  z.object({ name: z.literal('launching') }),
  /** The device is asked for what is asked of it. */
  z.object({ name: z.literal('gathering'), asks: z.array(z.string()) }),
  /** The person is shown what the program will be told. */
  z.object({ name: z.literal('consent'), ...told }),
  z.object({ name: z.literal('telling'), ...told }),
  /** The request information is sent. */
  z.object({ name: z.literal('running') }),
  z.object({ name: z.literal('asking'), step: AskStep }),
  /** `scan` until an upload with the ID of the run has it. */
  z.object({ name: z.literal('scanning'), title: z.string(), scan: ScanStep.nullable() }),
  z.object({ name: z.literal('ended'), end: End }),
])
export type Stage = z.infer<typeof Stage>

const KeptRun = z.object({
  /** Made at the touch; the same for all that comes of it. */
  runId: z.string(),
  program: z.string(),
  title: z.string(),
  launchId: z.string().nullable(),
  isLaunchedAnew: z.boolean(),
  answers: z.record(z.string(), z.string()),
  /** Of the panel, when it was touched. */
  language: z.string().optional(),
  /** Which of all things that ever happened to runs was the last: what is about an earlier one comes too late. */
  turn: z.int(),
  /** Wall time of that. */
  sinceMs: z.number(),
  stage: Stage,
})

export const ProgramsState = z.object({
  /** Tells whether the device still has the secret with which all this came to be: who gave it another one may be another owner. */
  holder: z.string().nullable(),
  offered: z.array(z.object({ program: z.string(), title: z.string(), description: z.string() })),
  /** Null: nobody has told what is offered. */
  offeredAtMs: z.number().nullable(),
  launches: z.array(RequestInformation),
  /** What somebody has allowed each program to be told. */
  granted: z.array(z.object({ program: z.string(), asks: z.array(z.string()) })),
  turns: z.int(),
  run: KeptRun.nullable(),
})

/** Why a run does not go on by itself; the person says when it is tried again. */
export type Problem =
  | { kind: 'interrupted' }
  /** The device does not answer. */
  | { kind: 'silent' }
  /** The relay answers, and the program does not. */
  | { kind: 'program-away' }
  | { kind: 'busy' }
  | { kind: 'unauthorized' }
  /** What was answered is not what a relay or a program answers. */
  | { kind: 'garbled' }
  /** It could not be done here; the log says why. */
  | { kind: 'broken' }
  | { kind: 'trouble'; trouble: Trouble }

export interface Run extends z.infer<typeof KeptRun> {
  problem: Problem | null
}

export interface Programs extends z.infer<typeof ProgramsState> {
  run: Run | null
}

/** What is about a run names the turn that it is about. */
export type ProgramInput =
  | { kind: 'offered'; programs: Programs['offered'] }
  | { kind: 'touched'; program: string; runId: string; language?: string }
  | { kind: 'cancelled'; runId: string }
  /** Its end has been read; or what is under way goes on without anybody who looks at it. */
  | { kind: 'closed'; runId: string }
  | { kind: 'recalled' }
  | { kind: 'time' }
  /** The device has another owner, or none. */
  | { kind: 'forget'; holder: string | null }
  | (RunInput & { turn: number })

export type RunInput =
  | { kind: 'identified'; launchId: string; asks: string[] }
  | { kind: 'gathered'; values: Record<string, Json>; serial: string | null; isSilent: boolean }
  | { kind: 'agreed' }
  | { kind: 'taken'; address: string }
  | { kind: 'stepped'; step: ProgramStep }
  | { kind: 'answered'; answers: Readonly<Record<string, string>> }
  | { kind: 'uploading' }
  | { kind: 'over'; end: End }
  /** The relay does not know the launch, or the program. */
  | { kind: 'dead' }
  | { kind: 'troubled'; problem: Problem }
  | { kind: 'again' }

export type ProgramEffect =
  /** On disk before the next effect. */
  | { kind: 'keep' }
  /** What the stage of the run is about. */
  | { kind: 'work' }
  | { kind: 'break-off'; upload: string | null }
  /** What became of it has been read. */
  | { kind: 'seen'; upload: string }
  | { kind: 'wake'; inMs: number }

export function noPrograms(holder: string | null): Programs {
  return { holder, offered: [], offeredAtMs: null, launches: [], granted: [], turns: 0, run: null }
}

/** As it was kept; what was under way is not any more. */
export function programsOf({ run, ...kept }: z.infer<typeof ProgramsState>): Programs {
  return { ...kept, run: run && { ...run, problem: null } }
}

/** The request information that a run goes by; undefined: it has none yet. */
export function launchOf({ launches }: Programs, { launchId }: Run): Programs['launches'][number] | undefined {
  return launches.find((launch) => launch.launchId === launchId)
}

export function newTurn(state: Programs, run: Run, nowMs: number): void {
  run.turn = ++state.turns
  run.sinceMs = nowMs
}
