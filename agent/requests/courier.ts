/** Brings answers to the relay by plain HTTP, outside of any session, again and again until they are taken (A10). */
import { backoffMs, type Clock, type Log, type Random } from '@fairlead/base'
import type { HttpOutcome } from '../uplink/http-client.ts'
import { troubleOfAnswer } from '../uplink/relay-door.ts'
import { describeTrouble } from '../uplink/trouble.ts'
import type { Answer } from './answer.ts'

export interface CourierNeeds {
  call(path: string, body: unknown, timeoutMs: number): Promise<HttpOutcome>
  clock: Clock
  random: Random
  log: Log
}

export interface Courier {
  /**
   * Tries until the relay has taken the answer, or wants it no more, or `untilMs` of the clock; once at least.
   * @returns whether it was taken or is not wanted
   */
  deliver(requestId: string, answer: Answer, untilMs: number): Promise<boolean>
  /** The relay is there again: whatever waits is tried now. */
  hurry(): void
  /** No more repeats: what was not taken yet is the next start's. */
  stop(): void
}

const tryMs = 15_000
/** Soon while somebody may still wait; a relay that is away for hours is asked every few minutes. */
const limits = { firstMs: 500, longestMs: 300_000 }

/** Taken; taken though nobody waits any more; never ours; answered already. Each is final (contract part 4). */
const final = new Set([200, 202, 404, 409])
/** This answer will not be taken, however often it comes. */
const unacceptable = new Set([400, 413, 422])

export function createCourier({ call, clock, random, log }: CourierNeeds): Courier {
  const pauses = new Set<() => void>()
  let isStopped = false

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (isStopped) return resolve()
      const timer = clock.at(clock.now() + ms, end)
      function end(): void {
        timer.cancel()
        pauses.delete(end)
        resolve()
      }
      pauses.add(end)
    })
  }

  function hurry(): void {
    for (const end of [...pauses]) end()
  }

  return {
    async deliver(requestId, answer, untilMs) {
      let body: Answer = answer
      for (let attempt = 0; attempt === 0 || !isStopped; attempt++) {
        const outcome = await call(`/device/v1/responses/${encodeURIComponent(requestId)}`, body, tryMs)
        const status = 'status' in outcome ? outcome.status : 0
        if (final.has(status)) return true
        if (unacceptable.has(status) && body === answer) {
          body = { refused: refusalFor(status) }
          log.warn('requests.answer-refused', body.refused, { requestId, status })
          continue
        }
        const pauseMs = backoffMs(attempt, limits, random.fraction())
        if (clock.now() + pauseMs >= untilMs) {
          log.warn('requests.undelivered', `An answer did not reach the relay. ${whyNot(outcome)}`, { requestId })
          return false
        }
        await pause(pauseMs)
      }
      return false
    },

    hurry,

    stop() {
      isStopped = true
      hurry()
    },
  }
}

function whyNot(outcome: HttpOutcome): string {
  return describeTrouble('trouble' in outcome ? outcome.trouble : troubleOfAnswer(outcome))
}

function refusalFor(status: number): string {
  return status === 413
    ? 'The answer is larger than the relay takes: ask for fewer objects at once.'
    : `The relay did not accept the form of the answer (${status}).`
}
