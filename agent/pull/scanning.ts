/** The scanning of one pull: where the pages lie, page after page, and what the person in front of the scanner says in between. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Log } from '@fairlead/base'
import { ImageError } from '../drivers/image.ts'
import { createTurns } from '../drivers/turns.ts'
import { bindPages } from '../scanning/bind-pages.ts'
import { type ScanFailed, type Scanner, type ScanProblem, ScanSettings, type Source } from '../scanning/scanner.ts'
import type { PullFiles } from './files.ts'
import { isOpen, type KeptPull, type ScanUnderWay } from './pull-store.ts'
import type { Why } from './why.ts'

/** What somebody says at the panel: where the pages lie, or how it goes on. */
export type ScanWord = Source | 'another' | 'go-on' | 'finished'

export interface ScanningNeeds {
  files: PullFiles
  scanner: Scanner | undefined
  clock: Pick<Clock, 'wallNow'>
  log: Log
  stopping: AbortSignal
  limits: {
    /** Until the scanner is free, and until the person says how it goes on: then somebody else's page may lie there. */
    scanMs: number
    scanPages: number
    /** Of all pages. */
    scanBytes: number
  }
  keep(pull: KeptPull, more: Partial<KeptPull>): void
  fail(pull: KeptPull, why: Why): void
}

export const noScanYet: ScanUnderWay = { stage: 'looking', turn: 0, sources: [], pages: 0 }

/** With more of it, or without anybody who waits, nothing would be better. */
const mayNotGoOn: ReadonlySet<ScanProblem> = new Set(['too-many', 'too-large', 'no-room'])

/** What may be said now; nothing: nobody is asked. */
export function wordsToSay({ stage, sources, failed }: ScanUnderWay): readonly ScanWord[] {
  if (stage === 'choose') return sources
  if (stage === 'more') return ['another', 'finished']
  if (stage !== 'stopped') return []
  return failed && mayNotGoOn.has(failed.problem) ? ['finished'] : ['go-on', 'finished']
}

/** @returns undefined: that is not what is asked now */
export function afterWord(scan: ScanUnderWay, turn: number, word: string): ScanUnderWay | undefined {
  const said = wordsToSay(scan).find((each) => each === word)
  if (said === undefined || turn !== scan.turn) return undefined
  const next = { ...scan, turn: turn + 1, failed: undefined }
  if (said === 'finished') return { ...next, stage: 'binding' }
  return { ...next, stage: 'ready', source: said === 'another' || said === 'go-on' ? scan.source : said }
}

/** What a step leads to: the next one at once, or a pause. */
type Outcome = 'next' | { afterMs: number }

