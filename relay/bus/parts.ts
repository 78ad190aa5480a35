/** Puts large items together from their parts, with bounded memory. */
import type { Clock, Timer } from '@fairlead/base'
import { maxMessageBytes } from './bus.ts'
import type { Part } from './frame.ts'

/** What an item adds to its head and body, and something to spare. */
const maxItemBytes = maxMessageBytes + 1024
/** Of one sender's unfinished items together. */
const maxBytesOfSender = 2 * maxItemBytes
/** An item that is not whole after so long never will be. */
const patienceMs = 30_000

interface Transfer {
  whole: Buffer
  received: number
  timer: Timer
}

export interface Parts {
  /** @returns the item once it is whole; undefined before, and for what does not fit */
  add(sender: string, part: Part): Buffer | undefined
  /** Bytes held for items that are not whole yet. */
  heldBytes(): number
  clear(): void
}

/** A sender's parts come in order (its frames do): one that is out of order has lost others, and the item with them. */
export function createParts(clock: Clock): Parts {
  const transfers = new Map<string, Map<number, Transfer>>()

  const bytesOf = (sender: string) => {
    let bytes = 0
    for (const { whole } of transfers.get(sender)?.values() ?? []) bytes += whole.length
    return bytes
  }

  function remove(sender: string, number: number): void {
    const ofSender = transfers.get(sender)
    ofSender?.get(number)?.timer.cancel()
    ofSender?.delete(number)
    if (ofSender?.size === 0) transfers.delete(sender)
  }

  function begin(sender: string, { transfer, totalBytes, offset }: Part): Transfer | undefined {
    if (offset !== 0 || totalBytes > maxItemBytes || bytesOf(sender) + totalBytes > maxBytesOfSender) return undefined
    const timer = clock.at(clock.now() + patienceMs, () => remove(sender, transfer))
    const begun = { whole: Buffer.allocUnsafe(totalBytes), received: 0, timer }
    const ofSender = transfers.get(sender) ?? new Map<number, Transfer>()
    transfers.set(sender, ofSender.set(transfer, begun))
    return begun
  }

  return {
    add(sender, part) {
      const transfer = transfers.get(sender)?.get(part.transfer) ?? begin(sender, part)
      if (!transfer) return undefined
      const { whole, received } = transfer
      if (part.offset !== received || received + part.bytes.length > whole.length) {
        remove(sender, part.transfer)
        return undefined
      }
      whole.set(part.bytes, received)
      transfer.received += part.bytes.length
      if (transfer.received < whole.length) return undefined
      remove(sender, part.transfer)
      return whole
    },
    heldBytes: () => [...transfers.keys()].reduce((sum, sender) => sum + bytesOf(sender), 0),
    clear() {
      for (const [sender, ofSender] of transfers) for (const number of ofSender.keys()) remove(sender, number)
    },
  }
}
