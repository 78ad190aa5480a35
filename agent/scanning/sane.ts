/** Scanners that SANE knows, by its program `scanimage`: page by page into files, from the glass or all that is in the feeder. */
import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@fairlead/base'
import { runScanimage, type Scanimage } from './scanimage.ts'
import {
  pageFile,
  type ScanFailed,
  type Scanner,
  type ScanOrder,
  type ScanProblem,
  type Source,
  sources,
} from './scanner.ts'

export interface SaneNeeds {
  /** As `scanimage -L` names it: `escl:https://192.0.2.7:443`, `test:0`. */
  device: string
  clock: Pick<Clock, 'now' | 'at'>
  /** Where SANE and its backends find their settings is said there (`SANE_CONFIG_DIR`). */
  environment: Readonly<Record<string, string | undefined>>
  command?: string
  /** A page of A3 at 1,200 dpi takes a slow scanner minutes. */
  secondsPerPage?: number
}

/** A PDF has JPEG images. */
const formatWords = { 'application/pdf': 'jpeg', 'image/png': 'png', 'image/jpeg': 'jpeg' } as const

type Names = ReadonlyMap<Source, string>

export function createSaneScanner(needs: SaneNeeds): Scanner {
  const { device, clock, environment, command = 'scanimage', secondsPerPage: seconds = 300 } = needs
  const common = { command, clock, environment, seconds }
  /** As it was asked last. */
  let known: Names | undefined

  async function ask(signal: AbortSignal): Promise<Names | ScanFailed> {
    let text = ''
    const failed = await runScanimage({
      ...common,
      words: [`--device-name=${device}`, '--all-options'],
      folder: '/',
      // Backends keep what they know of a scanner in files of their own.
      mostBytes: 16 * 1024 * 1024,
      signal,
      onLine(line) {
        text = `${text}${line}\n`.slice(0, mostOptions)
        return undefined
      },
    })
    if (failed) return failed
    known = readSources(text)
    return known
  }

  async function scan(order: ScanOrder, signal: AbortSignal): Promise<{ readonly pages: number } | ScanFailed> {
    const names = known ?? (await ask(signal))
    if ('problem' in names) return names
    let pages = 0
    try {
      const failed = await runScanimage({
        ...common,
        words: [`--device-name=${device}`, ...wordsFor(order, names.get(order.source))],
        folder: order.folder,
        mostBytes: order.mostBytes,
        signal,
        onLine: taker(order, () => void pages++),
      })
      // That the feeder is empty now is how it ends where there was something in it.
      return failed && failed.problem !== 'no-paper' ? failed : { pages }
    } catch (error) {
      return { problem: 'no-room', detail: error instanceof Error ? error.message : String(error) }
    } finally {
      await removeFrom(order.folder, order.first + pages)
    }
  }

  return {
    async sources(signal) {
      const names = await ask(signal)
      return 'problem' in names ? names : { sources: [...names.keys()] }
    },
    scan,
  }
}

/** Of what a driver says of its options. */
const mostOptions = 256 * 1024

function wordsFor({ settings, source, first, most }: ScanOrder, name: string | undefined): string[] {
  const { resolution, color, format } = settings
  return [
    ...(name === undefined ? [] : [`--source=${name}`]),
    `--format=${formatWords[format]}`,
    `--resolution=${resolution}`,
    `--mode=${color === 'color' ? 'Color' : 'Gray'}`,
    '--batch=%04d',
    `--batch-start=${first}`,
    `--batch-count=${source === 'glass' ? 1 : most}`,
    '--batch-print',
  ]
}

/** Takes one page after the other, as `scanimage` names them when they are whole. */
function taker({ folder, first, mostBytes, onPage }: ScanOrder, count: () => void): Scanimage['onLine'] {
  let page = first
  let bytes = 0
  return async (line): Promise<ScanProblem | undefined> => {
    if (line !== pageFile(page)) return undefined
    const file = join(folder, line)
    bytes += await bringToDisk(file)
    if (bytes > mostBytes) {
      await rm(file)
      return 'too-large'
    }
    page++
    count()
    onPage()
    return undefined
  }
}

/** Pages that were begun, or came too late to be counted. */
async function removeFrom(folder: string, page: number): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) if (name >= pageFile(page)) await rm(join(folder, name), { force: true })
}

/** @returns its size */
async function bringToDisk(file: string): Promise<number> {
  await using handle = await open(file, 'r')
  await handle.sync()
  return (await handle.stat()).size
}

/**
 * What the option `source` of a scanner may be, in our words: its names are each backend's own (SANE standard §4.5.4 has none
 * that all keep to). What is neither glass nor feeder, a holder for slides or one side alone, is left out.
 */
export function readSources(options: string): Names {
  const [, listed = '', now] = /^ +--source (.+?)(?: \[([^\]]*)\])?(?: \[advanced\])?$/m.exec(options) ?? []
  const names = new Map<Source, string>()
  // It has the option, and no choice.
  if (now === 'inactive') return names
  for (const name of listed.split('|')) {
    const source = sourceOf(name)
    if (source && !names.has(source)) names.set(source, name)
  }
  return new Map([...names].toSorted(([one], [other]) => sources.indexOf(one) - sources.indexOf(other)))
}

function sourceOf(name: string): Source | undefined {
  if (/\bback|rear/i.test(name)) return undefined
  if (/duplex|both|two.?sided/i.test(name)) return 'feeder-duplex'
  if (/\badf\b|^adf|feeder/i.test(name)) return 'feeder'
  return /flat ?bed|platen|\bglass\b|^normal$/i.test(name) ? 'glass' : undefined
}
