/** What devices tell of their own accord: all of a call is stored or none of it, and a repeat does no harm. */
import { type Clock, Failure } from '@fairlead/base'
import type { DeviceEvent } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import type { Transaction } from '../database/writer.ts'
import type { Journal } from '../events/journal.ts'
import { saveObjects } from './objects.ts'
import type { DeviceStore } from './store.ts'

/**
 * Resolves when all of them are on disk, told to those who listen, and `objects` are remembered.
 *
 * @param address that the device calls from
 * @throws {Failure} `unauthorized` when the device was removed just now: nothing is stored
 */
export type RecordEvents = (device: string, events: readonly DeviceEvent[], address?: string) => Promise<void>

export interface RecordEventsNeeds {
  database: Database
  store: DeviceStore
  journal: Journal
  clock: Clock
  /** Somebody did at the device what was asked for (B5). */
  instructed?(tx: Transaction, device: string, claimId: string | undefined, address?: string): Promise<void>
  /** All else that follows from it; not from one that comes again. */
  happened?(tx: Transaction, device: string, event: DeviceEvent): Promise<void>
}

/** A device repeats what was not acknowledged within minutes; an ID that comes after so long is a new event. */
const rememberEventsMs = 30 * 24 * 3_600_000

export function createRecordEvents(needs: RecordEventsNeeds): RecordEvents {
  const { database, store, journal, clock, instructed, happened } = needs

  async function recordOne(
    tx: Transaction,
    { id: device, account }: { id: string; account: string },
    event: DeviceEvent,
    address: string | undefined,
  ): Promise<void> {
    const nowMs = clock.wallNow()
    if (!(await store.addEvent(tx, device, event.id, nowMs))) return
    if (event.type === 'objects') {
      // A device's clock may be ahead; what it tells is not known before it is told.
      await saveObjects(store, tx, device, event.values, Math.min(nowMs, Date.parse(event.at)))
    }
    if (event.type === 'instruction') await instructed?.(tx, device, event.claim, address)
    await happened?.(tx, device, event)
    journal.append(tx, { type: 'device.event', account, device, facts: { event } })
  }

  return (device, events, address) =>
    database.write(async (tx) => {
      const found = await store.findToChange(tx, device)
      if (!found) throw new Failure('unauthorized', 'There is no such device any more.')
      await store.forgetEvents(tx, device, clock.wallNow() - rememberEventsMs)
      for (const event of events) await recordOne(tx, found, event, address)
    })
}
