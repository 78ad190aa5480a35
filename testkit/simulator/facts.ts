/** What really happened in a simulated hour, as nobody in it can know: the invariants are held against it. */
import type { Failure } from '@fairlead/base'
import type { RequestView } from '@fairlead/protocol/contract'
import type { Reply } from '../../relay/requests/requests.ts'
import type { HttpAnswer } from '../../relay/xmpp/bosh-exchange.ts'
import type { AskCall } from './calls.ts'
import type { Kept } from './disk.ts'
import * as invariants from './invariants.ts'
import { createJudges, type Judges } from './judge.ts'
import type { Letter, Path, Served } from './network.ts'
import { createPresenceFacts, type PresenceFacts } from './presence-facts.ts'
import type { Broken, RequestFacts } from './request-facts.ts'

export class Facts {
  readonly requests = new Map<string, RequestFacts>()
  readonly broken: Broken[] = []
  readonly presence: PresenceFacts
  readonly judges: Judges
  life = 0
  /** It has been full. */
  isDiskTroubled = false
  /** What was asked while it was full may be answered a moment later. */
  #hasRoomFromMs = Number.NEGATIVE_INFINITY
  /** How much longer than its time-out a request may take, for the disk's sake. */
  slackMs = 1000
  readonly #now: () => number
  readonly #timeoutMs: number
  readonly #managementMs: number
  readonly #executed = new Map<string, number>()
  readonly #bound = new Map<string, Set<string>>()
  readonly #presences = new Map<string, { state: string; epoch: number }>()
  readonly #lastToken = new Map<string, number>()
  readonly versions = new Map<string, number>()
  readonly gone = new Set<string>()

  constructor(now: () => number, relay: { requestTimeoutSeconds: number; managementSeconds: number }) {
    this.#now = now
    this.#timeoutMs = relay.requestTimeoutSeconds * 1000
    this.#managementMs = relay.managementSeconds * 1000
    this.presence = createPresenceFacts(now)
    this.judges = createJudges(now, this.presence, (verdict) => this.hold(verdict))
  }

  /** Takes what an invariant says. */
  hold(broken: Broken | undefined): void {
    if (broken) this.broken.push(broken)
  }

  diskIsFull(): void {
    this.isDiskTroubled = true
    this.#hasRoomFromMs = Number.POSITIVE_INFINITY
  }

  diskHasRoom(): void {
    this.#hasRoomFromMs = this.#now() + 1000
  }

  // --- The relay's life ---

  relayStarted(life: number): void {
    this.life = life
    this.#lastToken.clear()
  }

  relayDied(kept: Kept): void {
    this.#bound.clear()
    this.judges.relayDied()
    for (const request of this.requests.values()) {
      const row = kept.requests.get(request.id)
      this.hold(invariants.storedSurvives(request, row))
      // What the relay had only in mind is gone with it.
      if (row) request.outcome = row.outcome === 'pending' ? undefined : row.outcome
    }
    this.life = 0
  }

  relayFailed(event: string, error: unknown): void {
    this.hold(invariants.nothingBreaks(event, error, this.isDiskTroubled))
  }

  bound(device: string, sid: string): void {
    const bound = this.#bound.get(device) ?? new Set()
    this.#bound.set(device, bound.add(sid))
    this.judges.bound(sid, device)
    this.hold(invariants.oneOwner(device, bound.size))
  }

