/** Watches what the relay makes of a device whose mode is switched OFF, while nothing else befalls either of them (A1). */
import type { SimulatedDevice } from './device.ts'
import type { Facts } from './facts.ts'
import { offIsTold } from './invariants.ts'
import type { Path } from './network.ts'
import type { RelayHost } from './relay-host.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface ModeWatchNeeds {
  time: VirtualTime
  facts: Facts
  host: RelayHost
  devices: readonly SimulatedDevice[]
}

export interface ModeWatch {
  /** Something befalls this device, of whatever kind. */
  befalls(device: SimulatedDevice): void
  /** Its mode was switched OFF at this moment. */
  switchedOff(device: SimulatedDevice): void
}

const toldWithinMs = 1000
/** Until the device has heard what was under way, has said farewell, and is heard. */
const crossings = 5
/** What was lost before is over by then: no request is held, or waited for, any longer. */
const restMs = 90_000

export function createModeWatch({ time, facts, host, devices }: ModeWatchNeeds): ModeWatch {
  const befell = new Map<string, number>()

  /** On such a way a farewell may be late or lost. */
  function isBad(path: Path): boolean {
    const isDead = Math.max(path.upDeadUntilMs, path.downDeadUntilMs) > time.nowMs - restMs
    const loses = path.lossShare + path.lateShare + path.cutShare > 0 || path.idleCutMs < Number.POSITIVE_INFINITY
    return isDead || loses
  }

  function isAlone({ id }: SimulatedDevice): boolean {
    return !facts.gone.has(id) && devices.filter((other) => other.id === id).length === 1
  }

  return {
    befalls({ id }) {
      befell.set(id, time.nowMs)
    },
    switchedOff(device) {
      const { id, path } = device
      const { life } = host
      const atMs = time.nowMs
      if (!life?.sessions.isConnected(id) || !device.isIdle || isBad(path) || !isAlone(device)) return
      if (Math.max(befell.get(id) ?? 0, host.upSinceMs) > atMs - restMs) return
      const withinMs = toldWithinMs + crossings * path.latencyMs
      time.after(withinMs, () => {
        const isApart = (befell.get(id) ?? 0) > atMs || facts.presence.pushedMs(id) > atMs - path.latencyMs * 2
        if (isApart || isBad(path) || host.life !== life || host.isLeaving) return
        const { state = 'unknown', reason } = life.sessions.presenceOf(id) ?? {}
        facts.hold(offIsTold(id, state, reason))
      })
    },
  }
}
