/** A process that gets the processor for a part of the time only: its event loop is late, whatever machine this is. */
import { setTimeout as pause } from 'node:timers/promises'
import type { StartedProcess } from './process.ts'

/** Enough between two stops to answer some calls. */
const runMs = 120

export interface Starvation extends AsyncDisposable {
  /** How long it stands still each time, in milliseconds; 0: not at all. */
  stopMs: number
}

/** Until it is disposed of. */
export function starve(process: StartedProcess): Starvation {
  let isOver = false
  const starvation = { stopMs: 0 }

  async function go(): Promise<void> {
    while (!isOver) {
      if (starvation.stopMs > 0) {
        process.signal('SIGSTOP')
        await pause(starvation.stopMs)
        process.signal('SIGCONT')
      }
      await pause(runMs)
    }
  }

  const gone = go()
  return Object.assign(starvation, {
    async [Symbol.asyncDispose]() {
      isOver = true
      await gone
    },
  })
}
