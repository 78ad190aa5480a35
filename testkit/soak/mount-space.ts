/** Disks of a soak's own: a mount namespace, so that nothing of it is seen outside, and all of it goes with its processes. */
import { execFile } from 'node:child_process'
import { readlink } from 'node:fs/promises'
import { promisify } from 'node:util'
import { type Start, startProcess } from '../process.ts'
import { until } from '../until.ts'

const execute = promisify(execFile)

export interface MountSpace extends AsyncDisposable {
  /** Runs a command inside to its end. @throws {Error} with its words when it fails */
  run(command: string, ...args: string[]): Promise<string>
  /** Starts a process inside. */
  start: Start
  /** Where a path of the inside is seen from here. */
  see(path: string): string
}

/** @throws {Error} one sentence without root */
export async function openMountSpace(): Promise<MountSpace> {
  if (process.getuid?.() !== 0) throw new Error('A disk that fills up needs root, to mount one: run it with sudo.')
  const holder = await startProcess('unshare', ['--mount', '--propagation', 'private', 'sleep', 'infinity'])
  const ours = await readlink('/proc/self/ns/mnt')
  const theirs = `/proc/${holder.pid}/ns/mnt`
  await until('the mount namespace is there', async () => (await readlink(theirs)) !== ours)
  const enter = [`--mount=${theirs}`, '--']
  return {
    run: async (command, ...args) => (await execute('nsenter', [...enter, command, ...args])).stdout,
    start: (command, args, options) => startProcess('nsenter', [...enter, command, ...args], options),
    see: (path) => `/proc/${holder.pid}/root${path}`,
    [Symbol.asyncDispose]: () => holder[Symbol.asyncDispose](),
  }
}
