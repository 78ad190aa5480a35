/** Holds answers back from who guesses sids, for a while and not too many at once (S-A2). */
import type { Clock, Timer } from '@fairlead/base'
import type { Exchange, HttpAnswer } from './bosh-exchange.ts'

const holdMs = 5000
/** A queue of the slow must not become a way to fill the memory; a sid of 192 bits is safe without it. */
const most = 256

export function createTarpit(clock: Clock) {
  const held = new Map<Exchange, { timer: Timer; answer: HttpAnswer }>()

  return {
    get size(): number {
      return held.size
    },
    get isFull(): boolean {
      return held.size >= most
    },
    hold(exchange: Exchange, answer: HttpAnswer) {
      const timer = clock.at(clock.now() + holdMs, () => {
        held.delete(exchange)
        exchange.answer(answer)
      })
      held.set(exchange, { timer, answer })
    },
    /** Its connection is gone. */
    forget(exchange: Exchange) {
      held.get(exchange)?.timer.cancel()
      held.delete(exchange)
    },
    /** Answers all at once. */
    close() {
      for (const [exchange, { timer, answer }] of [...held]) {
        timer.cancel()
        exchange.answer(answer)
      }
      held.clear()
    },
  }
}
