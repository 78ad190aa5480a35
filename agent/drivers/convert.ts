/** Converts a document with Ghostscript, as a child process that can neither hang, nor fill the disk, nor read other files. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Clock } from '@fairlead/base'
import type { Target } from './convert-targets.ts'

export interface Converter {
  /** Whether there is a Ghostscript on this machine. */
  isThere(): Promise<boolean>
  /**
   * What is made of it stands beside it until it is disposed of.
   * @throws the reason of `stop`
   */
  convert(file: string, target: Target, stop: AbortSignal): Promise<Converted | { readonly refusal: string }>
}

export interface Converted extends AsyncDisposable {
  readonly file: string
  readonly bytes: number
}

export interface ConvertLimits {
  /** Of the clock, and of the processor. */
  seconds: number
  pages: number
  /** Of what is made, and of each file that is needed for it. */
  megabytes: number
}

const usualLimits: ConvertLimits = { seconds: 180, pages: 2000, megabytes: 512 }
/** Of memory: large pages are made in bands. */
const memoryKilobytes = 2 * 1024 * 1024

/** The system keeps the limits, also when the agent is gone. Source: POSIX ulimit: -f in 512 octets, -t in seconds, -v in kilobytes */
const bounded = 'ulimit -f "$1"; ulimit -t "$2"; ulimit -v "$3"; shift 3; exec "$@"'

export function createConverter(
  clock: Pick<Clock, 'now' | 'at'>,
  { command = 'gs', limits = usualLimits }: { command?: string; limits?: ConvertLimits } = {},
): Converter {
  let wasThere = false

  return {
    async isThere() {
      // Once it is there it stays; it may be installed while the agent runs.
      wasThere ||= await new Promise<boolean>((tell) =>
        execFile(command, ['--version'], { timeout: 10_000 }, (error) => tell(error === null)),
      )
      return wasThere
    },

    async convert(given, target, stop) {
      stop.throwIfAborted()
      // Ghostscript works in a folder of its own.
      const file = resolve(given)
      const folder = `${file}.converted`
      await rm(folder, { recursive: true, force: true })
      await mkdir(folder, { mode: 0o700 })
      await using made = new AsyncDisposableStack()
      made.defer(() => rm(folder, { recursive: true, force: true }))
      const output = join(folder, 'document')
      stop.throwIfAborted()
      const refusal = await run({ command, limits, folder, file, output, target, clock, stop })
      stop.throwIfAborted()
      if (refusal !== undefined) return { refusal }
      const bytes = await sizeOf(output)
      // It makes nothing of a document in which it finds no page, and does not call that an error.
      if (bytes === undefined) return { refusal: unreadable }
      const kept = made.move()
      return { file: output, bytes, [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose]() }
    },
  }
}

const unreadable =
  'The document cannot be read: it is damaged, locked with a password, or has nothing of what was asked for.'

interface Run {
  command: string
  limits: ConvertLimits
  folder: string
  file: string
  output: string
  target: Target
  clock: Pick<Clock, 'now' | 'at'>
  stop: AbortSignal
}

/** @returns why there is nothing */
async function run({ command, limits, folder, file, output, target, clock, stop }: Run): Promise<string | undefined> {
  const words = [
    ...['-dSAFER', '-dBATCH', '-dNOPAUSE', '-dNOPROMPT', ...target.args],
    // A percent sign would number the pages' files.
    ...[`-sOutputFile=${output.replaceAll('%', '%%')}`, '-f', file],
  ]
  const bounds = [limits.megabytes * 2048, limits.seconds, memoryKilobytes].map(String)
  const child = spawn('/bin/sh', ['-c', bounded, 'sh', ...bounds, command, ...words], {
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: folder,
    env: { PATH: process.env['PATH'], TMPDIR: folder },
  })
  let why: string | undefined
  const kill = (reason: string) => {
    why ??= reason
    child.kill('SIGKILL')
  }
  const leave = () => kill('It was stopped.')
  stop.addEventListener('abort', leave)
  const tooLong = `The document could not be made ready for the printer within ${limits.seconds} seconds.`
  const timer = clock.at(clock.now() + limits.seconds * 1000, () => kill(tooLong))
  countPages(child, limits.pages, () => kill(`The document has more than ${limits.pages} pages.`))
  const { code, signal } = await ended(child)
  timer.cancel()
  stop.removeEventListener('abort', leave)
  if (why !== undefined) return why
  if (code === 0) return undefined
  if (signal === 'SIGXCPU' || (signal === 'SIGKILL' && code === null)) return tooLong
  if (((await sizeOf(output)) ?? 0) >= limits.megabytes * 1024 * 1024 - 65_536)
    return `The document would be larger than ${limits.megabytes} MB in a form that the printer takes.`
  return unreadable
}

/** It says `Page 1` when it has done one of a PDF; PostScript is held by the other limits. */
function countPages(child: ChildProcess, most: number, tooMany: () => void): void {
  let pages = 0
  if (child.stdout === null) return
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (/^Page \d+$/.test(line) && ++pages > most) tooMany()
  })
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: 127, signal: null }))
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if (Object(error).code === 'ENOENT') return undefined
    throw error
  }
}
