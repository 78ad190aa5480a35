/** Whether an IPP proxy does the work of a device right now. */
import type { Device } from '@fairlead/protocol/contract'

/** It asks at least every 30 seconds (`notify-wait`); a few of these may be lost. */
const heardWithinMs = 180_000

export function isServed(proxy: Device['proxy'], now: number): boolean {
  return proxy !== undefined && now - Date.parse(proxy.lastHeardAt) < heardWithinMs
}
