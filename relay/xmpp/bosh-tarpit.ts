/** Holds answers back from who guesses sids, for a while and not too many at once (S-A2). */
import type { ServerResponse } from 'node:http'
import type { Clock, Timer } from '@fairlead/base'
import type { HttpAnswer } from './bosh-carrier.ts'

const holdMs = 5000
/** A queue of the slow must not become a way to fill the memory; a sid of 192 bits is safe without it. */
const most = 256

export function createTarpit(clock: Clock, write: (response: ServerResponse, answer: HttpAnswer) => void) {
  const held = new Map<ServerResponse, { timer: Timer; answer: HttpAnswer }>()

  function release(this: ServerResponse) {
    held.get(this)?.timer.cancel()
    held.delete(this)
  }

  return {
    get size(): number {
      return held.size
    },
    get isFull(): boolean {
      return held.size >= most
    },
    hold(response: ServerResponse, answer: HttpAnswer) {
      const timer = clock.at(clock.now() + holdMs, () => {
        held.delete(response)
        write(response, answer)
      })
      held.set(response, { timer, answer })
      response.once('close', release)
    },
    /** Answers all at once. */
    close() {
      for (const [response, { timer, answer }] of [...held]) {
        timer.cancel()
        write(response, answer)
      }
      held.clear()
    },
  }
}
