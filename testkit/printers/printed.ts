/** Prints a document as an agent does, in this process: again with what was kept, as long as the printer takes nothing. */
import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { openDriver } from '@fairlead/agent/drivers'
import { type Clock, Failure, passing, silentLog } from '@fairlead/base'
import type { Json, PrintTicket } from '@fairlead/protocol/contract'
import type { Follow, PrintEnd } from '../../agent/drivers/printing.ts'
import { quickClock } from './quick-clock.ts'

export interface Printed {
  end: Promise<PrintEnd>
  /** As they were told, one after another. */
  pages: number[]
  waits: (string | undefined)[]
  cancel(): void
}

export interface ToPrint {
  file: string
  format?: string
  ticket?: PrintTicket
}

let jobs = 0

/** @param clock that of the printer, where it matters that the two agree on how long it was on */
export async function print(
  uri: string,
  { file, format = 'text/plain', ticket = {} }: ToPrint,
  clock: Clock = quickClock,
): Promise<Printed> {
  const driver = await openDriver(uri, { clock, log: silentLog })
  const printing = driver.printing ?? assert.fail('it prints')
  const [pages, waits, cancel] = [[] as number[], [] as (string | undefined)[], new AbortController()]
  const { size } = await stat(file)
  const job = { id: `${++jobs}`, name: 'Report.txt', user: 'ann', ticket, file, bytes: size, format }
  let kept: Json | undefined
  const follow: Follow = {
    mark(mark) {
      kept = mark
    },
    pages: (done) => void pages.push(done),
    waits: (reason) => void waits.push(reason),
    cancelled: cancel.signal,
    stopping: new AbortController().signal,
  }
  async function untilTaken(): Promise<PrintEnd> {
    for (;;)
      try {
        return await printing.print(job, kept, follow)
      } catch (error) {
        if (!(error instanceof Failure && error.code === 'device-offline')) throw error
        await passing(clock, 1000)
      }
  }
  return { end: untilTaken(), pages, waits, cancel: () => cancel.abort() }
}
