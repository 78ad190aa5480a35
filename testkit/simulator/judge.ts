/** Keeps count, from outside, of what each BOSH session was owed: a second opinion on windows, holds and silence. */
import type { HttpAnswer } from '../../relay/xmpp/bosh-exchange.ts'
import { answeredInTime, holdsIsOnline, idleEnds, iqAnsweredOnce, keepsSession } from './invariants.ts'
import type { Served } from './network.ts'
import type { PresenceFacts } from './presence-facts.ts'
import type { Broken } from './request-facts.ts'

interface Judged {
  readonly sid: string
  readonly isAcking: boolean
  readonly waitMs: number
  readonly inactivityMs: number
  /** Until the next request: a pause that was asked for. */
  pauseMs: number | undefined
  /** Everything up to this one has arrived. */
  last: number
  readonly early: Set<number>
  readonly copies: Map<number, number>
  /** Requests that the relay has and has not answered; those that wait for an earlier one are not held yet. */
  readonly open: Set<Served>
  idleSinceMs: number
  hasTerminated: boolean
  /** The rules let the relay end it: the window was left, or too much was sent again. */
  isExcused: boolean
  /** Undefined: not logged in yet. */
  device: string | undefined
  /** The request that asked to be bound; the connection is a later one (A4). */
  boundRid: number
  /** By ID, which a client may use again; answers by the rid that carried them. */
  readonly asked: Map<string, { rid: number; atMs: number; times: number; answers: Map<number, number> }>
}

/** As the contract of XEP-0124 has it here: window, copies of one request, and how long a wrong guess is held back. */
const requests = 2
const mostCopies = 10
const tarpitMs = 5_000
/** An IQ must have been answered after so long, if its session still stood. */
const iqMs = 60_000
/** An early request may wait for one that never comes until its session ends of silence, which a push puts off. */
const longestPushMs = 310_000

export interface Judges {
  arrived(served: Served): void
  answered(served: Served, answer: HttpAnswer): void
  closed(served: Served): void
  bound(sid: string, device: string): void
  ended(sid: string, end: string): void
  /** Is a request held that is this session's connection? */
  isConnected(sid: string): boolean
  relayDied(): void
  /** @param open what waits for an answer now */
  sweep(open: Iterable<Served>, waitMs: number, isOnline: (device: string) => boolean): void
}

