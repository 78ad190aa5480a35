/** Runs one command of the tools and says how it went. */
import { spawnSync } from 'node:child_process'
import { home } from './house.ts'

export interface Step {
  /** What a person reads: `types`, `style`. */
  name: string
  command: string
  args: readonly string[]
}

/** Runs the steps in order, all of them, so that one run shows everything that is wrong. @returns the names that failed */
export function runSteps(steps: readonly Step[]): string[] {
  return steps.filter((step) => !runStep(step)).map(({ name }) => name)
}

function runStep({ name, command, args }: Step): boolean {
  const startedAtMs = performance.now()
  const { status, error } = spawnSync(command, args, { cwd: home, stdio: 'inherit' })
  if (error) console.error(error.message)
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1)
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  return status === 0
}
