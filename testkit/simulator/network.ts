/** The simulated network: every HTTP request on its way to the relay and back, and everything that can befall it. */
import { renderBody } from '@fairlead/protocol/xmpp'
import type { Exchange, HttpAnswer, Origin } from '../../relay/xmpp/bosh-exchange.ts'
import type { Chance } from './chance.ts'
import type { History } from './history.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What the sender of a request learns of it; nothing at all, when the network swallows it. */
export type Outcome = { kind: 'answer'; status: number; body: string } | { kind: 'refused' } | { kind: 'cut' }

/** A plain HTTP request, or one of a BOSH session. */
export interface Letter {
  to: 'bosh' | 'register' | 'survival' | 'response' | 'ask' | 'find'
  /** What is told of it in the history. */
  body: string
  sid?: string | undefined
  rid?: number
  /** An IQ in it that asks the relay something. */
  iq?: string | undefined
  /** For all but BOSH: what the relay's side needs to know of it. */
  given?: unknown
}

/** How requests of one party fare: its latency, its proxies, and what is wrong right now. */
export interface Path {
  readonly name: string
  address: string
  latencyMs: number
  /** A share of messages is late by up to so much more. */
  lateShare: number
  lateMs: number
  /** Nothing comes through to the relay, or back, before then; nobody is told. */
  upDeadUntilMs: number
  downDeadUntilMs: number
  lossShare: number
  /** A middlebox sends a whole request again. */
  duplicateShare: number
  /** Cuts what it holds for so long. */
  idleCutMs: number
  /** A held request dies before its time. */
  cutShare: number
  /** A proxy that stands between: the relay does not see who hangs up. */
  isBuffering: boolean
}

export interface Call {
  /** The sender waits no more. */
  abort(): void
}

/** The relay's door, in whatever life it is. */
export interface Door {
  readonly isUp: boolean
  /** Something is about to leave, or has left: the relay may die here. */
  boundary(): void
  take(served: Served, letter: Letter): void
  lost(served: Served): void
}

export interface Watcher {
  /** By the party itself, not by a middlebox. */
  sent(path: Path, letter: Letter): void
  arrived(served: Served): void
  answered(served: Served, answer: HttpAnswer): void
  closed(served: Served): void
  answeredTwice(served: Served): void
}

interface Waiting {
  done: ((outcome: Outcome) => void) | undefined
  served: Served | undefined
}

export interface Network {
  door: Door
  readonly open: ReadonlySet<Served>
  post(path: Path, letter: Letter, done: (outcome: Outcome) => void, sent?: () => void): Call
  /** The relay's machine died, or its process: everything that was open with it is cut. */
  cutAll(): void
  /** The way of that party changed: what is under way is lost, and nobody is told. */
  strand(path: Path): void
}

export interface NetworkNeeds {
  time: VirtualTime
  chance: Chance
  history: History
  watcher: Watcher
}

let ways = 0

/** A request that has arrived, from the relay's side. */
export class Served implements Exchange {
  readonly letter: Letter
  readonly path: Path
  readonly arrivedMs: number
  /** Undefined: a copy, in whose answer nobody is interested. */
  readonly waiting: Waiting | undefined
  /** Each request has a connection of its own. */
  readonly way = ++ways
  isGone = false
  isAnswered = false
  /** Its answer goes nowhere, though the relay does not know. */
  isStranded = false
  /** The relay that took it is no more. */
  isOrphan = false
  readonly #answer: (served: Served, answer: HttpAnswer | undefined) => void

  constructor(
    letter: Letter,
    path: Path,
    arrivedMs: number,
    waiting: Waiting | undefined,
    answer: (served: Served, answer: HttpAnswer | undefined) => void,
  ) {
    this.letter = letter
    this.path = path
    this.arrivedMs = arrivedMs
    this.waiting = waiting
    this.#answer = answer
  }

  origin(): Origin {
    return { address: this.path.address, loopback: false, secure: true }
  }

  answer(answer: HttpAnswer): void {
    this.#answer(this, answer)
  }

  cut(): void {
    this.#answer(this, undefined)
  }
}

/** Nothing in it: neither the relay nor a device has anything to think about. */
const emptyBody = renderBody({})
const isPoll = ({ to, body }: Letter) => to === 'bosh' && body.endsWith('/>')

