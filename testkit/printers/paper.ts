/** Starts the paper printer, tells it things, and looks into its tray. */
import { join } from 'node:path'
import { findFreePort } from '../ports.ts'
import { type Exit, type StartedProcess, startHouseFile } from '../process.ts'
import type { GivenPaperOptions } from './paper-options.ts'
import { pagesIn } from './paper-tray.ts'

export interface PaperPrinter extends AsyncDisposable {
  readonly uri: string
  /** All that has come out, in all its lives. */
  pages(): string[]
  /** Resolves when it stands at `holdsAt`. */
  holds(): Promise<unknown>
  tell(what: 'go' | 'paper'): Promise<void>
  /** As by a power cut, now or as `diesAt` says. */
  cut(): Promise<Exit>
  dead(): Promise<Exit>
  /** In the same place; what is not said now is as at first, but for what ends it. */
  startAgain(options?: Partial<GivenPaperOptions>): Promise<void>
}

const program = 'testkit/printers/paper-printer.ts'

export async function startPaperPrinter(
  folder: string,
  options: Omit<GivenPaperOptions, 'folder'> = {},
): Promise<PaperPrinter> {
  const first = { folder: join(folder, 'printer'), port: await findFreePort(), ...options }
  let printer: StartedProcess

  async function start(given: GivenPaperOptions): Promise<void> {
    printer = await startHouseFile(program, [JSON.stringify(given)])
    await printer.nextEvent('printer.ready')
  }

  await start(first)
  return {
    uri: `ipp://127.0.0.1:${first.port}/ipp/print`,
    pages: () => pagesIn(first.folder).map(({ page }) => page),
    holds: () => printer.nextEvent('printer.holds'),
    async tell(what) {
      await fetch(`http://127.0.0.1:${first.port}/tell/${what}`)
    },
    cut: () => printer.kill(),
    dead: () => printer.exited,
    async startAgain(more = {}) {
      const { diesAt: _, ...again } = first
      // Its clock begins anew, as those of printers do.
      await start({ ...again, upSeconds: 0, ...more })
    },
    [Symbol.asyncDispose]: async () => void (await printer.kill()),
  }
}
