/** Runs `fairlead …` as people and scripts do: a process of its own, with or without a terminal. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Neighbourhood } from '../testkit/neighbourhood.ts'
import { startable } from '../tools/build.mjs'

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  /** What comes on standard input. */
  input?: string
  /** Added to an environment that knows no relay, no key and no home; undefined takes one away. */
  environment?: Record<string, string | undefined>
}

/** As people have it: built, where it is. */
const program = fileURLToPath(new URL(`../${startable('cli/main.ts')}`, import.meta.url))

/** Runs any command and waits for its end. */
export async function runCommand(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FAIRLEAD_')))
  const child = spawn(command, args, {
    env: {
      ...environment,
      HOME: '/nowhere',
      XDG_CONFIG_HOME: undefined,
      NODE_NO_WARNINGS: '1',
      ...options.environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 30_000,
  })
  // It may end before it has read everything.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, stdout, stderr }
}

/** `fairlead ARGS`, its output in pipes. */
export function runCli(args: readonly string[], options?: RunOptions): Promise<Ended> {
  return runCommand(process.execPath, [program, ...args], options)
}

/** The same for a relay of the tests, named by the environment. */
export function cliFor({ url, adminKey }: Pick<Neighbourhood, 'url' | 'adminKey'>) {
  return (args: readonly string[], { environment, ...options }: RunOptions = {}) =>
    runCli(args, { ...options, environment: { FAIRLEAD_RELAY: url, FAIRLEAD_KEY: adminKey, ...environment } })
}

/**
 * `fairlead ARGS` at a terminal of 80 columns (util-linux's `script`), where `input` is typed.
 * `stdout` is all that the screen shows.
 */
export async function runAtTerminal(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const words = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ')
  const ended = await runCommand('script', ['-qec', `stty cols 80; ${words}`, '/dev/null'], options)
  return { ...ended, stdout: ended.stdout.replaceAll('\r\n', '\n') }
}
