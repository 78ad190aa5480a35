/** Linux network namespaces: networks of their own on one machine, removed even after a crash. */
import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { type Start, type StartedProcess, type StartOptions, startProcess } from './process.ts'

const execute = promisify(execFile)

/** Whose it is can be read from its name, so that the next run can sweep up after one that was killed. */
const prefix = 'fairlead'
const ours = new Set<string>()
let made = 0

export interface Namespace extends AsyncDisposable {
  readonly name: string
  /** Runs a command inside to its end. @throws {Error} with its words when it fails */
  run(command: string, ...args: string[]): Promise<string>
  /** Starts a process inside. */
  start: Start
  /** What happens to a TCP connection from inside to there. A dropped packet is silence: `timeout`, after `withinMs`. */
  tryToConnect(
    host: string,
    port: number,
    withinMs?: number,
  ): Promise<'connected' | 'refused' | 'timeout' | 'unreachable'>
}

/** @param title for people who look at `ip netns`: `left-router` @throws {Error} one sentence without root */
export async function openNamespace(title: string): Promise<Namespace> {
  if (process.getuid?.() !== 0)
    throw new Error('Networks of their own need root, and a Linux with network namespaces: run `sudo npm test`.')
  const name = `${prefix}-${process.pid}-${++made}-${title}`
  await execute('ip', ['netns', 'add', name])
  ours.add(name)
  const started: StartedProcess[] = []

  const run = async (command: string, ...args: string[]) =>
    (await execute('ip', ['netns', 'exec', name, command, ...args])).stdout
  await run('ip', 'link', 'set', 'lo', 'up')

  const start = async (command: string, args: readonly string[], options?: StartOptions) => {
    const child = await startProcess('ip', ['netns', 'exec', name, command, ...args], options)
    started.push(child)
    return child
  }

  return {
    name,
    run,
    start,
    async tryToConnect(host, port, withinMs = 1500) {
      const script = `
        const socket = require('node:net').connect({ host: '${host}', port: ${port} })
        const say = (result) => { console.log(result); process.exit() }
        socket.on('connect', () => say('connected'))
        socket.on('error', ({ code }) => say(code === 'ECONNREFUSED' ? 'refused' : 'unreachable'))
        setTimeout(say, ${withinMs}, 'timeout')`
      return (await run(process.execPath, '-e', script)).trim() as 'connected'
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((child) => child.kill()))
      removeNamespace(name)
    },
  }
}

/** Joins two namespaces with a cable; each end gets a name and, if given, an address with its prefix length. */
export async function layCable(...ends: [CableEnd, CableEnd]): Promise<void> {
  const [one, other] = ends
  const peer = ['peer', 'name', other.port, 'netns', other.at.name]
  await execute('ip', ['link', 'add', one.port, 'netns', one.at.name, 'type', 'veth', ...peer])
  for (const { at, port, address } of ends) {
    if (address !== undefined) await at.run('ip', 'address', 'add', address, 'dev', port)
    await at.run('ip', 'link', 'set', port, 'up')
  }
}

export interface CableEnd {
  at: Namespace
  port: string
  /** With its prefix length; without one the end is a port of a switch. */
  address?: string
}

/** Removes what earlier runs left behind that were killed before they could: their process is no more. */
export async function sweepDeadNamespaces(): Promise<string[]> {
  const { stdout } = await execute('ip', ['netns', 'list'])
  const dead = stdout
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => {
      const pid = new RegExp(`^${prefix}-(\\d+)-`).exec(name)?.[1]
      return pid !== undefined && !existsSync(`/proc/${pid}`)
    })
  for (const name of dead) removeNamespace(name)
  return dead
}

/** Synchronous, because it is also the last thing that a test's process does. */
function removeNamespace(name: string): void {
  const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
  for (const pid of stdout.split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It has ended by itself in between.
    }
  }
  spawnSync('ip', ['netns', 'delete', name])
  ours.delete(name)
}

process.on('exit', () => {
  for (const name of ours) removeNamespace(name)
})
