/**
 * The life of a job (M1, H1): a pure machine.
 *
 *     waiting → notified → received → fetched → executing → done, failed, cancelled
 *        └────────┴→ expired, cancelled        └──────────┴→ unknown
 *
 * Up to `received` the relay decides: a job may be held, cancelled or expire at once, and it is sure that nothing came out.
 * From then on the device has it on its own disk, and only what the device says counts: it is asked to cancel, it is not told.
 * `unknown` is no guess: the device has said so, is gone, or was not heard for long. Should it tell more later, that stands.
 */
import type { HeldFor, JobReport, JobState } from '@fairlead/protocol/contract'

export interface JobLife {
  state: JobState
  heldFor: HeldFor | undefined
  cancelAsked: boolean
  pagesDone: number | undefined
  /** One sentence: why it ended so, or what it waits for. */
  reason: string | undefined
  /** The device is to hear of it. */
  due: boolean
  /** By the clock of the wall. */
  expiresAt: number
  readonly states: { state: JobState; at: number }[]
}

export type JobEvent =
  /** The notification has left, and whether it came is not known. */
  | { kind: 'notified' }
  /** The device has it on its disk: it has said so, or asks for the job information, which it does for no other reason. */
  | { kind: 'received' }
  | { kind: 'reported'; report: JobReport }
  /** What it waited for; from now on it waits for the device, or for its person to be there. */
  | { kind: 'document-came'; expiresAt: number; forPerson: boolean }
  | { kind: 'cancel' }
  | { kind: 'hold' }
  | { kind: 'release' }
  /** The device is not what the job was checked against, and could not do it so (E1). */
  | { kind: 'unfit'; reason: string }
  /** The device takes no jobs. */
  | { kind: 'refused'; reason: string }
  /** It cannot be done, since its document is lost, or will not come. */
  | { kind: 'impossible'; reason: string }
  /** The proxy that had it for the device has signed off, and will tell nothing more. */
  | { kind: 'holder-gone' }
  /** The device has been removed, or is another's now. */
  | { kind: 'device-gone' }
  /** Somebody has had it printed again. */
  | { kind: 'again' }
  /** Nothing was heard of the device since then, and that is too long. */
  | { kind: 'silent'; sinceMs: number }
  | { kind: 'time' }

export type JobEffect =
  /** Whoever follows the job hears of it. */
  | { kind: 'tell' }
  | { kind: 'notify' }
  /** Nobody needs the document; `soon`: somebody may want to print it again. */
  | { kind: 'drop-document'; when: 'now' | 'soon' }

const order: Readonly<Record<JobState, number>> = {
  waiting: 0,
  notified: 1,
  received: 2,
  fetched: 3,
  executing: 4,
  unknown: 5,
  done: 6,
  failed: 6,
  cancelled: 6,
  expired: 6,
}

export const hasEnded = (state: JobState) => order[state] >= order.unknown
/** Nothing of it is at the device. */
export const isWithRelay = (state: JobState) => order[state] <= order.notified

/** Only its word counts now. */
const isWithDevice = (state: JobState) => !isWithRelay(state) && !hasEnded(state)

export function newLife(expiresAt: number, heldFor: HeldFor | undefined, now: number): JobLife {
  return {
    state: 'waiting',
    heldFor,
    cancelAsked: false,
    pagesDone: undefined,
    reason: undefined,
    due: heldFor === undefined,
    expiresAt,
    states: [{ state: 'waiting', at: now }],
  }
}

/** @param now by the clock of the wall, in milliseconds */
export function step(job: JobLife, event: JobEvent, now: number, effects: JobEffect[]): void {
  switch (event.kind) {
    case 'notified':
      if (job.state === 'waiting' && !job.heldFor) become(job, 'notified', now, effects)
      break
    case 'received':
      // Held meanwhile: the device will be told anew.
      if (job.heldFor) break
      receive(job, now, effects)
      job.due = false
      break
    case 'reported':
      takeReport(job, event.report, now, effects)
      break
    case 'document-came':
      takeDocument(job, event, effects)
      break
    case 'cancel':
      cancel(job, now, effects)
      break
    case 'hold':
      hold(job, 'asked', undefined, now, effects)
      break
    case 'release':
      if (job.heldFor !== 'document') release(job, effects)
      break
    case 'unfit':
      hold(job, 'device-changed', event.reason, now, effects)
      break
    case 'refused':
      // What it has already it may go on with, whatever it says to another word.
      if (isWithRelay(job.state)) end(job, 'failed', event.reason, now, effects)
      break
    case 'impossible':
      // Whoever has fetched it needs no document here.
      if (order[job.state] <= order.received) end(job, 'failed', event.reason, now, effects)
      break
    case 'holder-gone':
      if (!isWithRelay(job.state) && !hasEnded(job.state))
        end(job, 'unknown', 'The proxy that had the job signed off before it told the end.', now, effects)
      break
    case 'device-gone':
      lose(job, now, effects)
      break
    case 'again':
      doAgain(job, effects)
      break
    case 'silent':
      if (isWithDevice(job.state)) end(job, 'unknown', whySilent(job, event.sinceMs), now, effects)
      break
    case 'time':
      if (isWithRelay(job.state) && now >= job.expiresAt) end(job, 'expired', whyExpired(job), now, effects)
  }
}

