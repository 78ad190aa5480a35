/** SANE's program `scanimage` as a child process that can neither hang nor fill the disk. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Clock } from '@fairlead/base'
import type { ScanFailed, ScanProblem } from './scanner.ts'

export interface Scanimage {
  command: string
  words: readonly string[]
  folder: string
  environment: Readonly<Record<string, string | undefined>>
  /** From its beginning, and from each line of it. */
  seconds: number
  /** Of each file that it makes. */
  mostBytes: number
  clock: Pick<Clock, 'now' | 'at'>
  signal: AbortSignal
  /** @returns why it is to end here @throws what is thrown on, when it has ended */
  onLine(line: string): ScanProblem | undefined | Promise<ScanProblem | undefined>
}

/** The system keeps the limit. Source: POSIX ulimit: -f in 512 octets */
const bounded = 'ulimit -f "$1"; shift; exec "$@"'

/** What it ends with when a scan fails is the status itself. Source: sane.h, SANE_Status */
const problemOfStatus: Readonly<Record<number, ScanProblem>> = {
  2: 'cancelled',
  3: 'busy',
  6: 'jammed',
  7: 'no-paper',
  8: 'cover-open',
  9: 'broken',
  10: 'broken',
  11: 'denied',
}

/** What it says before there is a scan, and ends with 1. Source: sane_strstatus(); `scanimage` is not translated. */
const problemInWords: readonly [RegExp, ScanProblem][] = [
  [/open of device .* failed: Device busy/, 'busy'],
  [/open of device .* failed: Access to resource has been denied/, 'denied'],
  [/open of device .* failed/, 'no-scanner'],
  [/no SANE devices found/, 'no-scanner'],
  [/setting of option|unrecognized option|unknown option/, 'unsupported'],
  [/out of documents/, 'no-paper'],
  [/jammed/, 'jammed'],
  [/cover is open/, 'cover-open'],
  [/Device busy/, 'busy'],
]

/** @returns undefined: it has done what it was to do */
export async function runScanimage(asked: Scanimage): Promise<ScanFailed | undefined> {
  const { command, words, clock, signal } = asked
  if (signal.aborted) return { problem: 'cancelled' }
  const child = spawn('/bin/sh', ['-c', bounded, 'sh', String(Math.ceil(asked.mostBytes / 512)), command, ...words], {
    cwd: asked.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environmentFor(asked.environment),
  })
  let why: ScanProblem | undefined
  const end = (problem: ScanProblem, how: NodeJS.Signals) => {
    why ??= problem
    child.kill(how)
  }
  // Asked first, so that it takes its lamp back; it may hang in its driver.
  const leave = (problem: ScanProblem) => {
    end(problem, 'SIGTERM')
    grace.cancel()
    grace = clock.at(clock.now() + 3000, () => end(problem, 'SIGKILL'))
  }
  const patience = () => clock.at(clock.now() + asked.seconds * 1000, () => end('too-long', 'SIGKILL'))
  let grace = patience()
  const giveUp = () => leave('cancelled')
  signal.addEventListener('abort', giveUp, { once: true })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2048)
  })
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  // It is awaited below: one that cannot be started at all has failed before.
  closed.catch(() => {})
  let thrown: { error: unknown } | undefined
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (why) continue
      grace.cancel()
      grace = patience()
      const problem = await asked.onLine(line)
      if (problem) leave(problem)
    }
  } catch (error) {
    thrown = { error }
    leave('other')
  }
  const [code, killedBy] = await closed
  grace.cancel()
  signal.removeEventListener('abort', giveUp)
  if (thrown) throw thrown.error
  const problem = why ?? whyEnded(code, killedBy, said)
  if (problem === undefined || !isWorthWords.has(problem)) return problem && { problem }
  return { problem, detail: lastLineOf(said) }
}

/** Whose sentence alone does not say what to do. */
const isWorthWords: ReadonlySet<ScanProblem> = new Set(['other', 'broken', 'unsupported'])

/** @returns undefined: it has said nothing */
function lastLineOf(said: string): string | undefined {
  const lines = said.split('\n').filter((line) => line.trim() !== '' && !/^(Batch terminated|Scanned page)/.test(line))
  return lines
    .at(-1)
    ?.replace(/^scanimage: /, '')
    .slice(0, 200)
}

function whyEnded(code: number | null, killedBy: NodeJS.Signals | null, said: string): ScanProblem | undefined {
  if (code === 0) return undefined
  if (code === 126 || code === 127) return 'no-program'
  if (killedBy === 'SIGXFSZ') return 'too-large'
  const known = code === null ? undefined : problemOfStatus[code]
  return known ?? problemInWords.find(([form]) => form.test(said))?.[1] ?? 'other'
}

/** What it needs of this process's own, and no secret that may stand there. */
function environmentFor(environment: Scanimage['environment']): NodeJS.ProcessEnv {
  const names = Object.keys(environment).filter((name) =>
    /^(PATH|HOME|USER|TMPDIR|XDG_RUNTIME_DIR|SANE_\w+)$/.test(name),
  )
  return { ...Object.fromEntries(names.map((name) => [name, environment[name]])), LC_ALL: 'C' }
}
