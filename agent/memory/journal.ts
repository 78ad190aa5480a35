/** Which requests a device has had: a repeated one is answered from here, never executed twice (safety 6.1). */
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '@fairlead/base'
import type { Answer } from '../requests/answer.ts'

/** What is known of a request ID. `begun`: its execution started in an earlier life of this process and its end is not known. */
export type Recalled = { known: 'no' } | { known: 'begun' } | { known: 'answered'; answer: Answer }

/** An answer that the relay may not have got before the agent stopped. */
export interface Undelivered {
  requestId: string
  answer: Answer
  /** Wall time in milliseconds, after which nobody takes it. */
  untilMs: number
}

export interface Journal {
  recall(requestId: string): Recalled
  /**
   * Before a SET or a command is executed: on disk when it returns, so that a crash cannot make it happen twice.
   * Its answer is kept until `untilMs`, as long as the relay has not got it.
   */
  begin(requestId: string, untilMs: number): void
  /** On disk when it returns, if it was begun; in memory only for a GET, which may as well be read again. */
  finish(requestId: string, answer: Answer): void
  /** The relay has it, or wants it no more. */
  delivered(requestId: string): void
  undelivered(): Undelivered[]
}

/** How many, and how long: safety 6.1. */
export const rememberedRequests = 256
export const rememberedMs = 10 * 60_000
/** Whoever asked may look up what became of a change for so long (contract part 3), and the relay takes its answer. */
export const undeliveredMs = 24 * 60 * 60_000
/** GET answers in memory, in characters of JSON: many large ones must not fill a small machine. */
const rememberedReads = 4 * 1024 * 1024

export const journalTable = `
  CREATE TABLE IF NOT EXISTS request (
    device TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL,
    answer TEXT, delivered INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (device, id)) STRICT;
  CREATE INDEX IF NOT EXISTS request_by_age ON request (device, at);`

interface Row {
  id: string
  until: number
  answer: string | null
}

export function createJournal(database: DatabaseSync, device: string, clock: Pick<Clock, 'wallNow'>): Journal {
  const reads = createReads(clock)
  const isOwed = 'answer IS NOT NULL AND delivered = 0 AND until > ?1'
  const find = database.prepare(
    `SELECT id, until, answer FROM request WHERE device = ?2 AND id = ?3 AND (at > ?4 OR ${isOwed})`,
  )
  const insert = database.prepare('INSERT OR REPLACE INTO request (device, id, at, until) VALUES (?, ?, ?, ?)')
  const answer = database.prepare('UPDATE request SET answer = ?, at = ? WHERE device = ? AND id = ?')
  const deliver = database.prepare('UPDATE request SET delivered = 1 WHERE device = ? AND id = ?')
  const waiting = database.prepare(`SELECT id, until, answer FROM request WHERE device = ?2 AND ${isOwed}`)
  const forgetOld = database.prepare(`DELETE FROM request WHERE device = ?2 AND at <= ?3 AND NOT (${isOwed})`)
  const forgetMany = database.prepare(
    'DELETE FROM request WHERE device = ?1 AND id IN (SELECT id FROM request WHERE device = ?1 ORDER BY at DESC, rowid DESC LIMIT -1 OFFSET ?2)',
  )

  return {
    recall(requestId) {
      const read = reads.find(requestId)
      if (read !== undefined) return { known: 'answered', answer: read }
      const nowMs = clock.wallNow()
      const row = find.get(nowMs, device, requestId, nowMs - rememberedMs) as Row | undefined
      if (!row) return { known: 'no' }
      return row.answer === null ? { known: 'begun' } : { known: 'answered', answer: JSON.parse(row.answer) as Answer }
    },
    begin(requestId, untilMs) {
      const nowMs = clock.wallNow()
      forgetOld.run(nowMs, device, nowMs - rememberedMs)
      forgetMany.run(device, rememberedRequests - 1)
      insert.run(device, requestId, nowMs, Math.ceil(untilMs))
    },
    finish(requestId, given) {
      const { changes } = answer.run(JSON.stringify(given), clock.wallNow(), device, requestId)
      if (changes === 0) reads.add(requestId, given)
    },
    delivered: (requestId) => void deliver.run(device, requestId),
    undelivered: () =>
      (waiting.all(clock.wallNow(), device) as unknown as Row[]).map((row) => ({
        requestId: row.id,
        answer: JSON.parse(row.answer ?? 'null') as Answer,
        untilMs: row.until,
      })),
  }
}

/** The answers to GETs: bounded in number, size and age. */
function createReads(clock: Pick<Clock, 'wallNow'>) {
  const kept = new Map<string, { atMs: number; text: string }>()
  let characters = 0
  const forget = (id: string, text: string) => {
    kept.delete(id)
    characters -= text.length
  }
  return {
    find(id: string): Answer | undefined {
      const entry = kept.get(id)
      return entry && entry.atMs > clock.wallNow() - rememberedMs ? (JSON.parse(entry.text) as Answer) : undefined
    },
    add(id: string, answer: Answer) {
      const text = JSON.stringify(answer)
      const known = kept.get(id)
      if (known) forget(id, known.text)
      kept.set(id, { atMs: clock.wallNow(), text })
      characters += text.length
      for (const [old, entry] of kept) {
        const isOld = entry.atMs <= clock.wallNow() - rememberedMs
        if (!isOld && kept.size <= rememberedRequests && characters <= rememberedReads) break
        forget(old, entry.text)
      }
    },
  }
}
