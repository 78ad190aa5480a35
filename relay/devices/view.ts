/** A device as services see it: what it is from memory, how it stands from the sessions, what it told from disk. */
import type { Device, Json } from '@fairlead/protocol/contract'
import type { KnownDevice } from './known-devices.ts'
import type { PresenceView } from './presence.ts'
import type { DeviceStore } from './store.ts'

interface ViewNeeds {
  store: DeviceStore
  domain: string
  presenceOf(device: string): PresenceView | undefined
  /** Where devices may be at other nodes: asks those. */
  presencesNow?(devices: readonly string[]): Promise<ReadonlyMap<string, PresenceView>>
}

/** Devices that were removed in between are left out. */
export async function renderDevices(devices: readonly KnownDevice[], needs: ViewNeeds): Promise<Device[]> {
  if (devices.length === 0) return []
  const ids = devices.map(({ id }) => id)
  const [details, objects, waiting, proxies, now] = await Promise.all([
    needs.store.details(ids),
    needs.store.objects(ids),
    needs.store.waiting(ids),
    needs.store.proxies(ids),
    needs.presencesNow?.(ids),
  ])
  const detailOf = new Map(details.map((detail) => [detail.id, detail]))
  const objectsOf = Map.groupBy(objects, ({ device }) => device)

  return devices.flatMap((device) => {
    const heardAt = proxies.get(device.id)
    const detail = detailOf.get(device.id)
    if (!detail) return []
    const capabilities: Device['capabilities'] = JSON.parse(detail.capabilities)
    const told = (objectsOf.get(device.id) ?? []).map(({ name, value, at }) => {
      const parsed: Json = JSON.parse(value)
      return [name, { value: parsed, at: timeOf(at) }] as const
    })
    return [
      {
        id: device.id,
        account: device.account,
        jid: `${device.id}@${needs.domain}`,
        model: device.model,
        serial: device.serial,
        tags: [...device.tags],
        registration: device.registration,
        ...presenceFields(now?.get(device.id) ?? needs.presenceOf(device.id) ?? neverSeen(detail.created_at)),
        waiting: waiting.get(device.id) ?? 0,
        releaseAtDevice: device.releaseAtDevice,
        ...(heardAt !== undefined && { proxy: { lastHeardAt: timeOf(heardAt) } }),
        capabilities,
        objects: Object.fromEntries(told),
      },
    ]
  })
}

function presenceFields({ state, stateSinceAt, reason, suspect, lastSeenAt, address, transport }: PresenceView) {
  return {
    state,
    stateSinceAt: timeOf(stateSinceAt),
    reason: reason ?? null,
    suspect,
    lastSeenAt: lastSeenAt === undefined ? null : timeOf(lastSeenAt),
    address: address ?? null,
    transport: transport ?? null,
  }
}

function neverSeen(createdAtMs: number): PresenceView {
  return {
    state: 'offline',
    stateSinceAt: createdAtMs,
    reason: 'never-seen',
    suspect: false,
    lastSeenAt: undefined,
    address: undefined,
    transport: undefined,
  }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
