/** Calls of a program at its service: signed, never to a private network, and what it answers held against the contract. */
import { hash } from 'node:crypto'
import { Failure } from '@fairlead/base'
import {
  check,
  type Json,
  LaunchAnswer,
  type ProgramCall,
  type ProgramRun,
  ProgramStep,
  readJson,
} from '@fairlead/protocol/contract'
import type { LaunchRow, ProgramRow } from '../database/program-tables.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'

export interface Calling {
  /** @throws {Failure} `program-refused` in its words, `program-unreachable`, `too-many-requests` */
  launch(program: ProgramRow, launch: LaunchRow, values: Record<string, Json>): Promise<void>
  /** @throws {Failure} `program-unreachable`, `too-many-requests` */
  run(program: ProgramRow, launch: LaunchRow, run: ProgramRun): Promise<ProgramStep>
}

/** Of one account at one node: programs that hang must not take the connections of all others. */
const mostOfAccount = 100

export function createCalling(webhooks: Pick<Webhooks, 'ask'>): Calling {
  /** By account. */
  const underWay = new Map<string, number>()

  async function post({ account, webhook_id }: ProgramRow, callId: string, call: ProgramCall) {
    const before = underWay.get(account) ?? 0
    if (before >= mostOfAccount)
      throw new Failure('too-many-requests', 'Too many programs of this account are asked right now: try again soon.', {
        retryAfterSeconds: 5,
      })
    underWay.set(account, before + 1)
    try {
      return await webhooks.ask(webhook_id, callId, call)
    } finally {
      const left = (underWay.get(account) ?? 1) - 1
      if (left > 0) underWay.set(account, left)
      else underWay.delete(account)
    }
  }

  /** @returns what it answered; undefined: nothing */
  async function ask(program: ProgramRow, same: readonly unknown[], call: ProgramCall) {
    const { title } = program
    const posted = await post(program, idOf(call.type, same), call)
    if ('error' in posted) throw unreachable(title, posted.error)
    const { status, text = '' } = posted
    if (status < 200 || status > 299) throw unreachable(title, `It answered ${status}.`)
    try {
      return text === '' ? undefined : readJson(text)
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause
      throw unreachable(title, 'What it answered is not JSON.')
    }
  }

  return {
    async launch(program, launch, values) {
      const answer = await ask(program, [launch.launch_id, inOrder(values)], {
        ...{ type: 'launch', ...whoOf(launch), values },
      })
      const { refused } = understood(program, LaunchAnswer, answer ?? {})
      if (refused !== undefined) throw new Failure('program-refused', refused)
    },

    async run(program, launch, { runId, values, answers = {}, language }) {
      const answer = await ask(program, [launch.launch_id, runId, inOrder(answers)], {
        ...{ type: 'run', ...whoOf(launch), runId, values, answers, ...(language !== undefined && { language }) },
      })
      return understood(program, ProgramStep, answer)
    },
  }
}

/** The same call has the same ID, whichever node makes it and however often: so its receiver knows a repeat. */
function idOf(type: string, same: readonly unknown[]): string {
  return `${type}_${hash('sha256', JSON.stringify(same), 'base64url')}`
}

function inOrder(values: Record<string, unknown>): unknown {
  return Object.entries(values).toSorted(([one], [other]) => (one < other ? -1 : 1))
}

function whoOf({ program, account, device, launch_id }: LaunchRow) {
  return { program, account, device, launchId: launch_id }
}

function understood<T>({ title }: ProgramRow, schema: Parameters<typeof check<T>>[0], answer: unknown): T {
  try {
    return check(schema, answer, 'answer')
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause
    throw unreachable(title, `What it answered is not as the contract has it: ${cause.message}`)
  }
}

function unreachable(title: string, why: string): Failure {
  return new Failure('program-unreachable', `The program ${title} could not be reached. ${why}`)
}