export function createNetwork({ time, chance, history, watcher }: NetworkNeeds): Network {
  const open = new Set<Served>()
  const nobody: Door = { isUp: false, boundary() {}, take() {}, lost() {} }

  const isUpDead = (path: Path) => path.upDeadUntilMs > time.nowMs
  const isDownDead = (path: Path) => path.downDeadUntilMs > time.nowMs

  function delayOf(path: Path): number {
    const delayMs = path.latencyMs * (0.5 + chance.fraction())
    return path.lateShare > 0 && chance.happens(path.lateShare) ? delayMs + chance.fraction() * path.lateMs : delayMs
  }

  function settle(waiting: Waiting | undefined, outcome: Outcome): void {
    const done = waiting?.done
    if (!waiting || !done) return
    waiting.done = undefined
    done(outcome)
  }

  /** The sender is told, if the way back lets it through. */
  function tell(path: Path, waiting: Waiting | undefined, outcome: Outcome): void {
    if (!waiting?.done || isDownDead(path)) return
    const hear = () => {
      if (!waiting.done || isDownDead(path)) return
      if (outcome.kind !== 'answer') history.tell(path.name, outcome.kind)
      else history.tell(path.name, 'hears', outcome.body === '' ? outcome.status : outcome.body)
      settle(waiting, outcome)
    }
    if (outcome.kind === 'answer' && outcome.body === emptyBody) time.quietlyAfter(delayOf(path), hear)
    else time.after(delayOf(path), hear)
  }

  function arrive(path: Path, letter: Letter, waiting: Waiting | undefined) {
    if (isUpDead(path)) return
    if (!network.door.isUp) return tell(path, waiting, { kind: 'refused' })
    const served = new Served(letter, path, time.nowMs, waiting, answered)
    if (waiting) waiting.served = served
    open.add(served)
    history.tell('relay', 'takes', letter.rid ?? letter.to)
    watcher.arrived(served)
    network.door.take(served, letter)
    if (served.isAnswered) return
    const dieMs = chance.happens(path.cutShare) ? chance.fraction() * 30_000 : Number.POSITIVE_INFINITY
    const cutMs = Math.min(path.idleCutMs, dieMs)
    if (cutMs < Number.POSITIVE_INFINITY) time.after(cutMs, () => breakOff(served))
  }

  /** A connection dies while its request is held; each side is told, or not. */
  function breakOff(served: Served): void {
    if (served.isAnswered || served.isGone) return
    const { path, waiting } = served
    const word = chance.fraction()
    history.tell(path.name, 'is cut', served.letter.rid ?? served.letter.to)
    served.isStranded = true
    if (word < 0.85) lose(served)
    if (word < 0.45) tell(path, waiting, { kind: 'cut' })
    else if (word < 0.7 || word > 0.93) tell(path, waiting, { kind: 'answer', status: 504, body: '' })
  }

  function lose(served: Served): void {
    if (served.isGone || !open.has(served)) return
    served.isGone = true
    close(served)
  }

  function close(served: Served): void {
    if (!open.delete(served)) return
    watcher.closed(served)
    network.door.lost(served)
  }

  function answered(served: Served, answer: HttpAnswer | undefined) {
    network.door.boundary()
    if (served.isOrphan) return
    if (served.isAnswered) return watcher.answeredTwice(served)
    leave(served, answer)
    network.door.boundary()
  }

  function leave(served: Served, answer: HttpAnswer | undefined) {
    const { path, waiting } = served
    served.isAnswered = true
    if (answer) watcher.answered(served, answer)
    history.tell('relay', `answers ${path.name}`, answer?.body ?? 'by hanging up')
    if (served.letter.to === 'bosh') time.quietlyAfter(delayOf(path), () => close(served))
    else time.after(delayOf(path), () => close(served))
    if (served.isGone || served.isStranded) return
    const outcome: Outcome = answer ? { kind: 'answer', status: answer.status, body: answer.body } : { kind: 'cut' }
    if (path.lossShare > 0 && chance.happens(path.lossShare)) {
      if (chance.happens(0.5)) tell(path, waiting, { kind: 'cut' })
      return
    }
    tell(path, waiting, outcome)
  }

  const network: Network = {
    door: nobody,
    open,
    post(path, letter, done, sent) {
      const waiting: Waiting = { done, served: undefined }
      history.tell(path.name, 'sends', letter.body)
      watcher.sent(path, letter)
      if (sent) time.quietlyAfter(1, () => waiting.done && sent())
      const isLost = isUpDead(path) || (path.lossShare > 0 && chance.happens(path.lossShare))
      if (!isLost) {
        const delayMs = delayOf(path)
        if (isPoll(letter)) time.quietlyAfter(delayMs, () => arrive(path, letter, waiting))
        else time.after(delayMs, () => arrive(path, letter, waiting))
        if (path.duplicateShare > 0 && chance.happens(path.duplicateShare)) duplicate(path, letter, waiting, delayMs)
      } else if (!isUpDead(path) && chance.happens(0.5)) tell(path, waiting, { kind: 'cut' })
      return {
        abort() {
          waiting.done = undefined
          const { served } = waiting
          if (!served || path.isBuffering || isUpDead(path) || served.isAnswered) return
          time.after(delayOf(path), () => {
            if (!served.isAnswered && !isUpDead(path)) lose(served)
          })
        },
      }
    },
    cutAll() {
      for (const served of [...open]) {
        open.delete(served)
        watcher.closed(served)
        served.isGone = true
        served.isOrphan = true
        if (!served.isStranded && !served.isAnswered && chance.happens(0.9))
          tell(served.path, served.waiting, { kind: 'cut' })
      }
    },
    strand(path) {
      for (const served of open) if (served.path === path) served.isStranded = true
    },
  }

  /** Some middleboxes ask again and pass on the later answer; others ask twice and throw one answer away. */
  function duplicate(path: Path, letter: Letter, waiting: Waiting, delayMs: number): void {
    const laterMs = delayMs + chance.spell(800)
    const isTakenOver = chance.happens(0.5)
    time.after(laterMs, () => {
      history.tell(path.name, 'is sent again by a middlebox', letter.rid ?? letter.to)
      const { served } = waiting
      if (!isTakenOver) return arrive(path, letter, undefined)
      if (served?.isAnswered) return
      if (served) served.isStranded = true
      if (served && chance.happens(0.5)) lose(served)
      arrive(path, letter, waiting)
    })
  }

  return network
}
