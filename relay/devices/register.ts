/** The register process (A2): at every activation a device tells what it is, before its session. */
import { type Clock, Failure } from '@fairlead/base'
import type { Capabilities, Json, RegisterBody, Registered } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import type { DeviceRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { Journal } from '../events/journal.ts'
import { type KnownDevices, knownDeviceOf } from './known-devices.ts'
import { saveObjects } from './objects.ts'
import type { DeviceStore } from './store.ts'

/**
 * Stores what the device told; what it did not tell stays as it was.
 *
 * @param device who proved to be it
 * @throws {Failure} `unauthorized` when it was removed just now: nothing is stored
 */
export type Register = (device: string, told: RegisterBody) => Promise<Registered>

export interface RegisterNeeds {
  database: Database
  store: DeviceStore
  known: KnownDevices
  journal: Journal
  clock: Clock
  domain: string
  /** The device's own timer (A5), in seconds; 0 is off. */
  survivalTimeoutSeconds: number
  /** What else follows from the objects that it told. */
  registered?(tx: Transaction, device: string, values: Readonly<Record<string, Json>>): Promise<void>
}

export function createRegister(needs: RegisterNeeds): Register {
  const { database, store, known, journal, clock, domain, survivalTimeoutSeconds } = needs

  async function tellWhatHappened(tx: Transaction, before: DeviceRow, after: DeviceRow): Promise<void> {
    const { id: device, account, registration, model, serial } = after
    const changed = changesBetween(before, after)
    journal.append(tx, {
      type: 'device.registered',
      account,
      device,
      facts: { registration, model, serial },
    })
    if (changed.length > 0) journal.append(tx, { type: 'device.changed', account, device, facts: { changed } })
  }

  return (device, { capabilities = {}, objects = {}, addresses }) =>
    database.write(async (tx) => {
      const before = await store.findToChange(tx, device)
      if (!before) throw new Failure('unauthorized', 'There is no such device any more.')
      const nowMs = clock.wallNow()
      const told = toldOf(before, capabilities, nowMs)
      const after = { ...before, ...told }
      await store.save(tx, device, told)
      const values: Record<string, Json> = addresses === undefined ? objects : { ...objects, addresses }
      await saveObjects(store, tx, device, values, nowMs)
      await needs.registered?.(tx, device, objects)
      await tellWhatHappened(tx, before, after)
      const { registration, ...rest } = knownDeviceOf(after)
      tx.afterCommit(() => known.put({ registration, ...rest }))
      return { registration, survivalTimeoutSeconds, jid: `${device}@${domain}` }
    })
}

function toldOf(before: DeviceRow, capabilities: Capabilities, nowMs: number) {
  const merged: Capabilities = { ...JSON.parse(before.capabilities), ...capabilities }
  const serial = merged.serial || before.serial
  return {
    model: merged.model || before.model,
    serial,
    serial_lower: serial?.toLowerCase() ?? null,
    capabilities: JSON.stringify(merged),
    registered_at: nowMs,
  }
}

function changesBetween(before: DeviceRow, after: DeviceRow): string[] {
  const fields = ['model', 'serial', 'capabilities'] as const
  return fields.filter((field) => before[field] !== after[field])
}