export function createScanning(needs: ScanningNeeds) {
  const { files, scanner, clock, log, stopping, limits, keep, fail } = needs
  const oneScanAtATime = createTurns(1)
  const settingsOf = ({ settings }: KeptPull) => settings ?? ScanSettings.parse({})

  async function step(pull: KeptPull, signal: AbortSignal): Promise<Outcome> {
    const scan = pull.scan ?? noScanYet
    switch (scan.stage) {
      case 'looking':
        await oneScanAtATime(() => inTime(pull, scan, () => look(pull, signal)))
        return 'next'
      case 'ready':
        await oneScanAtATime(() => inTime(pull, scan, () => scanNow(pull, scan, signal)))
        return 'next'
      case 'at-work':
        // An earlier life was. What lies on the glass may be another page now.
        stop(pull, scan, { problem: 'interrupted' })
        return 'next'
      case 'binding':
        await bind(pull, scan)
        return 'next'
      default:
        return wait(pull, scan)
    }
  }

  /** Given up while another page was on the glass, or too long ago that it was touched: nothing is scanned. */
  async function inTime(pull: KeptPull, scan: ScanUnderWay, run: () => Promise<void>): Promise<void> {
    if (!isOpen(pull) || stopping.aborted) return
    if (leftMs(pull) <= 0) stop(pull, scan, { problem: 'too-late' })
    else await run()
  }

  /** Of the time since the last touch or press. */
  function leftMs({ changedAtMs }: KeptPull): number {
    return Math.min(limits.scanMs, changedAtMs + limits.scanMs - clock.wallNow())
  }

  function become(pull: KeptPull, scan: ScanUnderWay): void {
    keep(pull, { scan: { ...scan, turn: scan.turn + 1 } })
  }

  /** What is on disk is kept, and the person says what is to be done with it. */
  function stop(pull: KeptPull, scan: ScanUnderWay, failed: ScanFailed): void {
    if (scan.pages === 0) fail(pull, { kind: 'scan', ...failed })
    else become(pull, { ...scan, stage: 'stopped', failed })
  }

  async function look(pull: KeptPull, signal: AbortSignal): Promise<void> {
    const told = scanner ? await scanner.sources(signal) : { problem: 'no-scanner' as const }
    if (!isOpen(pull) || stopping.aborted) return
    if ('problem' in told) return stop(pull, noScanYet, told)
    const sources: readonly Source[] = told.sources.length === 0 ? ['glass'] : told.sources
    const { source: wanted } = settingsOf(pull)
    const source = wanted ?? (sources.length === 1 ? sources[0] : undefined)
    if (wanted && !sources.includes(wanted)) stop(pull, noScanYet, { problem: 'unsupported', detail: wanted })
    else become(pull, { ...noScanYet, stage: source ? 'ready' : 'choose', sources, source })
  }

  async function scanNow(pull: KeptPull, ready: ScanUnderWay, signal: AbortSignal): Promise<void> {
    const settings = settingsOf(pull)
    const { source = 'glass', pages: before } = ready
    const most = settings.format === 'application/pdf' ? limits.scanPages - before : 1
    become(pull, { ...ready, stage: 'at-work' })
    const soFar = () => pull.scan ?? ready
    const folder = files.makePages(pull.id)
    const order = {
      settings,
      source,
      folder,
      first: before + 1,
      most,
      mostBytes: limits.scanBytes - (await bytesIn(folder)),
    }
    const scanned = scanner
      ? await scanner.scan({ ...order, onPage: () => count(pull, soFar()) }, signal)
      : { problem: 'no-scanner' as const }
    if (!isOpen(pull) || stopping.aborted) return
    if ('problem' in scanned) stop(pull, soFar(), scanned)
    else if (scanned.pages === 0) stop(pull, soFar(), { problem: 'no-paper' })
    else if (settings.format !== 'application/pdf') become(pull, { ...soFar(), stage: 'binding' })
    // Whether there are others behind the last one that may be is not known.
    else if (soFar().pages >= limits.scanPages) stop(pull, soFar(), { problem: 'too-many' })
    else become(pull, { ...soFar(), stage: source === 'glass' ? 'more' : 'binding' })
  }

  function count(pull: KeptPull, scan: ScanUnderWay): void {
    // Given up just now: it is nobody's page.
    if (isOpen(pull) && !stopping.aborted) keep(pull, { scan: { ...scan, pages: scan.pages + 1 } })
  }

  /** Its pages go only when what they have become is on disk, and known to be. */
  async function bind(pull: KeptPull, scan: ScanUnderWay): Promise<void> {
    const file = files.workOf(pull.id)
    try {
      // Bound already, by a life that ended behind it.
      const there = await sizeOf(file)
      const bytes = there > 0 ? there : await bindPages(files.makePages(pull.id), scan.pages, settingsOf(pull), file)
      if (!isOpen(pull) || stopping.aborted) return
      keep(pull, { state: 'sending', bytes })
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      if (error instanceof ImageError) return fail(pull, { kind: 'scan', problem: 'other', detail })
      log.error('pull.not-bound', 'What was scanned could not be put together.', error)
      return stop(pull, scan, { problem: 'no-room', detail })
    }
    files.removePages(pull.id)
  }

  /** Whoever has said "scan and send" and gone is sent what was scanned; but not what is known to be a part of it. */
  function wait(pull: KeptPull, scan: ScanUnderWay): Outcome {
    const afterMs = leftMs(pull)
    if (afterMs > 0) return { afterMs }
    if (scan.stage === 'more') become(pull, { ...scan, stage: 'binding' })
    else fail(pull, { kind: 'scan', problem: 'nobody' })
    return 'next'
  }

  return { step }
}

async function bytesIn(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map((name) => sizeOf(join(folder, name))))
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0
}
