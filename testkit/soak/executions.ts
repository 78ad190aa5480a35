/** What devices have done: those of agents as their file says, which outlives every agent, those of ours as they tell. */
import { open } from 'node:fs/promises'
import type { Execution } from './history.ts'

type Told = Omit<Execution, 'place'>

export interface Executions {
  /** Told by a device in this process. */
  add(execution: Told): void
  /** Those that nobody has been given yet. */
  take(): Promise<Execution[]>
}

export function createExecutions(file: string): Executions {
  let told: Told[] = []
  let places = 0
  let readUpTo = 0

  async function readOn(): Promise<Told[]> {
    await using handle = await open(file, 'a+')
    const { size } = await handle.stat()
    const { buffer } = await handle.read(Buffer.alloc(size - readUpTo), 0, size - readUpTo, readUpTo)
    // What is written at this moment may not be whole yet.
    const whole = buffer.subarray(0, buffer.lastIndexOf('\n') + 1)
    readUpTo += whole.length
    return whole
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  }

  return {
    add: (execution) => void told.push(execution),
    async take() {
      const here = told
      told = []
      return [...here, ...(await readOn())].map((execution) => ({ ...execution, place: ++places }))
    },
  }
}
