/** Which announced services are one device: a printer announces several, and several printers may share a host. */
import type { Service } from './announcements.ts'
import { createSets } from './sets.ts'

export interface GroupingNeeds {
  /** Whether the address is a neighbour's; others, like loopback, say nothing about who is there. */
  isLocal(address: string): boolean
  /** What the device at that address has told as its serial number. */
  serialAt(address: string): string | undefined
}

/**
 * By UUID; where none is told, by the host: one with a single printer is that printer, on one with several the name of
 * the service says which it is. Hosts are one machine when they share an address or a serial number.
 */
export function groupServices(services: readonly Service[], needs: GroupingNeeds): Service[][] {
  const serialOf = (service: Service) => service.addresses.map(needs.serialAt).find((serial) => isTelling(serial))
  const machines = createSets(services)
  machines.joinAlike(services, (service) => {
    const serial = serialOf(service)
    return [
      `host ${service.host}`,
      ...service.addresses.filter(needs.isLocal).map((address) => `address ${address}`),
      ...(serial === undefined ? [] : [`serial ${serial}`]),
    ]
  })

  const devices = createSets(services)
  devices.joinAlike(services, uuidKeys(services, serialOf))
  for (const machine of machines.all()) {
    devices.joinAlike(machine, (service) => [nameOf(service)])
    const withUuid = machine.filter(uuidOf)
    const isOnePrinter = new Set(withUuid.map(uuidOf)).size <= 1
    const named = new Set(withUuid.map(nameOf))
    // Beside several printers, what has neither UUID nor name of one is something else that is there.
    joinAll(
      devices.join,
      isOnePrinter ? machine : machine.filter((service) => !uuidOf(service) && !named.has(nameOf(service))),
    )
  }
  return devices.all()
}

/** Makers have given one UUID to a whole series: where serial numbers tell them apart, it is no UUID. */
function uuidKeys(services: readonly Service[], serialOf: (service: Service) => string | undefined) {
  const serials = new Map<string, Set<string>>()
  for (const service of services) {
    const [uuid, serial] = [uuidOf(service), serialOf(service)]
    if (uuid !== undefined && serial !== undefined) serials.set(uuid, (serials.get(uuid) ?? new Set()).add(serial))
  }
  return (service: Service): string[] => {
    const uuid = uuidOf(service)
    if (uuid === undefined) return []
    const isShared = (serials.get(uuid)?.size ?? 0) > 1
    return [isShared ? `${uuid} ${serialOf(service) ?? service.host}` : uuid]
  }
}

const nameOf = ({ instance }: Service) => instance.toLowerCase()

function joinAll(join: (one: Service, other: Service) => void, services: readonly Service[]): void {
  const [first, ...others] = services
  if (first) for (const other of others) join(first, other)
}

/** In lower case; one that is nothing but zeros is none. */
export function uuidOf({ texts }: Service): string | undefined {
  const uuid = texts.get('uuid')?.toLowerCase()
  if (uuid === undefined || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) return undefined
  return /[1-9a-f]/.test(uuid) ? uuid : undefined
}

/** `0000000000`, `N/A` and their like are what several devices have that were never given a number. */
function isTelling(serial: string | undefined): serial is string {
  return serial !== undefined && serial.length >= 5 && new Set(serial.toLowerCase()).size >= 3
}
