/** A page of the agent's own out of a printer that speaks IPP: a job like any other, followed for a short while. */
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, Failure } from '@fairlead/base'
import type { Paper } from './driver.ts'
import { renderPostScript } from './postscript.ts'
import type { PrintEnd, Printing } from './printing.ts'

/** Whoever asked for the page waits for it at the device, and the request for a minute. */
const patienceMs = 45_000

export function createIppPaper(printing: Printing, clock: Clock): Paper {
  return {
    async print(text) {
      const formats = (await printing.abilities())?.formats
      if (formats === undefined)
        throw new Failure('device-refused', 'The printer does not answer: see that it is switched on.')
      const page = pageFor(text, formats)
      await using folder = await mkdtempDisposable(join(tmpdir(), 'fairlead-page-'))
      const file = join(folder.path, 'page')
      await writeFile(file, page.content, { mode: 0o600 })
      const stopping = new AbortController()
      const timer = clock.at(clock.now() + patienceMs, () => stopping.abort())
      let why: string | undefined
      const job = {
        ...{ id: `page-${clock.wallNow()}`, name: 'Fairlead', user: undefined, format: page.format, file },
        ...{ bytes: Buffer.byteLength(page.content), ticket: {} },
      }
      try {
        const end = await printing.print(job, undefined, {
          // Nobody asks about it in a later life: another page is printed then.
          mark() {},
          pages() {},
          waits: (reason) => {
            why = reason
          },
          cancelled: new AbortController().signal,
          stopping: stopping.signal,
        })
        mustBeOut(end, why)
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'device-offline') throw error
        throw new Failure('device-refused', error.message, { cause: error })
      } finally {
        timer.cancel()
      }
    },
  }
}

/** @throws {Failure} `device-refused` */
function pageFor(text: string, formats: readonly string[]): { format: string; content: string } {
  if (formats.includes('text/plain')) return { format: 'text/plain', content: `${text.replaceAll('\n', '\r\n')}\r\n\f` }
  if (formats.includes('application/postscript'))
    return { format: 'application/postscript', content: renderPostScript(text) }
  throw new Failure(
    'device-refused',
    'The printer takes neither text nor PostScript: with Ghostscript beside the agent it prints the page (Debian: apt install ghostscript).',
  )
}

/** @throws {Failure} `device-refused`: it is not; `device-timeout`: it may be, or come still */
function mustBeOut(end: PrintEnd, why: string | undefined): void {
  if (end.state === 'done') return
  if (end.state === 'failed') throw new Failure('device-refused', end.reason)
  if (end.state === 'cancelled') throw new Failure('device-refused', 'Somebody cancelled the page at the printer.')
  const waits = why === undefined ? '' : ` (it says: ${why})`
  throw new Failure(
    'device-timeout',
    `The printer has the page and has not said that it is done${waits}: look whether it comes out. If it does, its word is good.`,
  )
}
