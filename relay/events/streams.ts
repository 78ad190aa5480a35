/**
 * Event streams: server-sent events from the journal (WHATWG HTML §9.2).
 *
 * A stream is a place in the journal that moves on while its reader keeps up. It pulls, nothing is queued for it: replay and
 * live are the same walk, so there is neither gap nor repeat between them, and a slow reader costs one small buffer.
 */
import type { ServerResponse } from 'node:http'
import { type Clock, Failure, inBackground, type Log, type Timer } from '@fairlead/base'
import { answerHeaders } from '../http/answer-headers.ts'
import { actsAsAdmin, reaches, tenantOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import type { JournalEntry } from './entry.ts'
import type { Journal } from './journal.ts'

export interface StreamOrder {
  caller: Caller
  device?: string | undefined
  type?: string | undefined
  /** As the browser sent it. */
  lastEventId?: string | undefined
}

export interface EventStreams extends Disposable {
  /**
   * Answers with a stream that lasts until one side ends it.
   *
   * @throws {Failure} `too-many-requests` when there are as many streams as may be
   */
  serve(order: StreamOrder, response: ServerResponse): void
  /**
   * To be awaited before: what its reader has heard at another node is known here as well, and is no number from nowhere.
   *
   * @throws {Failure} `unavailable`: the record cannot be read
   */
  catchUpTo(lastEventId: string | undefined): Promise<void>
  /** Ends the streams of keys that are no longer good. */
  recheck(): void
  count(): number
}

export interface EventStreamsNeeds {
  journal: Journal
  clock: Clock
  log: Log
  /** Asked before anything is sent: a revoked key hears nothing more. */
  isStillGood(caller: Caller): boolean
  /** Default 1,000. */
  maxStreams?: number
}

const commentEveryMs = 15_000
/** A reader that takes nothing for this long is cut; it resumes by the id of what it saw last. */
const longestStallMs = 30_000
const entriesAtOnce = 200
/** About so much is handed to the socket at once, in characters. */
const chunkChars = 64 * 1024

interface Stream {
  wake(): void
  recheck(): void
  end(): void
}

export function createEventStreams(needs: EventStreamsNeeds): EventStreams {
  const { journal, maxStreams = 1_000 } = needs
  const streams = new Set<Stream>()
  let waking = false

  /** Many events of one turn wake the streams once. */
  const unsubscribe = journal.subscribe(() => {
    if (waking || streams.size === 0) return
    waking = true
    setImmediate(() => {
      waking = false
      for (const stream of streams) stream.wake()
    })
  })

  return {
    serve(order, response) {
      if (streams.size >= maxStreams)
        throw new Failure('too-many-requests', `There are ${maxStreams} event streams already: close one, or wait.`, {
          retryAfterSeconds: 30,
        })
      const stream = openStream(needs, order, response, () => streams.delete(stream))
      streams.add(stream)
      stream.wake()
    },
    async catchUpTo(lastEventId) {
      if (!(Number(lastEventId) <= journal.newest())) await journal.catchUp()
    },
    recheck() {
      for (const stream of streams) stream.recheck()
    },
    count: () => streams.size,
    [Symbol.dispose]() {
      unsubscribe()
      for (const stream of streams) stream.end()
    },
  }
}

function openStream(needs: EventStreamsNeeds, order: StreamOrder, response: ServerResponse, ended: () => void): Stream {
  const { journal, clock, log, isStillGood } = needs
  const { caller } = order
  let seen = startOf(order.lastEventId, journal)
  let pulling = false
  let more = false
  let stalledSinceMs: number | undefined
  let over = false

  response.writeHead(200, {
    ...answerHeaders,
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
  })
  // Before a reset there is no place yet: a reader that is cut off in between must be told of the loss again.
  response.write(`: connected\n${seen.reset ? '\n' : placeOf(seen.after)}`)
  if (seen.reset) response.write(resetFrame(seen.after, caller, clock.wallNow()))
  let timer = commentLater()

  response.on('drain', () => {
    stalledSinceMs = undefined
    wake()
  })
  response.on('close', () => finish())
  // A reader that vanishes is nothing to report; `close` follows.
  response.on('error', () => {})

  function wake(): void {
    more = true
    if (!pulling) inBackground(log, 'events.stream-failed', pull)
  }

  async function pull(): Promise<void> {
    pulling = true
    try {
      while (more && !over && stalledSinceMs === undefined) {
        more = false
        const entries = await journal.after(seen.after, entriesAtOnce)
        if (entries.length > 0) more = true
        if (entries[0] && entries[0].seq > seen.after + 1 && seen.after < journal.forgottenUpTo()) tellOfLoss()
        sendSome(entries)
      }
    } catch (error) {
      cut()
      throw error
    } finally {
      pulling = false
    }
  }

  /** It was so slow that the journal forgot what it had not seen yet. */
  function tellOfLoss(): void {
    seen = { after: journal.forgottenUpTo(), reset: true }
    send(resetFrame(seen.after, caller, clock.wallNow()))
  }

  function sendSome(entries: readonly JournalEntry[]): void {
    if (over || !checkGood()) return
    let chunk = ''
    for (const entry of entries) {
      if (entry.seq <= seen.after) continue
      seen = { after: entry.seq, reset: false }
      if (isWanted(entry, order)) chunk += frame(entry)
      if (chunk.length < chunkChars) continue
      send(chunk)
      chunk = ''
      if (stalledSinceMs !== undefined) return
    }
    if (chunk !== '') send(chunk)
  }

  function send(text: string): void {
    if (over) return
    if (!response.write(text)) stalledSinceMs ??= clock.now()
  }

  function checkGood(): boolean {
    if (isStillGood(caller)) return true
    end()
    return false
  }

  function commentLater(): Timer {
    return clock.at(clock.now() + commentEveryMs, () => {
      if (over || !checkGood()) return
      if (stalledSinceMs === undefined) send(`: still here\n${placeOf(seen.after)}`)
      else if (clock.now() - stalledSinceMs >= longestStallMs) return cut()
      timer = commentLater()
    })
  }

  function end(): void {
    response.end()
    finish()
  }

  /** Its reader comes back by id and misses nothing. */
  function cut(): void {
    response.destroy()
    finish()
  }

  function finish(): void {
    if (over) return
    over = true
    timer.cancel()
    ended()
  }

  return { wake, recheck: () => void checkGood(), end }
}

/** Where a stream begins: after what its reader saw last, else now. `reset`: something in between is gone. */
function startOf(lastEventId: string | undefined, journal: Journal): { after: number; reset: boolean } {
  if (lastEventId === undefined || lastEventId === '') return { after: journal.newest(), reset: false }
  const after = /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : Number.NaN
  // An id that was never given out: another relay's, or from before a backup was restored.
  if (!(after <= journal.newest())) return { after: journal.newest(), reset: true }
  if (after < journal.forgottenUpTo()) return { after: journal.forgottenUpTo(), reset: true }
  return { after, reset: false }
}

function isWanted(entry: JournalEntry, { caller, device, type }: StreamOrder): boolean {
  // For the other nodes only.
  if (entry.type.startsWith('record.')) return false
  return maySee(caller, entry) && (device ?? entry.device) === entry.device && (type ?? entry.type) === entry.type
}

function maySee(caller: Caller, { account }: JournalEntry): boolean {
  return account === null ? actsAsAdmin(caller) : reaches(caller, account)
}

/**
 * An ID without data is no event, but a reader keeps it (WHATWG HTML §9.2.6, "dispatch the event"): one that has heard
 * nothing yet, or nothing that its filter lets through for a day, also continues without a gap.
 */
function placeOf(seq: number): string {
  return `id: ${seq}\n\n`
}

function frame({ seq, type, data }: JournalEntry): string {
  return `id: ${seq}\nevent: ${type}\ndata: ${data}\n\n`
}

function resetFrame(seq: number, caller: Caller, wallMs: number): string {
  const account = tenantOf(caller) ?? null
  return `id: ${seq}\nevent: reset\ndata: ${JSON.stringify({ at: new Date(wallMs).toISOString(), account })}\n\n`
}
