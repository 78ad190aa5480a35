/** Every device in a few words, in memory: who it belongs to and what an inquiry asks for. Small, for there may be 100,000. */
import type { Registration } from '@fairlead/protocol/contract'
import { placeAfter } from '../database/page.ts'
import type { DeviceRow } from '../database/tables.ts'

export interface KnownDevice {
  readonly id: string
  readonly account: string
  readonly model: string | null
  /** As told. */
  readonly serial: string | null
  readonly tags: readonly string[]
  readonly registration: Registration
  /** Features and media: what `?capability=` matches. */
  readonly capabilities: readonly string[]
  /** What people print there waits until they are at it. */
  readonly releaseAtDevice: boolean
}

export interface KnownDevices {
  find(id: string): KnownDevice | undefined
  /** By ID. */
  all(): readonly KnownDevice[]
  /** By ID. */
  ofAccount(account: string): readonly KnownDevice[]
  /** Adds it, or takes the place of what was known of it. */
  put(device: KnownDevice): void
  remove(id: string): void
}

const idOf = (device: KnownDevice) => device.id

export function createKnownDevices(): KnownDevices {
  const byId = new Map<string, KnownDevice>()
  const sorted: KnownDevice[] = []
  const byAccount = new Map<string, KnownDevice[]>()

  function remove(id: string): void {
    const device = byId.get(id)
    if (!device) return
    byId.delete(id)
    takeOut(sorted, id)
    const siblings = byAccount.get(device.account) ?? []
    takeOut(siblings, id)
    if (siblings.length === 0) byAccount.delete(device.account)
  }

  return {
    find: (id) => byId.get(id),
    all: () => sorted,
    ofAccount: (account) => byAccount.get(account) ?? [],
    put(device) {
      remove(device.id)
      byId.set(device.id, device)
      putIn(sorted, device)
      const siblings = byAccount.get(device.account) ?? []
      byAccount.set(device.account, siblings)
      putIn(siblings, device)
    },
    remove,
  }
}

function putIn(devices: KnownDevice[], device: KnownDevice): void {
  devices.splice(placeAfter(devices, idOf, device.id), 0, device)
}

function takeOut(devices: KnownDevice[], id: string): void {
  const at = placeAfter(devices, idOf, id) - 1
  if (devices[at]?.id === id) devices.splice(at, 1)
}

type KnownColumns =
  | 'id'
  | 'account'
  | 'model'
  | 'serial'
  | 'tags'
  | 'registration'
  | 'capabilities'
  | 'release_at_device'

export function knownDeviceOf(row: Pick<DeviceRow, KnownColumns>): KnownDevice {
  const { features = [], media = [] }: { features?: string[]; media?: string[] } = JSON.parse(row.capabilities)
  return {
    id: row.id,
    account: row.account,
    model: row.model,
    serial: row.serial,
    tags: shared(JSON.parse(row.tags)),
    registration: row.registration as Registration,
    capabilities: shared([...features, ...media]),
    releaseAtDevice: row.release_at_device === 1,
  }
}

/** Devices of one model say the same: their lists are one in memory. */
const lists = new Map<string, readonly string[]>()
const maxLists = 10_000

function shared(list: readonly string[]): readonly string[] {
  const text = JSON.stringify(list)
  const known = lists.get(text)
  if (known) return known
  if (lists.size >= maxLists) lists.clear()
  lists.set(text, list)
  return list
}