export function createJudges(
  now: () => number,
  presence: PresenceFacts,
  hold: (broken: Broken | undefined) => void,
): Judges {
  const sessions = new Map<string, Judged>()
  const live = new Map<Served, Judged>()
  /** Whose each session is, once it is bound; also when it is over. */
  const devices = new Map<string, string>()

  function release(served: Served): void {
    const judged = live.get(served)
    if (!judged) return
    live.delete(served)
    judged.open.delete(served)
    if ((served.letter.rid ?? 0) <= judged.last && held(judged) === 0) judged.idleSinceMs = now()
  }

  function take(judged: Judged, served: Served): void {
    const { rid = 0, body, iq } = served.letter
    const copies = (judged.copies.get(rid) ?? 0) + 1
    judged.copies.set(rid, copies)
    if (copies > mostCopies) judged.isExcused = true
    if (!isInWindow(judged, rid)) judged.isExcused = true
    if (rid <= judged.last || judged.early.has(rid)) return
    judged.early.add(rid)
    if (judged.isExcused) judged.last = Math.max(judged.last, rid - 1)
    while (judged.early.delete(judged.last + 1)) judged.last++
    judged.copies.delete(judged.last - 2 * requests)
    judged.pauseMs = pauseOf(body)
    if (body.includes("type='terminate'")) judged.hasTerminated = true
    if (iq === undefined || judged.isExcused) return
    const before = judged.asked.get(iq)
    const times = (before?.times ?? 0) + 1
    judged.asked.set(iq, { rid, atMs: now(), times, answers: before?.answers ?? new Map() })
  }

  function create(served: Served, body: string): void {
    const sid = attribute(body, 'sid')
    const { rid = 0, body: asked } = served.letter
    if (sid === undefined || sessions.has(sid)) return
    sessions.set(sid, {
      sid,
      isAcking: asked.includes("ack='1'"),
      waitMs: 1000 * Number(attribute(body, 'wait')),
      inactivityMs: 1000 * Number(attribute(body, 'inactivity')),
      pauseMs: undefined,
      last: rid,
      early: new Set(),
      copies: new Map(),
      open: new Set(),
      idleSinceMs: now(),
      hasTerminated: false,
      isExcused: false,
      device: undefined,
      boundRid: 0,
      asked: new Map(),
    })
  }

  function judgeIqs(judged: Judged): void {
    if (judged.isExcused) return
    for (const [id, { rid, atMs, times, answers }] of judged.asked)
      if (rid <= judged.last && now() - atMs >= iqMs) hold(iqAnsweredOnce(id, times, sum(answers)))
  }

  function judgeIdle(judged: Judged): void {
    const { sid, device, isExcused, pauseMs, inactivityMs, idleSinceMs } = judged
    if (device === undefined || isExcused || held(judged) > 0) return
    hold(idleEnds(sid, device, presence.overMs(device, idleSinceMs, pauseMs ?? inactivityMs)))
  }

  function whyEnded(judged: Judged, end: string): string | undefined {
    const { device, isExcused, hasTerminated, pauseMs, inactivityMs, idleSinceMs } = judged
    if (isExcused || end === 'ended-by-us') return undefined
    if (end === 'terminated') return hasTerminated ? undefined : 'it did not ask for it'
    if (end !== 'inactivity') return `rid ${judged.last} was within its window, and not sent too often`
    if (held(judged) > 0) return `${held(judged)} of its requests were held`
    const owedMs = pauseMs ?? inactivityMs
    const earlyMs = device === undefined ? idleSinceMs + owedMs - now() : -presence.overMs(device, idleSinceMs, owedMs)
    return earlyMs <= 1
      ? undefined
      : `it was told ${owedMs} ms, and what was pushed to it had ${Math.round(earlyMs)} ms left`
  }

  return {
    arrived(served) {
      const { sid = '', rid = 0 } = served.letter
      const judged = sessions.get(sid)
      const device = devices.get(sid)
      if (judged) {
        live.set(served, judged)
        judged.open.add(served)
        take(judged, served)
      }
      // A crash may have forgotten that the session is over: it lives all the same.
      const isTaken = judged !== undefined && !judged.isExcused && rid <= judged.last
      if (device !== undefined) presence.heard(device, isTaken)
    },
    answered(served, { body }) {
      if (served.letter.sid === undefined) create(served, body)
      const judged = live.get(served)
      if (judged && !judged.isExcused)
        for (const [id, asked] of judged.asked) {
          const times = body.split(` id='${id}'`).length - 1
          if (times === 0) continue
          asked.answers.set(served.letter.rid ?? 0, times)
          const answers = sum(asked.answers)
          if (answers > asked.times) hold(iqAnsweredOnce(id, asked.times, answers))
        }
      release(served)
    },
    closed: release,
    bound(sid, device) {
      presence.heard(device, true)
      devices.set(sid, device)
      const judged = sessions.get(sid)
      if (judged) Object.assign(judged, { device, boundRid: judged.last })
    },
    ended(sid, end) {
      const judged = sessions.get(sid)
      if (!judged) return
      sessions.delete(sid)
      judgeIqs(judged)
      const why = whyEnded(judged, end)
      hold(keepsSession(sid, end, why === undefined, why ?? ''))
    },
    isConnected(sid) {
      const judged = sessions.get(sid)
      // A crash has forgotten its end: it goes on, and nobody kept count.
      if (!judged) return true
      // What goes on after a crash may hold the request that it had then.
      if (judged.isExcused) return judged.open.size > 0
      for (const { letter } of judged.open) if ((letter.rid ?? 0) > judged.boundRid) return true
      return false
    },
    relayDied() {
      live.clear()
      // What goes on after a crash may be a little older than it was: it is held to less.
      for (const judged of sessions.values()) {
        judged.isExcused = true
        judged.open.clear()
        judged.early.clear()
        judged.asked.clear()
      }
    },
    sweep(open, waitMs, isOnline) {
      for (const served of open) {
        const { letter, arrivedMs, isAnswered, isGone } = served
        if (letter.to !== 'bosh' || isAnswered || isGone) continue
        const judged = live.get(served)
        const isInOrder = judged !== undefined && !judged.isExcused && (letter.rid ?? 0) <= judged.last
        const longestMs = isInOrder ? judged.waitMs + 500 : waitMs + tarpitMs + longestPushMs
        if (isInOrder && judged.device !== undefined && arrivedMs < now())
          hold(holdsIsOnline(judged.device, isOnline(judged.device)))
        hold(answeredInTime(letter.rid ?? 0, now() - arrivedMs, longestMs))
      }
      for (const judged of sessions.values()) {
        judgeIqs(judged)
        judgeIdle(judged)
      }
    },
  }
}

/** In an acknowledging session a copy of what was acknowledged is no request of its client's any more. */
function isInWindow({ last, isAcking }: Judged, rid: number): boolean {
  return rid <= last + requests && rid > last - (isAcking ? 0 : requests)
}

function sum(counts: ReadonlyMap<number, number>): number {
  let sum = 0
  for (const count of counts.values()) sum += count
  return sum
}

function held({ open, last }: Judged): number {
  let count = 0
  for (const { letter } of open) if ((letter.rid ?? 0) <= last) count++
  return count
}

function attribute(body: string, name: string): string | undefined {
  const start = body.indexOf(` ${name}='`)
  if (start < 0) return undefined
  const from = start + name.length + 3
  return body.slice(from, body.indexOf("'", from))
}

function pauseOf(body: string): number | undefined {
  const pause = body.startsWith('<body') && body.includes(" pause='") ? attribute(body, 'pause') : undefined
  return pause === undefined ? undefined : 1000 * Number(pause)
}
