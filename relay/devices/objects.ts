/** Objects that a device told of its own accord are remembered, each with its moment. */
import type { Json } from '@fairlead/protocol/contract'
import type { Transaction } from '../database/writer.ts'
import type { DeviceStore } from './store.ts'

/** More than any device has; names without end must not fill the disk. The newest stay. */
export const maxObjects = 1_000

export async function saveObjects(
  store: DeviceStore,
  tx: Transaction,
  device: string,
  values: Readonly<Record<string, Json>>,
  atMs: number,
): Promise<void> {
  const told = Object.entries(values)
  if (told.length === 0) return
  for (const [name, value] of told) await store.saveObject(tx, device, { name, value: JSON.stringify(value), atMs })
  await store.trimObjects(tx, device, maxObjects)
}
