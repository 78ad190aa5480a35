/** Starts real processes, reads what they announce on standard output, and leaves none behind. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startable } from '../tools/build.mjs'
import nodeOptions from '../tools/node-options.json' with { type: 'json' }
import { createEventLines, type EventLine } from './event-lines.ts'

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** A process that runs; disposing of it is `kill -9` for it and everything it started. */
export interface StartedProcess extends AsyncDisposable {
  readonly pid: number
  readonly exited: Promise<Exit>
  /**
   * The next line `{"event": name, …}` of standard output that nobody has been given yet.
   * @throws {Error} with what the process wrote, when it ends first or after `withinMs`
   */
  nextEvent(name: string, withinMs?: number): Promise<EventLine>
  /** Everything written so far. */
  output(): { stdout: string; stderr: string }
  /** Sends a signal to this process alone. */
  signal(signal: NodeJS.Signals): void
  /** Asks it to end and waits. @throws {Error} when it has not ended after `withinMs` */
  stop(signal?: NodeJS.Signals, withinMs?: number): Promise<Exit>
  kill(): Promise<Exit>
  /** This process may end while it runs; it is killed then. */
  unref(): void
}

export interface StartOptions {
  /** Added to this process's own; undefined takes one away. */
  environment?: Record<string, string | undefined>
  folder?: string
}

/** Starts something: here, or in a network of its own (see networks.ts). */
export type Start = (command: string, args: readonly string[], options?: StartOptions) => Promise<StartedProcess>

const home = fileURLToPath(new URL('..', import.meta.url))
const setpriv = '/usr/bin/setpriv'
const running = new Set<ChildProcess>()

/** Starts any command. @throws {Error} when there is no such command */
export const startProcess: Start = async (command, args, options = {}) => {
  // The kernel ends the child when this process is killed with -9 and can clean up nothing itself.
  const lifeline = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL', '--'] : []
  const [program = command, ...words] = [...lifeline, command, ...args]
  const child = spawn(program, words, {
    cwd: options.folder ?? home,
    env: environmentFor(options.environment ?? {}),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that one signal reaches what it starts as well.
    detached: true,
  })
  const { promise: exited, resolve: setExited } = Promise.withResolvers<Exit>()
  child.on('close', (code, signal) => {
    running.delete(child)
    setExited({ code, signal })
  })
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  running.add(child)
  return watch(child, exited, [command, ...args].join(' '))
}

/** Starts a TypeScript file of this house with this Node, as its launcher would: as it was built, where it was; through `start` it runs elsewhere. */
export function startHouseFile(
  file: string,
  args: readonly string[],
  options?: StartOptions,
  start: Start = startProcess,
): Promise<StartedProcess> {
  const forNode = file === 'cli/main.ts' && args[0] === 'relay' ? nodeOptions.relay : []
  return start(process.execPath, [...forNode, `${home}${startable(file)}`, ...args], options)
}

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a TypeScript file of this house to its end. */
export async function runHouseFile(file: string, args: readonly string[], options?: StartOptions): Promise<Ran> {
  await using started = await startHouseFile(file, args, options)
  const { code } = await started.exited
  return { code, ...started.output() }
}

function watch(child: ChildProcess, exited: Promise<Exit>, title: string): StartedProcess {
  const { pid, stdout, stderr } = child
  if (pid === undefined || stdout === null || stderr === null) throw new Error(`${title} did not start`)
  const written = { stdout: '', stderr: '' }
  const lines = createEventLines(() => `${title}\n${written.stdout}\n${written.stderr}`)
  createInterface({ input: stdout }).on('line', (line) => {
    written.stdout += `${line}\n`
    lines.read(line)
  })
  stderr.setEncoding('utf8').on('data', (text: string) => {
    written.stderr += text
  })
  void exited.then(({ code, signal }) => lines.end(`ended with ${signal ?? code}`))

  const started: StartedProcess = {
    pid,
    exited,
    nextEvent: lines.next,
    output: () => ({ ...written }),
    signal: (signal) => void child.kill(signal),
    async stop(signal = 'SIGTERM', withinMs = 15_000) {
      child.kill(signal)
      const late = Symbol('late')
      const { promise: timeUp, resolve } = Promise.withResolvers<typeof late>()
      const timer = setTimeout(resolve, withinMs, late)
      const first = await Promise.race([exited, timeUp])
      clearTimeout(timer)
      if (first !== late) return first
      await started.kill()
      throw new Error(`Still running ${withinMs} ms after ${signal}: ${title}\n${written.stderr}`)
    },
    kill() {
      killGroup(child)
      return exited
    },
    unref() {
      child.unref()
      for (const pipe of [stdout, stderr]) if (pipe instanceof Socket) pipe.unref()
    },
    async [Symbol.asyncDispose]() {
      await started.kill()
    },
  }
  return started
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The whole group has ended already: nothing is left to kill.
  }
}

function environmentFor(given: Record<string, string | undefined>): NodeJS.ProcessEnv {
  // What the person at the keyboard has set for their own relay must not reach the tests' one.
  const inherited = Object.entries(process.env).filter(([name]) => !/^(FAIRLEAD_|NODE_TEST_CONTEXT$)/.test(name))
  return { ...Object.fromEntries(inherited), NODE_NO_WARNINGS: '1', ...given }
}

function killAll(): void {
  for (const child of running) killGroup(child)
}

process.on('exit', killAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    // Whoever else listens ends in an orderly way, and `exit` follows.
    if (process.listenerCount(signal) > 0) return
    killAll()
    process.kill(process.pid, signal)
  })
