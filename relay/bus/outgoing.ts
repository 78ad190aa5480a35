/**
 * What leaves this process: what is said to one subject within a turn of the event loop leaves together, in one signed
 * frame; what is said after a silence leaves at once, since nothing would share its frame. What is too large for one
 * leaves in parts, and what follows on its subject waits for it.
 */
import type { Clock } from '@fairlead/base'
import type { Ask, Asks } from './asks.ts'
import { frameHeadLength, partHeadLength, type Seal, writePartHead } from './frame.ts'
import { type Item, itemLength, writeItem } from './items.ts'

/** What carries frames: the connection to NATS. */
export interface Carrier {
  /** @param reply where the server says that nobody heard it */
  publish(subject: string, frame: Buffer, reply?: string): void
  /** Resolves when the server has everything. Rejects when the connection is lost. */
  flush(): Promise<void>
  maxPayload(): number
  /** Bytes of which it is not known yet that the server has them. */
  backlogBytes(): number
}

export interface Outgoing {
  /** Whether there is room; if not, whoever speaks is told so instead of being queued. */
  hasRoom(): boolean
  /** @param ask the request that `item` is */
  send(subject: string, item: Item, ask?: Ask): void
  /** Sends now what would leave at the end of this turn. */
  empty(): void
  /** Forgets what has not left: the connection is lost. */
  abandon(): void
}

export interface OutgoingNeeds {
  carrier: Carrier
  seal: Seal
  clock: Clock
  asks: Asks
  /** What the batches of requests are named below. */
  batchSubject: string
}

/** More than this is not kept for a server that does not take it. */
const maxBacklogBytes = 64 * 2 ** 20
/** No frame is larger, whatever the server would take: it would hold up others. */
const maxFrameBytes = 2 ** 20
/** Nothing has left for so long: the end of the turn, with all that is still to be done in it, is not waited for. */
const silenceMs = 2
/** Between two looks whether the server has taken it, so much of a large item leaves. */
const windowBytes = 4 * 2 ** 20

interface Entry {
  item: Item
  ask: Ask | undefined
}

/** What waits to leave for one subject. */
interface Box {
  entries: Entry[]
  /** A large item is on its way. */
  isBusy: boolean
}

export function createOutgoing(needs: OutgoingNeeds): Outgoing {
  const { carrier, seal, clock, asks, batchSubject } = needs
  const boxes = new Map<string, Box>()
  let queuedBytes = 0
  let counter = 0
  let lastTransfer = 0
  let isScheduled = false
  let leftAtMs = clock.now()

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      emptyAll()
    })
  }

  function emptyAll(): void {
    for (const [subject, box] of boxes) if (!box.isBusy) empty(subject, box)
  }

  /** What fits into one frame, from the front. A request that is over already does not leave. */
  function takeBatch(box: Box, maxBytes: number): { batch: Entry[]; bytes: number } {
    const batch: Entry[] = []
    let bytes = 0
    let taken = 0
    for (const entry of box.entries) {
      const length = itemLength(entry.item)
      if (batch.length > 0 && bytes + length > maxBytes) break
      taken++
      queuedBytes -= length
      if (entry.ask?.isOver) continue
      batch.push(entry)
      bytes += length
    }
    box.entries = taken === box.entries.length ? [] : box.entries.slice(taken)
    return { batch, bytes }
  }

  function empty(subject: string, box: Box): void {
    const maxBytes = Math.min(carrier.maxPayload(), maxFrameBytes) - frameHeadLength
    while (box.entries.length > 0) {
      const { batch, bytes } = takeBatch(box, maxBytes)
      const [first] = batch
      if (first && bytes > maxBytes) {
        box.isBusy = true
        void sendLarge(subject, box, first, maxBytes - partHeadLength)
        return
      }
      if (first) sendBatch(subject, batch, bytes)
    }
    boxes.delete(subject)
  }

  function publish(subject: string, frame: Buffer, kind: 'batch' | 'part', leaving: readonly Ask[]): void {
    leftAtMs = clock.now()
    seal.close(frame, subject, kind, ++counter, leftAtMs)
    if (leaving.length === 0) carrier.publish(subject, frame)
    else carrier.publish(subject, frame, `${batchSubject}.${asks.leave(leaving)}`)
  }

  function sendBatch(subject: string, batch: readonly Entry[], bytes: number): void {
    const frame = Buffer.allocUnsafe(frameHeadLength + bytes)
    const leaving: Ask[] = []
    let at = frameHeadLength
    for (const { item, ask } of batch) {
      at = writeItem(frame, at, item)
      if (!ask) continue
      ask.sent = true
      leaving.push(ask)
    }
    publish(subject, frame, 'batch', leaving)
  }

  async function sendLarge(subject: string, box: Box, { item, ask }: Entry, maxBytes: number): Promise<void> {
    const whole = Buffer.allocUnsafe(itemLength(item))
    writeItem(whole, 0, item)
    lastTransfer = (lastTransfer + 1) >>> 0
    const transfer = lastTransfer
    const isWanted = () => boxes.get(subject) === box && !ask?.isOver
    let unseenBytes = 0
    try {
      for (let offset = 0; offset < whole.length && isWanted(); offset += maxBytes) {
        const bytes = whole.subarray(offset, offset + maxBytes)
        const frame = Buffer.allocUnsafe(frameHeadLength + partHeadLength + bytes.length)
        writePartHead(frame, { transfer, totalBytes: whole.length, offset })
        frame.set(bytes, frameHeadLength + partHeadLength)
        // Before it is whole nobody can do anything with it.
        if (ask && offset + maxBytes >= whole.length) ask.sent = true
        publish(subject, frame, 'part', ask ? [ask] : [])
        unseenBytes += bytes.length
        if (unseenBytes < windowBytes) continue
        unseenBytes = 0
        await carrier.flush()
      }
    } catch {
      // The connection is lost: `abandon` has put an end to everything that was queued.
    } finally {
      box.isBusy = false
      schedule()
    }
  }

  return {
    hasRoom: () => queuedBytes + carrier.backlogBytes() < maxBacklogBytes,
    send(subject, item, ask) {
      let box = boxes.get(subject)
      if (!box) {
        box = { entries: [], isBusy: false }
        boxes.set(subject, box)
      }
      box.entries.push({ item, ask })
      queuedBytes += itemLength(item)
      if (!isScheduled && !box.isBusy && clock.now() - leftAtMs > silenceMs) empty(subject, box)
      // A turn that lasts is busy, and no silence: what else is said in it leaves at its end.
      schedule()
    },
    empty: emptyAll,
    abandon() {
      boxes.clear()
      queuedBytes = 0
    },
  }
}
