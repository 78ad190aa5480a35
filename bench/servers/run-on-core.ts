/** Starts a program on one processor, so that server and generator do not take each other's time. */
import { spawnSync } from 'node:child_process'
import { type StartedProcess, type StartOptions, startProcess } from '../../testkit/process.ts'

/** @param core undefined: any */
export function runOnCore(
  core: number | undefined,
  command: string,
  args: readonly string[],
  options?: StartOptions,
): Promise<StartedProcess> {
  return core === undefined
    ? startProcess(command, args, options)
    : startProcess('taskset', ['--cpu-list', String(core), command, ...args], options)
}

/** Moves this process, all its threads included, to one processor. */
export function moveToCore(core: number): void {
  const { status, stderr } = spawnSync('taskset', [
    '--all-tasks',
    '--cpu-list',
    '--pid',
    String(core),
    String(process.pid),
  ])
  if (status !== 0) throw new Error(`taskset: ${stderr}`)
}