  sessionEnded(sid: string, end: string): void {
    for (const bound of this.#bound.values()) bound.delete(sid)
    this.judges.ended(sid, end)
  }

  /** @param sid of the session that stands */
  cameOnline(device: string, sid: string): void {
    this.hold(invariants.onlineIsConnected(device, this.judges.isConnected(sid)))
  }

  /** On disk, and so told to who listens. */
  presenceTold(device: string, state: string, epoch: number): void {
    this.hold(invariants.presenceAlternates(device, this.#presences.get(device), { state, epoch }))
    this.#presences.set(device, { state, epoch })
  }

  /** A full disk: nobody was told, and the next word may be about anything. */
  presenceLost(device: string): void {
    this.#presences.delete(device)
  }

  rotated(device: string, version: number): void {
    this.versions.set(device, version)
  }

  removed(device: string): void {
    this.gone.add(device)
    this.#presences.delete(device)
  }

  deviceFailed(device: string, event: string, error: unknown): void {
    this.hold(invariants.nothingBreaks(`${device}: ${event}`, error, false))
  }

  // --- Exchanges ---

  sent({ name }: Path, { to }: Letter): void {
    if (to === 'register' || to === 'survival') this.hold(invariants.offIsSilent(name, this.presence.isOff(name), to))
  }

  arrived(served: Served): void {
    if (served.letter.to === 'bosh') this.judges.arrived(served)
  }

  answered(served: Served, answer: HttpAnswer): void {
    if (served.letter.to !== 'bosh') return
    this.judges.answered(served, answer)
    if (answer.body.includes('urn:fairlead:request:1')) this.#notePushes(served, answer.body)
  }

  answeredTwice(served: Served): void {
    this.hold(invariants.answerOnce(`${served.letter.to} ${served.letter.rid ?? ''}`))
  }

  closed(served: Served): void {
    if (served.letter.to === 'bosh') this.judges.closed(served)
  }

  #notePushes(served: Served, body: string): void {
    const { sid = '', rid = 0 } = served.letter
    for (const [, id = ''] of body.matchAll(/<iq[^>]*\sid='([^']*)'[^>]*><request/g)) {
      const request = this.requests.get(id)
      if (!request) continue
      const before = request.pushes.find((push) => push.sid === sid && push.rid === rid)
      if (before) continue
      request.pushes.push({ sid, rid })
      this.presence.pushed(request.device, request.timeoutMs)
      this.hold(invariants.pushedOnce(request))
      const last = this.#lastToken.get(request.device) ?? 0
      this.hold(invariants.inOrder(request, last))
      this.#lastToken.set(request.device, Math.max(last, request.token))
    }
  }

  // --- Requests ---

  asked(id: string, tag: string, call: number, asked: Omit<AskCall, 'tag' | 'call'>): void {
    const { timeoutSeconds, deliverWithinSeconds } = asked.request
    const timeoutMs = timeoutSeconds === undefined ? this.#timeoutMs : timeoutSeconds * 1000
    this.requests.set(id, {
      id,
      tag,
      account: asked.account,
      device: asked.device,
      isKeyed: asked.key !== undefined,
      askedMs: this.#now(),
      timeoutMs,
      endsByMs: this.#now() + deliverWithinSeconds * 1000 + timeoutMs + this.slackMs,
      life: this.life,
      call,
      replies: 0,
      isPromised: false,
      isConfirmed: false,
      refusal: undefined,
      outcome: undefined,
      told: undefined,
      executions: [],
      pushes: [],
      token: 0,
      isForgotten: false,
    })
  }

  handed(_device: string, id: string, token: number): void {
    const request = this.requests.get(id)
    if (request) request.token = token
  }

  finished(id: string, outcome: string): void {
    const request = this.requests.get(id)
    if (!request) return
    this.hold(invariants.answeredOnce(request, outcome))
    this.hold(invariants.unknownHasLeft(request, outcome, this.life))
    request.outcome = outcome
  }

  notRemembered(id: string): void {
    const request = this.requests.get(id)
    if (request) request.isForgotten = true
  }

  refused(call: number, id: string, code: string) {
    const request = this.requests.get(id)
    if (!request) return
    request.replies++
    request.refusal = code
    this.#check(request)
    void call
  }

  replied(_call: number, id: string, reply: Reply): void {
    const asked = this.requests.get(id)
    if (asked) {
      asked.replies++
      this.hold(invariants.repliedOnce(asked))
      if (reply.requestId !== id) asked.refusal = 'replayed'
    }
    const request = this.requests.get(reply.requestId)
    if (!request) return
    if (!reply.verdict) request.isPromised = true
    else this.#tell(request, reply.verdict.outcome, 'answer' in reply.verdict ? reply.verdict.answer : undefined)
  }

  viewed(id: string, account: string, view: RequestView | Failure) {
    const request = this.requests.get(id)
    if (!request) return
    const isFailure = view instanceof Error
    this.hold(invariants.tenantsApart(request, account, !isFailure))
    if (isFailure) {
      const isRefused = view.code === 'unavailable' && this.#now() < this.#hasRoomFromMs
      if (account === request.account) this.hold(invariants.promisedIsKnown(request, this.#now(), isRefused))
      return
    }
    if (view.outcome !== 'pending') this.#tell(request, view.outcome, view)
    else this.hold(invariants.terminates(request, this.#now(), this.life))
  }

  #tell(request: RequestFacts, outcome: string, answer: object | undefined): void {
    const value = valueIn(answer)
    this.hold(invariants.truthStays(request, outcome, value))
    request.told = { outcome, value }
    this.#check(request)
  }

  executed(device: string, requestId: string, value: string) {
    const request = this.requests.get(requestId)
    if (!request)
      return this.hold({ invariant: 'I4', words: `${device} was pushed ${requestId}, which nobody asked for` })
    request.executions.push({ device, value })
    const times = (this.#executed.get(request.tag) ?? 0) + 1
    this.#executed.set(request.tag, times)
    this.hold(invariants.executedOnce(request, times))
    this.#check(request)
  }

  /** The relay says that it has the device's answer. */
  confirmed(requestId: string): void {
    const request = this.requests.get(requestId)
    if (request) request.isConfirmed = true
  }

  #check(request: RequestFacts): void {
    this.hold(invariants.notSentIsNotExecuted(request))
    this.hold(invariants.answerIsTheDevices(request))
  }

  /** Now and then, and at the end. */
  sweep(open: Iterable<Served>, waitMs: number, isOnline: (device: string) => boolean): void {
    const nowMs = this.#now()
    this.judges.sweep(open, waitMs, isOnline)
    for (const device of this.#bound.keys()) {
      const overMs = this.presence.silentOverMs(device, this.#managementMs)
      this.hold(invariants.silentIsOffline(device, isOnline(device), overMs))
    }
    for (const request of this.requests.values()) this.hold(invariants.terminates(request, nowMs, this.life))
  }
}

/** The value that a simulated device made for this one execution, from wherever the answer has it. */
function valueIn(answer: object | undefined): string | undefined {
  if (!answer) return undefined
  const { values, result } = answer as { values?: Record<string, unknown>; result?: unknown }
  const value = result ?? Object.values(values ?? {})[0]
  return typeof value === 'string' ? value : undefined
}
