/** Devices that are here, as others find them: a session is an interest on the bus, and without one a device is OFFLINE. */
import type { Bus, Subscription } from '../bus/bus.ts'
import { deviceSubject } from '../bus/subjects.ts'

export interface Interests {
  hold(device: string, isHeld: boolean): void
}

/** @param node the number of this node, as it is now */
export function createInterests(bus: Bus, node: () => number): Interests {
  const held = new Map<string, Subscription>()
  const answer = () => ({ head: { node: node() } })
  return {
    hold(device, isHeld) {
      held.get(device)?.end()
      held.delete(device)
      if (isHeld) held.set(device, bus.serve(deviceSubject(device), answer))
    },
  }
}
