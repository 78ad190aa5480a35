/** Sends a scan to a pull service, and asks what has become of it: never more is made of the answer than it says. */
import { z } from 'zod'
import type { Exchange } from '../uplink/http-exchange.ts'
import { shownText } from './foreign-text.ts'
import {
  type CallService,
  elsewhere,
  isForNow,
  readWords,
  refusalOf,
  retryAfterMs,
  type ServiceCall,
} from './service-call.ts'
import type { Why } from './why.ts'

export interface Fate {
  /** `taken`: the service has it, and does not say what it does with it. `not-known`: it was to be passed on. */
  readonly state: 'stored' | 'passed-on' | 'refused' | 'taken' | 'not-known'
  /** To whom it was passed on. */
  readonly to?: string | undefined
  /** The service's own words. */
  readonly message?: string | undefined
  readonly why?: Why
}

export type Sent =
  | Fate
  | {
      readonly state: 'passing-on'
      readonly to?: string | undefined
      readonly message?: string | undefined
      /** Where it is told; undefined: where it was told before. */
      readonly lookAt?: string
      readonly afterMs?: number | undefined
    }
  | { readonly state: 'again'; readonly why: Why; readonly afterMs?: number | undefined }

export interface Scan {
  /** The same for each try. */
  key: string
  file: string
  bytes: number
  format: string
  /** What the file may be called where it goes: ASCII. */
  name: string
}

type Way = Pick<ServiceCall, 'url' | 'authorization' | 'authorizedAt' | 'signal'>

const Told = z.object({ state: z.enum(['stored', 'passing-on', 'passed-on', 'refused']) })

export async function sendScan(way: Way, scan: Scan, callService: CallService, nowMs: () => number): Promise<Sent> {
  const answer = await callService({
    ...way,
    method: 'POST',
    file: scan.file,
    headers: {
      accept: 'application/json',
      'content-type': scan.format,
      'content-length': String(scan.bytes),
      'content-disposition': `attachment; filename="${scan.name}"`,
      'idempotency-key': scan.key,
    },
  })
  if ('why' in answer) return { state: 'refused', why: answer.why }
  if ('trouble' in answer) return { state: 'again', why: { kind: 'trouble', trouble: answer.trouble } }
  const { status, headers } = answer
  if (status >= 200 && status < 300) {
    const lookAt = elsewhere(headers.location, answer.url)
    const told = await readFate(answer, nowMs())
    if (told?.state === 'passing-on')
      return lookAt === undefined ? { ...told, state: 'not-known' } : { ...told, lookAt }
    if (told) return told
    if (status !== 202 || lookAt === undefined) return { state: 'taken' }
    return { state: 'passing-on', lookAt, afterMs: retryAfterMs(headers['retry-after'], nowMs()) }
  }
  const why = await refusalOf(answer)
  // 409: an earlier try is being worked on still (draft-ietf-httpapi-idempotency-key-header §2.6).
  if (isForNow(status) || status === 409)
    return { state: 'again', why, afterMs: retryAfterMs(headers['retry-after'], nowMs()) }
  return { state: 'refused', why }
}

/** @returns `passing-on`: not yet */
export async function lookAtFate(way: Way, callService: CallService, nowMs: () => number): Promise<Sent> {
  const answer = await callService({ ...way, method: 'GET', headers: { accept: 'application/json' } })
  if ('why' in answer) return { state: 'not-known', why: answer.why }
  if ('trouble' in answer) return { state: 'again', why: { kind: 'trouble', trouble: answer.trouble } }
  const afterMs = retryAfterMs(answer.headers['retry-after'], nowMs())
  if (answer.status >= 200 && answer.status < 300) {
    const told = await readFate(answer, nowMs())
    // It says nothing that is to be understood: later it may.
    return told ?? { state: 'passing-on', afterMs }
  }
  const why = await refusalOf(answer)
  return isForNow(answer.status) ? { state: 'again', why, afterMs } : { state: 'not-known', why }
}

/** @returns undefined: it does not say what became of it; `again`: it was cut off while it did */
async function readFate(
  answer: Exchange,
  nowMs: number,
): Promise<Exclude<Sent, { state: 'taken' | 'not-known' }> | undefined> {
  const { words, trouble } = await readWords(answer)
  if (trouble) return { state: 'again', why: { kind: 'trouble', trouble } }
  const told = Told.safeParse(words)
  if (!told.success) return undefined
  const { state } = told.data
  const more = { to: shownText(words?.['to'], 100), message: shownText(words?.['message']) }
  if (state !== 'passing-on') return { state, ...more }
  return { state, ...more, afterMs: retryAfterMs(answer.headers['retry-after'], nowMs) }
}
