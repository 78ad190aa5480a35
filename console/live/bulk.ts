/** The same at many devices, from this page: what is under way, what became of each, and how it is stopped. */
import type { Json, ServiceRequestInput } from '@fairlead/protocol/contract'
import { inBulk, RelayError } from '@fairlead/sdk'
import { hasCode, relay } from '../relay.ts'
import { createStore } from '../store.ts'
import { markStale } from './known-devices.ts'

/** What is to be done at each. */
export type Job =
  | { kind: 'tag'; add: readonly string[]; remove: readonly string[] }
  | { kind: 'get' | 'set' | 'command'; request: ServiceRequestInput }
  | { kind: 'release' | 'remove' }

export interface Result {
  device: string
  /** `refused`: nothing of it was done; `failed`: the device took it, and could not do a part of it. */
  is: 'done' | 'failed' | 'not-sent' | 'refused' | 'unknown'
  /** What the device told. */
  values: Readonly<Record<string, Json>>
  errors: Readonly<Record<string, { code: string; message: string }>>
  error: unknown
}

export interface Run {
  job: Job
  total: number
  results: readonly Result[]
  state: 'running' | 'stopping' | 'ended'
}

/** undefined: nothing was begun, or what was is not wanted any more. */
export const run = createStore<Run | undefined>(undefined)

/** A page that draws each of ten thousand results does nothing else. */
const drawEveryMs = 100

let stop = new AbortController()

/** Whoever leaves now does not learn what became of the rest. */
const warn = (event: BeforeUnloadEvent) => event.preventDefault()

/** Resolves when it has ended. Nothing is begun while another is under way. */
export async function begin(job: Job, devices: readonly string[]): Promise<void> {
  if (run.get() !== undefined && run.get()?.state !== 'ended') return
  const mine = new AbortController()
  stop = mine
  const { signal } = mine
  const results: Result[] = []
  const tell = (state: Run['state']) => {
    // What somebody else had under way is not shown to whoever looks now.
    if (stop === mine) run.set({ job, total: devices.length, results: [...results], state })
  }
  tell('running')
  addEventListener('beforeunload', warn)
  const drawing = setInterval(() => tell(signal.aborted ? 'stopping' : 'running'), drawEveryMs)
  try {
    await inBulk(devices, (device) => doAt(device, job), {
      signal,
      told(told) {
        results.push(told.is === 'done' ? told.done : failed(told.device, told.error))
        // Nobody is signed in any more, or they did not prove who they are: the rest would be refused as well.
        const isOver = (code: string) => told.is === 'failed' && hasCode(told.error, code)
        if (isOver('unauthorized') || isOver('prove-again')) mine.abort()
        if (job.kind === 'tag') markStale(told.device)
      },
    })
  } finally {
    clearInterval(drawing)
    removeEventListener('beforeunload', warn)
    tell('ended')
  }
}

/** What is under way is waited for; nothing more is begun. */
export function stopRun(): void {
  const now = run.get()
  if (now?.state !== 'running') return
  stop.abort()
  run.set({ ...now, state: 'stopping' })
}

export function dismissRun(): void {
  if (run.get()?.state === 'ended') run.set(undefined)
}

/** Somebody else looks now. */
export function forgetRun(): void {
  stop.abort()
  stop = new AbortController()
  run.set(undefined)
}

/**
 * Those that it may be done at again. A command that had no answer may have been done: to give it once more might print a
 * second page.
 */
export function toTryAgain({ job, results }: Run): string[] {
  return results
    .filter(({ is }) => is !== 'done' && !(is === 'unknown' && job.kind === 'command'))
    .map(({ device }) => device)
}

const nothingTold = { values: {}, errors: {}, error: undefined }

async function doAt(device: string, job: Job): Promise<Result> {
  if ('request' in job) return await ask(device, job)
  if (job.kind === 'tag') await relay.devices.change(device, { addTags: [...job.add], removeTags: [...job.remove] })
  else if (job.kind === 'release') await relay.devices.release(device)
  else await relay.devices.remove(device)
  return { device, is: 'done', ...nothingTold }
}

async function ask(device: string, { kind, request }: Extract<Job, { request: object }>): Promise<Result> {
  const done: Result = { device, is: 'done', ...nothingTold }
  // With a key the relay does it once, even if the call is repeated on the way.
  const answer = await relay.request(device, request, kind === 'get' ? {} : { idempotencyKey: crypto.randomUUID() })
  if ('result' in answer) return { ...done, values: answer.result === null ? {} : { '': answer.result } }
  if (!('values' in answer)) return done
  const { values, errors } = answer
  return { ...done, values, errors, is: Object.keys(errors).length > 0 ? 'failed' : 'done' }
}

function failed(device: string, error: unknown): Result {
  const told = { device, ...nothingTold, error }
  if (!(error instanceof RelayError)) return { ...told, is: 'unknown' }
  const { outcome } = error
  return { ...told, is: outcome === 'not-sent' || outcome === 'unknown' ? outcome : 'refused' }
}
