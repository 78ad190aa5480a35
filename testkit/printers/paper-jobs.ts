/** The jobs of the paper printer: pages come out one after another, and each is counted after it lies in the tray. */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { PaperOptions } from './paper-options.ts'
import { openTray, type PaperJob } from './paper-tray.ts'

export const state = { held: 4, processing: 5, stopped: 6, canceled: 7, aborted: 8, completed: 9 } as const

/** Pages as they come; `end` tells whether the document is whole. */
export interface PaperFeed {
  page(text: string): void
  end(isWhole: boolean): void
}

export type PaperJobs = ReturnType<typeof createPaperJobs>

const isOpen = (job: PaperJob) => job.state < state.canceled

export function createPaperJobs(options: PaperOptions, at: (step: string) => Promise<void>, upSeconds: () => number) {
  const tray = openTray(options.folder)
  const jobs: PaperJob[] = options.keepsJobs ? tray.remembered().map(afterPowerCut) : []
  const fed = new Set<number>()
  let sheets = options.sheets ?? Number.POSITIVE_INFINITY
  let isOutOfPaper = false

  const save = () => {
    if (options.keepsJobs) tray.remember(jobs)
  }

  function end(job: PaperJob, last: number, reason: string, message: string): void {
    Object.assign(job, { state: last, reasons: [reason], message, endedAt: upSeconds() })
    save()
  }

  async function waitForPaper(job: PaperJob): Promise<void> {
    while (sheets === 0 && isOpen(job)) {
      isOutOfPaper = true
      Object.assign(job, { state: state.stopped, reasons: ['printer-stopped'] })
      await pause(5)
    }
    isOutOfPaper = false
    if (isOpen(job)) Object.assign(job, { state: state.processing, reasons: ['job-printing'] })
  }

  async function printPage(job: PaperJob, text: string): Promise<void> {
    await waitForPaper(job)
    if (!isOpen(job)) return
    await pause(options.pageMs)
    sheets--
    tray.lay({ jobName: job.name, page: text, at: Date.now() })
    await at(`laid-${job.impressions + 1}`)
    job.impressions++
    save()
    await at(`counted-${job.impressions}`)
  }

  async function print(job: PaperJob, pages: readonly string[], until: Promise<boolean>, more: () => boolean) {
    let lost = options.loses
    job.begunAt = upSeconds()
    job.state = state.processing
    for (let nth = 0; isOpen(job); nth++) {
      while (nth >= pages.length && more()) await pause(5)
      const page = pages[nth]
      if (page === undefined) break
      if (nth < pages.length - lost || more()) await printPage(job, page)
      else lost = 0
    }
    const isWhole = await until
    await at('printed')
    if (!isOpen(job)) return
    if (isWhole) end(job, state.completed, 'job-completed-successfully', '')
    else end(job, state.aborted, 'aborted-by-system', 'The document broke off.')
  }

  return {
    all: (): readonly PaperJob[] => jobs,
    find: (id: number) => jobs.find((job) => job.id === id),
    isOutOfPaper: () => isOutOfPaper,
    refill() {
      sheets = Number.POSITIVE_INFINITY
    },

    make(name: string, user: string, copies: number): PaperJob {
      const job: PaperJob = {
        ...{ id: (jobs.at(-1)?.id ?? 0) + 1, uuid: `urn:uuid:${randomUUID()}`, name, user, copies },
        ...{ state: state.held, reasons: ['job-data-insufficient'], message: '', impressions: 0, total: undefined },
        ...{ createdAt: upSeconds(), begunAt: undefined, endedAt: undefined },
      }
      jobs.push(job)
      save()
      return job
    },

    cancel(job: PaperJob): boolean {
      if (!isOpen(job)) return false
      end(job, state.canceled, 'job-canceled-by-user', '')
      return true
    },

    /** Each document once. @returns undefined: it has one */
    feed(job: PaperJob): PaperFeed | undefined {
      if (fed.has(job.id) || !isOpen(job)) return undefined
      fed.add(job.id)
      const pages: string[] = []
      let isOver = false
      const { promise: whole, resolve } = Promise.withResolvers<boolean>()
      job.reasons = ['job-incoming']
      if (options.streams) void print(job, pages, whole, () => !isOver)
      return {
        page: (text) => void pages.push(text),
        end(isWhole) {
          isOver = true
          resolve(isWhole)
          job.total = isWhole ? pages.length : undefined
          if (options.streams) return
          if (!isOpen(job)) return
          if (!isWhole) return end(job, state.aborted, 'aborted-by-system', 'The document broke off.')
          const copies = Array.from({ length: job.copies }, () => pages).flat()
          void print(job, copies, whole, () => false)
        },
      }
    },
  }
}

/** Documents are in no memory that lasts: what was under way is given up. */
function afterPowerCut(job: PaperJob): PaperJob {
  if (!isOpen(job)) return job
  return { ...job, state: state.aborted, reasons: ['aborted-by-system'], message: 'The power was lost.', endedAt: 1 }
}
