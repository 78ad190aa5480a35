/** Scanners that SANE knows, by its program `scanimage`: a child process that can neither hang nor fill the disk. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, rename, rm, stat } from 'node:fs/promises'
import type { Clock } from '@fairlead/base'
import type { Scanned, Scanner, ScanProblem, ScanSettings } from './scanner.ts'

export interface SaneNeeds {
  /** As `scanimage -L` names it: `escl:https://192.0.2.7:443`, `test:0`. */
  device: string
  clock: Pick<Clock, 'now' | 'at'>
  /** Where SANE and its backends find their settings is said there (`SANE_CONFIG_DIR`). */
  environment: Readonly<Record<string, string | undefined>>
  command?: string
  limits?: { seconds: number; megabytes: number }
}

/** A page of A3 at 1,200 dpi takes a slow scanner minutes, and compressed it stays below this. */
const usualLimits = { seconds: 300, megabytes: 256 }

/** The system keeps the limit. Source: POSIX ulimit: -f in 512 octets */
const bounded = 'ulimit -f "$1"; shift; exec "$@"'

/** What `scanimage` ends with when a scan fails is the status itself. Source: sane.h, SANE_Status */
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

const formatWords = { 'application/pdf': 'pdf', 'image/png': 'png', 'image/jpeg': 'jpeg' } as const

export function createSaneScanner(needs: SaneNeeds): Scanner {
  const { limits = usualLimits, clock } = needs

  async function scan(settings: ScanSettings, file: string, signal: AbortSignal): Promise<Scanned> {
    const part = `${file}.part`
    try {
      await rm(part, { force: true })
      const failed = await run(settings, part, signal)
      if (failed) return failed
      await using handle = await open(part, 'r')
      await handle.sync()
      await rename(part, file)
      return { state: 'done', bytes: (await stat(file)).size }
    } catch (error) {
      return { state: 'failed', problem: 'no-room', detail: error instanceof Error ? error.message : String(error) }
    } finally {
      await rm(part, { force: true })
    }
  }

  /** @returns undefined: it is there, whole */
  async function run(
    { resolution, color, format }: ScanSettings,
    part: string,
    signal: AbortSignal,
  ): Promise<Scanned | undefined> {
    if (signal.aborted) return { state: 'failed', problem: 'cancelled' }
    const { command = 'scanimage' } = needs
    const words = [
      `--device-name=${needs.device}`,
      `--format=${formatWords[format]}`,
      `--resolution=${resolution}`,
      `--mode=${color === 'color' ? 'Color' : 'Gray'}`,
      `--output-file=${part}`,
    ]
    const child = spawn(
      '/bin/sh',
      ['-c', bounded, 'sh', String(Math.ceil(limits.megabytes * 2048)), command, ...words],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: environmentFor(needs.environment),
      },
    )
    let why: ScanProblem | undefined
    const kill = (problem: ScanProblem, how: NodeJS.Signals) => {
      why ??= problem
      child.kill(how)
    }
    // Asked first, so that it takes its lamp back; it may hang in its driver.
    const leave = () => {
      kill('cancelled', 'SIGTERM')
      grace.cancel()
      grace = clock.at(clock.now() + 3000, () => kill('cancelled', 'SIGKILL'))
    }
    let grace = clock.at(clock.now() + limits.seconds * 1000, () => kill('too-long', 'SIGKILL'))
    signal.addEventListener('abort', leave, { once: true })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2048)
    })
    const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    grace.cancel()
    signal.removeEventListener('abort', leave)
    if (why) return { state: 'failed', problem: why }
    if (code === 0 && (await sizeOf(part)) > 0) return undefined
    if (code === 126 || code === 127) return { state: 'failed', problem: 'no-program' }
    if (killedBy === 'SIGXFSZ' || (await sizeOf(part)) >= limits.megabytes * 1024 * 1024)
      return { state: 'failed', problem: 'too-large' }
    return problemOf(code, said)
  }

  return { scan }
}

function problemOf(code: number | null, said: string): Scanned {
  const words = said.trim().split('\n').at(-1) ?? ''
  const problem =
    (code === null ? undefined : problemOfStatus[code]) ?? problemInWords.find(([form]) => form.test(said))?.[1]
  const detail = words.replace(/^scanimage: /, '').slice(0, 200)
  return { state: 'failed', problem: problem ?? 'other', detail: detail === '' ? undefined : detail }
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0
}

/** What it needs of this process's own, and no secret that may stand there. */
function environmentFor(environment: SaneNeeds['environment']): NodeJS.ProcessEnv {
  const names = Object.keys(environment).filter((name) =>
    /^(PATH|HOME|USER|TMPDIR|XDG_RUNTIME_DIR|SANE_\w+)$/.test(name),
  )
  return { ...Object.fromEntries(names.map((name) => [name, environment[name]])), LC_ALL: 'C' }
}
