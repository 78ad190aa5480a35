/** Machines smaller than this one: what runs on each has a share of a processor for itself, whatever the others do. Linux, as root. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Start, type StartedProcess, startProcess } from '../testkit/process.ts'

export interface Machine extends AsyncDisposable {
  /** For processes that this machine outlives. */
  readonly start: Start
}

const root = '/sys/fs/cgroup'
/** In microseconds: as short as the kernel counts well, so that a pause is shorter than what is measured. */
const periodUs = 10_000
let opened = 0

/** @param percent of one processor @throws {Error} where there are no control groups, or this user may not make any */
export function openMachine(percent: number): Machine {
  const folder = join(isUnified() ? root : join(root, 'cpu'), `fairlead-bench-${process.pid}-${++opened}`)
  if (isUnified()) writeFileSync(join(root, 'cgroup.subtree_control'), '+cpu')
  mkdirSync(folder)
  const quotaUs = Math.round((periodUs * percent) / 100)
  if (isUnified()) writeFileSync(join(folder, 'cpu.max'), `${quotaUs} ${periodUs}`)
  else {
    writeFileSync(join(folder, 'cpu.cfs_period_us'), `${periodUs}`)
    writeFileSync(join(folder, 'cpu.cfs_quota_us'), `${quotaUs}`)
  }
  const running: StartedProcess[] = []
  return {
    async start(command, args, options) {
      // It enters the group before it is what it is to be: so all its threads do.
      const enter = `echo $$ > ${join(folder, 'cgroup.procs')} && exec "$@"`
      const started = await startProcess('sh', ['-c', enter, 'sh', command, ...args], options)
      running.push(started)
      return started
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((started) => started.kill()))
      rmdirSync(folder)
    },
  }
}

/** @param percent of a processor for what is started; undefined: as much as it gets @param building what is started ends before it */
export function startOn(percent: number | undefined, building: AsyncDisposableStack): Start {
  return percent === undefined ? startProcess : building.use(openMachine(percent)).start
}

function isUnified(): boolean {
  return existsSync(join(root, 'cgroup.controllers'))
}
