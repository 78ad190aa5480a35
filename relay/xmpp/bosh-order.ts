/** The answers of one session leave in order (B-095), also where another node gives one to its client and this one the next. */
import type { Exchange } from './bosh-exchange.ts'

/** So long an answer may be on its way to the node that gives it: one that is given later than that has no need to wait for it. */
const onItsWayMs = 100

/** For a session that other nodes have passed a request of: most have none. */
export class AnswerOrder {
  /** The last answer went this way. */
  #last: Exchange | undefined
  #lastMs = 0
  /** Answers that wait for those before them. */
  #waiting: Promise<void> | undefined

  /**
   * @param answer answers that exchange: now, or when its client can have had the answer before
   * @returns when it waits: rejects with what `answer` throws then
   */
  next(exchange: Exchange, nowMs: number, answer: () => void): Promise<void> | undefined {
    const before = nowMs - this.#lastMs < onItsWayMs ? this.#last : undefined
    const isBehind = before?.passedBy !== undefined && before.passedBy.node !== exchange.passedBy?.node
    this.#last = exchange.passedBy && exchange
    this.#lastMs = nowMs
    if (!isBehind && !this.#waiting) {
      answer()
      return undefined
    }
    const waiting = (this.#waiting ?? Promise.resolve())
      .then(() => (isBehind ? before?.passedBy?.given() : undefined))
      .then(answer)
      .finally(() => {
        if (this.#waiting === waiting) this.#waiting = undefined
      })
    this.#waiting = waiting
    return waiting
  }
}
