/** What no power cut takes away: the pages in the paper printer's tray, and the jobs that it remembers. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

/** A sheet's side that has come out. */
export interface PaperPage {
  jobName: string
  page: string
  at: number
}

export interface PaperJob {
  id: number
  uuid: string
  name: string
  user: string
  copies: number
  /** RFC 8011 §5.3.7. */
  state: number
  reasons: string[]
  message: string
  impressions: number
  total: number | undefined
  createdAt: number
  begunAt: number | undefined
  endedAt: number | undefined
}

const trayOf = (folder: string) => join(folder, 'tray')

/** All that has ever come out, in order. */
export function pagesIn(folder: string): PaperPage[] {
  if (!existsSync(trayOf(folder))) return []
  const lines = readFileSync(trayOf(folder), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}

export function openTray(folder: string) {
  mkdirSync(folder, { recursive: true })
  const tray = openSync(trayOf(folder), 'a')
  const memory = join(folder, 'jobs')
  return {
    lay(page: PaperPage): void {
      writeSync(tray, `${JSON.stringify(page)}\n`)
      fsyncSync(tray)
    },
    remembered(): PaperJob[] {
      return existsSync(memory) ? JSON.parse(readFileSync(memory, 'utf8')) : []
    },
    remember(jobs: readonly PaperJob[]): void {
      const file = openSync(`${memory}.new`, 'w')
      writeFileSync(file, JSON.stringify(jobs))
      fsyncSync(file)
      closeSync(file)
      renameSync(`${memory}.new`, memory)
    },
  }
}
