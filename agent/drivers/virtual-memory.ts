/** What a virtual printer remembers when it is switched off: one file in its data folder. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '@fairlead/base'
import { z } from 'zod'
import type { VirtualPrinter } from './virtual-printer.ts'

const percent = z.number().min(0).max(100)

const remembered = z.strictObject({
  /** The first values it was started with: only one that is given differently next time is laid in anew. */
  first: z.record(z.string(), z.string()),
  name: z.string(),
  location: z.string(),
  contact: z.string(),
  pages: z.number().int().min(0),
  toner: z.strictObject({ black: percent, cyan: percent, magenta: percent, yellow: percent }),
  trays: z.array(z.number().int().min(0)),
  vendorObjects: z.record(z.string(), z.union([z.string(), z.number()])),
  job: z.strictObject({ id: z.string(), pages: z.number().int().min(0) }).optional(),
})

export interface VirtualMemory {
  /** Lays what is remembered into the printer. @returns the first values of last time; undefined the first time */
  recall(printer: VirtualPrinter): Promise<Map<string, string> | undefined>
  remember(printer: VirtualPrinter, first: ReadonlyMap<string, string>): Promise<void>
}

/** Without a folder nothing is remembered. */
export function createVirtualMemory(folder: string | undefined): VirtualMemory {
  if (folder === undefined) return { recall: async () => undefined, remember: async () => {} }
  const file = join(folder, 'virtual-printer.json')
  let writing = Promise.resolve()

  return {
    async recall(printer) {
      const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      if (text === undefined) return undefined
      const { first, trays, ...rest } = readRemembered(file, text)
      Object.assign(printer, rest)
      for (const [i, tray] of printer.trays.entries()) tray.level = Math.min(trays[i] ?? tray.level, tray.capacity)
      return new Map(Object.entries(first))
    },

    remember(printer, first) {
      const { name, location, contact, pages, toner, vendorObjects, job } = printer
      const trays = printer.trays.map(({ level }) => level)
      const known = { name, location, contact, pages, toner, trays, vendorObjects, job }
      const state = { first: Object.fromEntries(first), ...known }
      const text = JSON.stringify(state)
      // One after another; renamed into place, so that a process that is killed leaves the old file or the new one.
      const write = async () => {
        await mkdir(folder, { recursive: true })
        await writeFile(`${file}.new`, text)
        await rename(`${file}.new`, file)
      }
      const written = writing.then(write)
      writing = written.catch(() => {}) // Told to the one who waits for it; the next write is tried all the same.
      return written
    },
  }
}

function readRemembered(file: string, text: string): z.output<typeof remembered> {
  try {
    return remembered.parse(JSON.parse(text))
  } catch (error) {
    throw new UsageError(`${file} is not what a virtual printer remembers: move it away to start with a new printer.`, {
      cause: error,
    })
  }
}
