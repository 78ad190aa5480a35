/** The agent's memory of requests on a simulated disk: what SQLite keeps over a power cut, and what only the process does. */
import type { Journal } from '../../agent/memory/journal.ts'
import { rememberedMs } from '../../agent/memory/journal.ts'
import type { Answer } from '../../agent/requests/answer.ts'

interface Row {
  atMs: number
  untilMs: number
  answer: Answer | undefined
  isDelivered: boolean
}

/** Survives everything. */
export type JournalRows = Map<string, Row>

/** @param rows what was on disk when the process started; written through */
export function createAgentJournal(rows: JournalRows, wallNow: () => number): Journal {
  const reads = new Map<string, Answer>()
  const isOwed = ({ answer, isDelivered, untilMs }: Row) => answer !== undefined && !isDelivered && untilMs > wallNow()
  return {
    recall(requestId) {
      const read = reads.get(requestId)
      if (read) return { known: 'answered', answer: read }
      const row = rows.get(requestId)
      if (!row || (row.atMs <= wallNow() - rememberedMs && !isOwed(row))) return { known: 'no' }
      return row.answer === undefined ? { known: 'begun' } : { known: 'answered', answer: row.answer }
    },
    begin(requestId, untilMs) {
      rows.set(requestId, { atMs: wallNow(), untilMs, answer: undefined, isDelivered: false })
    },
    finish(requestId, answer) {
      const row = rows.get(requestId)
      if (row) Object.assign(row, { answer, atMs: wallNow() })
      else reads.set(requestId, answer)
    },
    delivered(requestId) {
      const row = rows.get(requestId)
      if (row) row.isDelivered = true
    },
    undelivered: () =>
      [...rows].flatMap(([requestId, row]) =>
        row.answer !== undefined && isOwed(row) ? [{ requestId, answer: row.answer, untilMs: row.untilMs }] : [],
      ),
  }
}
