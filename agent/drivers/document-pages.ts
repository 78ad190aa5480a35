/** How many pages a document has, for printers that are not really there. */
import { open, readFile } from 'node:fs/promises'
import { Failure } from '@fairlead/base'
import { countRasterPages } from './raster-pages.ts'

/** Formats that a virtual printer takes, the best first. */
export const countedFormats = [
  'application/pdf',
  'application/postscript',
  'image/pwg-raster',
  'image/jpeg',
  'image/png',
  'text/plain',
]

const linesOnPage = 60

/** @throws {Failure} `device-refused`, one sentence: it cannot be read */
export async function countPages(file: string, format: string): Promise<number> {
  switch (format) {
    case 'application/pdf':
      return await countPdfPages(file)
    case 'application/postscript':
      return Math.max(1, await countLines(file, (line) => line.startsWith('%%Page:')))
    case 'text/plain':
      return Math.max(1, Math.ceil((await countLines(file, () => true)) / linesOnPage))
    case 'image/pwg-raster':
      return countRasterPages(await readFile(file))
    case 'image/jpeg':
    case 'image/png':
      return 1
    default:
      throw new Failure('device-refused', `This printer takes no ${format}; it takes ${countedFormats.join(', ')}.`)
  }
}

async function countPdfPages(file: string): Promise<number> {
  // Only now: who prints no PDF needs none of it.
  const { getDocumentProxy } = await import('unpdf')
  try {
    const document = await getDocumentProxy(new Uint8Array(await readFile(file)), { verbosity: 0 })
    const { numPages } = document
    await document.loadingTask.destroy()
    if (numPages > 0) return numPages
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Failure('device-refused', `The printer cannot read the PDF: ${why}`, { cause: error })
  }
  throw new Failure('device-refused', 'The PDF has no pages.')
}

async function countLines(file: string, isCounted: (line: string) => boolean): Promise<number> {
  await using handle = await open(file)
  let count = 0
  for await (const line of handle.readLines({ encoding: 'latin1' })) if (isCounted(line)) count++
  return count
}
