/** A person at the device (H1): who they are is shown first, and only then what waits for them is asked of the relay. */
import { type Clock, inBackground, type Log, type Random, type Timer } from '@fairlead/base'
import { CancelledJobs, ReleasedJobs, WalkUp, WalkUpJobs } from '@fairlead/protocol/contract'
import type { ZodType } from 'zod'
import type { HttpOutcome } from '../uplink/http-client.ts'
import { type RelayDoor, readAnswer, troubleOfAnswer } from '../uplink/relay-door.ts'
import { releaseCodeOf } from './release-code.ts'

export type WaitingJob = WalkUpJobs['jobs'][number]

export type WalkUpProblem = { kind: 'no-match' | 'not-reached' | 'over' } | { kind: 'too-many'; seconds: number }

/** What the panel shows whoever has begun it. */
export interface WalkUpView {
  /** `connecting`: the session is not there yet. `checking`: the relay is asked who it is. */
  state: 'connecting' | 'checking' | 'phone' | 'known'
  /** To be shown as a QR code. */
  url: string | undefined
  person: string | undefined
  /** Undefined: not told yet. */
  jobs: readonly WaitingJob[] | undefined
  /** What their last touch did. */
  printed: number
  deleted: number
  /** What it did not do, in the relay's words. */
  not: readonly string[]
}

export interface WalkUps {
  /** Without a touch of whoever is known. */
  readonly leaveAfterSeconds: number
  /** Somebody is at it. */
  isActive(): boolean
  /** @returns undefined: nobody is, or it is not theirs */
  view(holder: string | undefined): WalkUpView | undefined
  /** Why the last one came to nothing; told to whoever began it, once it is over. */
  problem(holder: string | undefined): WalkUpProblem | undefined
  /**
   * @param shown a PIN or a badge, as typed or read; empty: their telephone says who they are
   * @returns what its holder shows with each touch; undefined: somebody else is at it, and known
   */
  begin(shown: string, holder: string | undefined): string | undefined
  /** The jobs that they have ticked are to be printed, or given up. @returns false: not theirs, or over */
  release(holder: string | undefined, jobIds: readonly string[]): Promise<boolean>
  cancel(holder: string | undefined, jobIds: readonly string[]): Promise<boolean>
  /** They are still there. */
  touch(holder: string | undefined): void
  leave(holder: string | undefined): void
  /** The device has a session. */
  online(): void
  stop(): void
}

export interface WalkUpNeeds {
  door: Pick<RelayDoor, 'call' | 'look' | 'remove'>
  isOnline(): boolean
  leaveAfterSeconds: number
  clock: Clock
  random: Random
  log: Log
}

interface Standing extends WalkUpView {
  holder: string
  shown: string
  walkUpId: string | undefined
  over: AbortController
}

const tryMs = 15_000
const holdSeconds = 30
/** After so long without a touch they have left before they were known. A telephone is looked for in a pocket first. */
const unknownMs = { phone: 180_000, checking: 60_000, connecting: 120_000 }