function whyExpired({ heldFor }: JobLife): string {
  if (heldFor === 'person') return 'Its person did not release it at the device in time.'
  return heldFor === 'document' ? 'Its document did not come in time.' : 'The device did not take it in time.'
}

function whySilent({ pagesDone }: JobLife, sinceMs: number): string {
  const since = `${new Date(sinceMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const stopped = pagesDone
    ? `page ${pagesDone} is the last that is known to have come out`
    : 'no page is known to have come out'
  return `Nothing was heard of the device since ${since}; ${stopped}.`
}

function become(job: JobLife, state: JobState, at: number, effects: JobEffect[]): void {
  job.state = state
  job.states.push({ state, at })
  effects.push({ kind: 'tell' })
}

/** Its asking may be quicker than the word that the notification has left. */
function receive(job: JobLife, now: number, effects: JobEffect[]): void {
  if (job.state === 'waiting') become(job, 'notified', now, effects)
  if (job.state === 'notified') become(job, 'received', now, effects)
}

function end(job: JobLife, state: JobState, reason: string | undefined, at: number, effects: JobEffect[]): void {
  Object.assign(job, { heldFor: undefined, reason, due: false })
  become(job, state, at, effects)
  effects.push({ kind: 'drop-document', when: state === 'failed' || state === 'unknown' ? 'soon' : 'now' })
}

function hold(job: JobLife, why: HeldFor, reason: string | undefined, now: number, effects: JobEffect[]): void {
  if (!isWithRelay(job.state) || job.heldFor) return
  Object.assign(job, { heldFor: why, reason, due: false })
  if (job.state === 'waiting') effects.push({ kind: 'tell' })
  else become(job, 'waiting', now, effects)
}

function release(job: JobLife, effects: JobEffect[]): void {
  if (!job.heldFor) return
  Object.assign(job, { heldFor: undefined, reason: undefined, due: true })
  effects.push({ kind: 'tell' }, { kind: 'notify' })
}

function takeDocument(
  job: JobLife,
  { expiresAt, forPerson }: { expiresAt: number; forPerson: boolean },
  effects: JobEffect[],
): void {
  if (job.heldFor !== 'document') return
  job.expiresAt = expiresAt
  if (forPerson) {
    job.heldFor = 'person'
    effects.push({ kind: 'tell' })
  } else release(job, effects)
}

/** A device that comes back with what nobody knew the end of hears, when it reports, that it is not wanted any more. */
function doAgain(job: JobLife, effects: JobEffect[]): void {
  if (job.state !== 'unknown' || job.cancelAsked) return
  job.cancelAsked = true
  effects.push({ kind: 'tell' })
}

function lose(job: JobLife, now: number, effects: JobEffect[]): void {
  if (isWithRelay(job.state)) end(job, 'cancelled', 'The device has been removed from the account.', now, effects)
  else if (isWithDevice(job.state))
    end(job, 'unknown', 'The device was removed from the account before it told the end.', now, effects)
}

function cancel(job: JobLife, now: number, effects: JobEffect[]): void {
  if (isWithRelay(job.state)) end(job, 'cancelled', undefined, now, effects)
  else if (isWithDevice(job.state) && !job.cancelAsked) {
    Object.assign(job, { cancelAsked: true, due: true })
    effects.push({ kind: 'tell' }, { kind: 'notify' })
  }
}

/** Only forwards: reports may come again, late, and together. */
function takeReport(job: JobLife, { states, pagesDone, reason }: JobReport, now: number, effects: JobEffect[]): void {
  if (hasEnded(job.state) && job.state !== 'unknown') return
  // Whoever reports has it.
  if (isWithRelay(job.state)) {
    job.heldFor = undefined
    receive(job, now, effects)
    job.due = job.cancelAsked
  }
  if (pagesDone !== undefined && pagesDone > (job.pagesDone ?? -1)) {
    job.pagesDone = pagesDone
    effects.push({ kind: 'tell' })
  }
  for (const { state, at } of states) {
    if (order[state] <= order[job.state]) continue
    // The device's clock may be wrong; that nothing happened before what came before it is sure.
    const when = Math.min(now, Math.max(Date.parse(at), job.states.at(-1)?.at ?? 0))
    if (hasEnded(state)) end(job, state, reason, when, effects)
    else become(job, state, when, effects)
  }
  if (!hasEnded(job.state) && job.reason !== reason) {
    job.reason = reason
    effects.push({ kind: 'tell' })
  }
}
