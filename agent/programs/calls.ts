/** What the relay is asked for programs (L1), and what its answers mean for a run. */
import {
  type Json,
  type LaunchInformation,
  LaunchTaken,
  NewProgram,
  OfferedPrograms,
  type ProgramRun,
  ProgramStep,
} from '@fairlead/protocol/contract'
import { z } from 'zod'
import type { HttpAnswer, HttpOutcome } from '../uplink/http-client.ts'
import { type RelayDoor, readAnswer, troubleOfAnswer } from '../uplink/relay-door.ts'
import type { Problem, Programs, RunInput } from './program-state.ts'

export interface Calls {
  /** Undefined: it did not say. */
  offered(): Promise<Programs['offered'] | undefined>
  launch(program: string, signal: AbortSignal): Promise<RunInput>
  tell(launchId: string, values: Record<string, Json>, signal: AbortSignal): Promise<RunInput>
  run(address: string, run: ProgramRun, signal: AbortSignal): Promise<RunInput>
}

const tryMs = 15_000
/** A program has 20 seconds at its service. */
const programMs = 30_000
const mostOffered = 50
const longestReason = 512

const { program, title, asks } = NewProgram.shape
const Offered = z.object({ program, title, description: z.string().max(256) })
const Identified = z.object({ launchId: z.string().regex(/^[\w.-]{1,128}$/), asks })

export function createCalls(door: Pick<RelayDoor, 'call' | 'look'>): Calls {
  return {
    async offered() {
      const outcome = await door.look('/device/v1/programs', tryMs)
      if (!('status' in outcome) || outcome.status !== 200) return undefined
      const list = OfferedPrograms.safeParse(readAnswer(outcome))
      if (!list.success) return undefined
      // One that nobody could read keeps none of the others from being shown.
      return list.data.programs.slice(0, mostOffered).flatMap((each) => Offered.safeParse(each).data ?? [])
    },

    async launch(named, signal) {
      const call = (isFresh: boolean) =>
        door.call('/device/v1/launches', { program: named }, tryMs, { signal, isFresh })
      const outcome = await onceMoreIfCut(call, signal)
      return readAs(outcome, 201, Identified, ({ launchId, asks }) => ({ kind: 'identified', launchId, asks }))
    },

    async tell(launchId, values, signal) {
      const path = `/device/v1/launches/${encodeURIComponent(launchId)}/information`
      const information: LaunchInformation = { values }
      const outcome = await onceMoreIfCut(
        (isFresh) => door.call(path, information, programMs, { signal, isFresh }),
        signal,
      )
      return readAs(outcome, 200, LaunchTaken, ({ address }) =>
        /^https?:/.test(address) ? { kind: 'taken', address } : troubled({ kind: 'garbled' }),
      )
    },

    async run(address, run, signal) {
      // At the relay as this device reaches it: whatever host it names itself by, the secret goes to no other.
      const { pathname, search } = new URL(address)
      const outcome = await onceMoreIfCut(
        (isFresh) => door.call(pathname + search, run, programMs, { signal, isFresh }),
        signal,
      )
      return readAs(outcome, 200, ProgramStep, (step) => ({ kind: 'stepped', step }))
    },
  }
}

/** A connection that was kept may have died unseen; each of these calls may be made twice. */
async function onceMoreIfCut(
  call: (isFresh: boolean) => Promise<HttpOutcome>,
  signal: AbortSignal,
): Promise<HttpOutcome> {
  const outcome = await call(false)
  const isCut = 'trouble' in outcome && outcome.trouble.kind === 'cut'
  return isCut && !signal.aborted ? await call(true) : outcome
}

function readAs<Value>(
  outcome: HttpOutcome,
  good: number,
  schema: z.ZodType<Value>,
  use: (value: Value) => RunInput,
): RunInput {
  if (!('status' in outcome)) return troubled({ kind: 'trouble', trouble: outcome.trouble })
  if (outcome.status !== good) return refused(outcome)
  const read = schema.safeParse(readAnswer(outcome))
  return read.success ? use(read.data) : troubled({ kind: 'garbled' })
}

function refused(answer: HttpAnswer): RunInput {
  const trouble = troubleOfAnswer(answer)
  const code = trouble.kind === 'status' ? trouble.code : undefined
  switch (code) {
    case 'not-found':
    // A relay that was put back to an older state has the launch and not what it was told.
    case 'information-missing':
      return { kind: 'dead' }
    case 'program-refused':
      return { kind: 'over', end: { kind: 'failed', reason: detailOf(answer) } }
    case 'program-unreachable':
      return troubled({ kind: 'program-away' })
    case 'unauthorized':
      return troubled({ kind: 'unauthorized' })
  }
  return troubled(answer.status === 429 || answer.status === 503 ? { kind: 'busy' } : { kind: 'trouble', trouble })
}

function troubled(problem: Problem): RunInput {
  return { kind: 'troubled', problem }
}

/** Whoever wrote it: one line of text. */
function detailOf(answer: HttpAnswer): string {
  const detail = readAnswer(answer)?.['detail']
  const text = typeof detail === 'string' ? detail : ''
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, longestReason)
}
