/** What arrives: believed only with a node's signature and only once, put together if it came in parts, and handed on item by item. */
import type { Clock, Log, Random } from '@fairlead/base'
import type { Frame, Seal } from './frame.ts'
import { decodePart } from './frame.ts'
import { type Item, readItems } from './items.ts'
import { createParts } from './parts.ts'
import { createPeers } from './peers.ts'

export interface Heard {
  item: Item
  /** The subject on the wire. */
  subject: string
  from: string
  /** How long it was on its way, at least; 0 if that is not known. */
  ageMs: number
}

export interface IncomingNeeds {
  self: string
  seal: Seal
  clock: Clock
  random: Random
  log: Log
  /** Asks a sender to prove that it is there. */
  askForProof(sender: string, word: string): void
  hear(heard: Heard): void
}

export interface Incoming {
  /** @param isForInbox what is said to this process alone */
  take(subject: string, data: Uint8Array, isForInbox: boolean): void
  /** What was not believed. */
  refused(): number
  /** Resolves when nothing waits for a sender to prove that it is there. */
  settled(): Promise<void>
  close(): void
}

/** What is not believed may come a thousand times a second. */
const logEveryMs = 1_000

export function createIncoming(needs: IncomingNeeds): Incoming {
  const { seal, clock, log, hear } = needs
  const parts = createParts(clock)
  const peers = createPeers({ ...needs, use, refuse })
  let refused = 0
  let loggedAtMs = Number.NEGATIVE_INFINITY
  let refusedWhenLogged = 0

  function refuse(why: string): void {
    refused++
    if (clock.now() - loggedAtMs < logEveryMs) return
    loggedAtMs = clock.now()
    log.warn('bus.refused', `A message of the bus was not believed: ${why}.`, { count: refused - refusedWhenLogged })
    refusedWhenLogged = refused
  }

  function use(frame: Frame, ageMs: number): void {
    const { subject, sender: from } = frame
    try {
      const bytes = frame.kind === 'part' ? parts.add(from, decodePart(frame.payload)) : frame.payload
      if (!bytes) return
      for (const item of readItems(bytes)) {
        if (item.type === 'proof') peers.prove(frame, item.head.toString())
        else hear({ item, subject, from, ageMs })
      }
    } catch (error) {
      // It is signed: a node of another version, or a bug of ours.
      log.error('bus.unreadable', 'A message of the bus could not be read.', error, { subject })
    }
  }

  return {
    take(subject, data, isForInbox) {
      const frame = seal.open(Buffer.from(data.buffer, data.byteOffset, data.byteLength), subject)
      if (frame) peers.hear(frame, isForInbox)
      else refuse('no node of this relay has signed it')
    },
    refused: () => refused,
    settled: peers.settled,
    close() {
      peers.close()
      parts.clear()
    },
  }
}
