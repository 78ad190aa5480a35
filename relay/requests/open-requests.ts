/** Requests that have not ended: whose they are, who waits for them, and how many each asker has. */
import type { Translated } from '../translation/translation.ts'
import type { KeyUse, RequestRecord, Verdict } from './record.ts'

/** What is known of a request when it is taken. */
export interface TakenRequest {
  readonly record: RequestRecord
  /** Whose limit counts: the key, or the admin. */
  readonly asker: string
  key: KeyUse | undefined
  /** Deferred: as long as the device may stay away, in milliseconds since 1970. */
  readonly deferUntilAt: number | undefined
  /** When its time-out is over, on the clock that never goes back; undefined: it counts from when it leaves. */
  readonly endsAtMs: number | undefined
  /** Another node took it before this one knew of it. */
  readonly isTakenElsewhere?: boolean
  /** Undefined: it goes on, but nobody waits for it here any more. */
  tell(verdict: Verdict | undefined): void
}

export interface OpenRequest extends TakenRequest {
  /** Its place among all that were taken: grows with the time at which that was, at whichever node. */
  readonly order: number
  /** What the line reports about its push; 0 before it was accepted. */
  token: number
  /** The way back for its answer (A13), as it was pushed; undefined: as the service asked. */
  back: Translated['back'] | undefined
}

export interface OpenRequests {
  add(taken: TakenRequest): OpenRequest
  accept(request: OpenRequest): number
  find(requestId: string): OpenRequest | undefined
  ofToken(token: number): OpenRequest | undefined
  remove(request: OpenRequest): void
  countOf(asker: string): number
  /** What all of them hold in memory, about: the length of what was asked for. */
  chars(): number
  size(): number
}

/** Between two that were taken within a millisecond; what a double can still tell apart in the year 2100. */
const leastStep = 1 / 1024

export function createOpenRequests(): OpenRequests {
  const requests = new Map<string, OpenRequest>()
  const byToken = new Map<number, OpenRequest>()
  const perAsker = new Map<string, number>()
  /** Of each request, as it was when it was added. */
  const lengths = new WeakMap<OpenRequest, number>()
  let chars = 0
  let lastToken = 0
  let lastOrder = 0

  function count(asker: string, change: number): void {
    const now = (perAsker.get(asker) ?? 0) + change
    if (now > 0) perAsker.set(asker, now)
    else perAsker.delete(asker)
  }

  /** What is taken here goes behind all that is here already, whatever becomes of the clock. */
  function placeOf({ record: { acceptedAt }, isTakenElsewhere = false }: TakenRequest): number {
    const order = isTakenElsewhere ? acceptedAt : Math.max(lastOrder + leastStep, acceptedAt)
    lastOrder = Math.max(lastOrder, order)
    return order
  }

  return {
    add(taken) {
      const request: OpenRequest = { ...taken, order: placeOf(taken), token: 0, back: undefined }
      requests.set(request.record.requestId, request)
      count(request.asker, 1)
      const length = JSON.stringify(request.record.request).length
      lengths.set(request, length)
      chars += length
      return request
    },
    accept(request) {
      byToken.delete(request.token)
      request.token = ++lastToken
      byToken.set(request.token, request)
      return request.token
    },
    find: (requestId) => requests.get(requestId),
    ofToken: (token) => byToken.get(token),
    remove(request) {
      if (!requests.delete(request.record.requestId)) return
      byToken.delete(request.token)
      count(request.asker, -1)
      chars -= lengths.get(request) ?? 0
    },
    countOf: (asker) => perAsker.get(asker) ?? 0,
    chars: () => chars,
    size: () => requests.size,
  }
}
