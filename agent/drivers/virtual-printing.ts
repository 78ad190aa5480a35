/** Documents that come out of a virtual printer, page by page; how far each is stands in its memory, so that no page comes twice. */
import { Failure } from '@fairlead/base'
import { type PrintTicket, rangesOf } from '@fairlead/protocol/contract'
import { countedFormats, countPages } from './document-pages.ts'
import type { Follow, PrintEnd, Printing, PrintJob } from './printing.ts'
import { printPage, type VirtualPrinter, whyStopped } from './virtual-printer.ts'

export interface VirtualPrintingNeeds {
  printer: VirtualPrinter
  /** What the printer holds is kept, and with it how far its job is. */
  remember(): Promise<void>
  /** Ends early when the printer is switched off. */
  pause(seconds: number): Promise<void>
  isOff(): boolean
  oneJobAtATime<Result>(work: () => Promise<Result>): Promise<Result>
}

/** Somebody may fill in paper at any time. */
const lookAgainSeconds = 0.25
/** What is written down at once when a page takes no time. */
const pagesAtOnce = 20

export function createVirtualPrinting(needs: VirtualPrintingNeeds): Printing {
  const { printer, remember, pause, isOff } = needs
  return {
    abilities: async () => ({
      formats: countedFormats,
      media: [...new Set(printer.trays.map(({ media }) => media))],
      mediaDefault: printer.trays[0]?.media ?? 'iso_a4_210x297mm',
      sides: ['one-sided', 'two-sided-long-edge', 'two-sided-short-edge'],
      colors: ['auto', 'color', 'monochrome'],
      qualities: ['normal'],
      mostCopies: 999,
      takesPageRanges: true,
    }),

    print: (job, _mark, follow) => needs.oneJobAtATime(() => printJob(job, follow)),
  }

  async function printJob(job: PrintJob, follow: Follow): Promise<PrintEnd> {
    let total: number
    try {
      total = pagesOf(await countPages(job.file, job.format), job.ticket)
    } catch (error) {
      if (error instanceof Failure) return { state: 'failed', reason: error.message, pages: 0 }
      throw error
    }
    // Its own memory says what came out in an earlier life.
    if (printer.job?.id !== job.id) printer.job = { id: job.id, pages: 0 }
    follow.mark({ begun: true })
    return await printAll(printer.job, total, follow)
  }

  async function printAll(job: { pages: number }, total: number, follow: Follow): Promise<PrintEnd> {
    try {
      while (job.pages < total) {
        if (follow.stopping.aborted || isOff()) return { state: 'suspended' }
        if (follow.cancelled.aborted) return { state: 'cancelled', pages: job.pages }
        const why = whyStopped(printer)
        follow.waits(why && `The printer cannot go on: ${why}.`)
        if (why === undefined) await printOne(job, follow)
        else await pause(lookAgainSeconds)
      }
      return { state: 'done', pages: job.pages }
    } finally {
      printer.isPrinting = false
      await remember()
      follow.pages(job.pages)
    }
  }

  async function printOne(job: { pages: number }, follow: Follow): Promise<void> {
    printer.isPrinting = true
    printPage(printer)
    job.pages++
    await pause(printer.secondsPerPage)
    if (printer.secondsPerPage === 0 && job.pages % pagesAtOnce > 0) return
    await remember()
    follow.pages(job.pages)
  }
}

/** Impressions, of all copies. */
function pagesOf(inDocument: number, { pages, copies = 1 }: PrintTicket): number {
  const ranges = pages === undefined ? [[1, inDocument] as const] : (rangesOf(pages) ?? [])
  const wanted = ranges.map(([first, last]) => Math.max(0, Math.min(last, inDocument) - first + 1))
  const perCopy = wanted.reduce((sum, each) => sum + each, 0)
  if (perCopy === 0)
    throw new Failure('device-refused', `The document has ${inDocument} pages, none of those that are wanted.`)
  return perCopy * copies
}
