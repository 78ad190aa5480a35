/** What is asked of the device when a job is printed again: all of it, or what has not come out for sure. */
import { Failure } from '@fairlead/base'
import {
  type JobAgain,
  type PrintAbilities,
  type PrintTicket,
  rangesAfter,
  whyNotFormat,
  whyNotTicket,
} from '@fairlead/protocol/contract'
import type { JobRow } from '../database/job-tables.ts'
import { hasEnded } from './job-machine.ts'
import { lifeOf } from './store.ts'

/** @throws {Failure} `not-again`, which says why */
export function ticketAgain(
  row: JobRow,
  { pages }: JobAgain,
  known: PrintAbilities | undefined,
  wallNowMs: number,
): PrintTicket {
  const { state, pagesDone } = lifeOf(row)
  if (!hasEnded(state)) throw notAgain('It has not ended: wait for that, or cancel it first.')
  if (row.digest === null || row.digest_until === null || row.digest_until <= wallNowMs)
    throw notAgain('Its document is not kept any more: send it as a new job.')
  const before: PrintTicket = JSON.parse(row.ticket)
  const ticket = pages === 'rest' ? { ...before, pages: restOf(before, pagesDone) } : before
  const why = whyNotFormat(known, row.format) ?? whyNotTicket(known, ticket)
  if (why !== undefined) throw notAgain(why)
  return ticket
}

function restOf({ copies = 1, pages }: PrintTicket, pagesDone: number | undefined): string {
  if (pagesDone === undefined) throw notAgain('How many of its pages came out is not known: print all of it.')
  if (copies > 1)
    throw notAgain('It was for several copies, and which pages are missing is not known: print all of it.')
  const rest = rangesAfter(pages, pagesDone)
  if (rest === undefined) throw notAgain('All its pages came out: nothing is left to print.')
  return rest
}

const notAgain = (why: string) => new Failure('not-again', why)
