/** SIGSTOP is sent in a moment, and takes effect a moment later: until then a process may do what it must not do any more. */
import { readdir, readFile } from 'node:fs/promises'
import { until } from './until.ts'

/** Resolves when no thread of it does anything. */
export async function untilStopped(pid: number): Promise<void> {
  await until('every thread has stopped', async () => (await statesOf(pid)).every((is) => is === 'T'))
}

/** Of each thread, a letter. Source: proc(5), /proc/pid/stat */
async function statesOf(pid: number): Promise<string[]> {
  const threads = await readdir(`/proc/${pid}/task`)
  const stats = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')))
  return stats.map((stat) => stat.slice(stat.lastIndexOf(')') + 2).charAt(0))
}