export function createWalkUps({ door, isOnline, leaveAfterSeconds, clock, random, log }: WalkUpNeeds): WalkUps {
  const untouchedMs = { ...unknownMs, known: leaveAfterSeconds * 1000 }
  let now: Standing | undefined
  let last: { holder: string; problem: WalkUpProblem } | undefined
  let timer: Timer | undefined

  /** One that is over hears of nothing any more. */
  const theirs = (holder: string | undefined) => (holder !== undefined && now?.holder === holder ? now : undefined)

  function touch(): void {
    timer?.cancel()
    if (now) timer = clock.at(clock.now() + untouchedMs[now.state], () => end())
  }

  function end(problem?: WalkUpProblem): void {
    timer?.cancel()
    const ended = now
    now = undefined
    if (!ended) return
    ended.over.abort()
    last = problem && { holder: ended.holder, problem }
    const { walkUpId } = ended
    // Not answered it ends by itself at the relay.
    if (walkUpId !== undefined) void door.remove(`/device/v1/walk-ups/${walkUpId}`, tryMs)
  }

  async function ask(walkUp: Standing): Promise<void> {
    walkUp.state = 'checking'
    touch()
    const told = walkUp.shown === '' ? {} : releaseCodeOf(walkUp.shown)
    walkUp.shown = ''
    const outcome = await door.call('/device/v1/walk-ups', told, tryMs, { signal: walkUp.over.signal })
    const made = read(outcome, 201, WalkUp)
    if (now !== walkUp) {
      if (made) void door.remove(`/device/v1/walk-ups/${made.walkUpId}`, tryMs)
      return
    }
    if (!made) return end(problemOf(outcome))
    walkUp.walkUpId = made.walkUpId
    if (made.state === 'authenticated') return await know(walkUp, made.person?.name)
    Object.assign(walkUp, { state: 'phone', url: made.url })
    touch()
    await untilConfirmed(walkUp, made.walkUpId)
  }

  async function untilConfirmed(walkUp: Standing, id: string): Promise<void> {
    while (now === walkUp) {
      const path = `/device/v1/walk-ups/${id}?wait=${holdSeconds}`
      const outcome = await door.look(path, holdSeconds * 1000 + tryMs, walkUp.over.signal)
      if (now !== walkUp) return
      const told = read(outcome, 200, WalkUp)
      if (!told) return end(problemOf(outcome))
      if (told.state === 'authenticated') return await know(walkUp, told.person?.name)
    }
  }

  /** Only now something is asked for, and for them alone. */
  async function know(walkUp: Standing, person: string | undefined): Promise<void> {
    Object.assign(walkUp, { state: 'known', url: undefined, person: person ?? '' })
    touch()
    await list(walkUp)
  }

  async function list(walkUp: Standing): Promise<void> {
    const outcome = await door.look(`/device/v1/walk-ups/${walkUp.walkUpId}/jobs`, tryMs, walkUp.over.signal)
    if (now !== walkUp) return
    const told = read(outcome, 200, WalkUpJobs)
    if (told) walkUp.jobs = told.jobs
    else end(problemOf(outcome))
  }

  async function choose(
    holder: string | undefined,
    verb: 'release' | 'cancel',
    jobIds: readonly string[],
  ): Promise<boolean> {
    const walkUp = theirs(holder)
    if (walkUp?.state !== 'known' || walkUp.walkUpId === undefined) return false
    touch()
    Object.assign(walkUp, { printed: 0, deleted: 0, not: [] })
    if (jobIds.length === 0) return true
    const path = `/device/v1/walk-ups/${walkUp.walkUpId}/${verb}`
    const outcome = await door.call(path, { jobIds }, tryMs, { signal: walkUp.over.signal })
    if (now !== walkUp) return false
    const released = verb === 'release' ? read(outcome, 200, ReleasedJobs) : undefined
    const cancelled = verb === 'cancel' ? read(outcome, 200, CancelledJobs) : undefined
    const done = released ?? cancelled
    if (!done) {
      end(problemOf(outcome))
      return false
    }
    walkUp.printed = released?.released.length ?? 0
    walkUp.deleted = cancelled?.cancelled.length ?? 0
    walkUp.not = done.not.map(({ reason }) => reason)
    await list(walkUp)
    touch()
    return true
  }

  return {
    leaveAfterSeconds,
    isActive: () => now !== undefined,
    view: theirs,
    problem: (holder) => (last !== undefined && last.holder === holder ? last.problem : undefined),
    begin(shown, before) {
      if (now?.state === 'known' && now.holder !== before) return undefined
      end()
      last = undefined
      const holder = random.token(24)
      const over = new AbortController()
      const nothing = { url: undefined, person: undefined, jobs: undefined, printed: 0, deleted: 0, not: [] }
      now = { ...nothing, state: 'connecting', holder, shown, walkUpId: undefined, over }
      touch()
      this.online()
      return holder
    },
    release: (holder, jobIds) => choose(holder, 'release', jobIds),
    cancel: (holder, jobIds) => choose(holder, 'cancel', jobIds),
    touch(holder) {
      if (theirs(holder)) touch()
    },
    leave(holder) {
      if (theirs(holder)) end()
    },
    online() {
      const walkUp = now
      if (walkUp?.state === 'connecting' && isOnline())
        inBackground(log, 'walk-up.failed', async () => await ask(walkUp))
    },
    stop: () => end(),
  }
}

function read<Told>(outcome: HttpOutcome, status: number, schema: ZodType<Told>): Told | undefined {
  if ('trouble' in outcome || outcome.status !== status) return undefined
  return schema.safeParse(readAnswer(outcome)).data
}

function problemOf(outcome: HttpOutcome): WalkUpProblem {
  if ('trouble' in outcome) return { kind: 'not-reached' }
  const trouble = troubleOfAnswer(outcome)
  if (trouble.kind !== 'status') return { kind: 'not-reached' }
  if (trouble.code === 'no-match') return { kind: 'no-match' }
  if (trouble.status === 429) return { kind: 'too-many', seconds: trouble.retryAfterSeconds ?? 60 }
  return { kind: trouble.status === 404 ? 'over' : 'not-reached' }
}
