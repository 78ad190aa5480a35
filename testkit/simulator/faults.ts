/** What befalls relay, network and devices during the hostile part of an hour, each as often as the seed has it. */
import type { Chance } from './chance.ts'
import { letterOf, type SimulatedDevice } from './device.ts'
import type { Facts } from './facts.ts'
import type { History } from './history.ts'
import { createModeWatch } from './mode-watch.ts'
import type { Network, Path } from './network.ts'
import type { RelayHost } from './relay-host.ts'
import type { Settings } from './settings.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface FaultsNeeds {
  time: VirtualTime
  chance: Chance
  history: History
  facts: Facts
  network: Network
  host: RelayHost
  devices: readonly SimulatedDevice[]
  /** Of services. */
  paths: readonly Path[]
  settings: Settings
}

const calm: Partial<Path> = {
  lateShare: 0,
  upDeadUntilMs: 0,
  downDeadUntilMs: 0,
  lossShare: 0,
  duplicateShare: 0,
  idleCutMs: Number.POSITIVE_INFINITY,
  cutShare: 0,
}

/** For longer than a survival timer, after which some open another session. */
const [mostLooks, lookEveryMs] = [400, 200]

export function beginFaults(needs: FaultsNeeds): { stop(): void } {
  const { time, chance, history, facts, network, host, devices } = needs
  const { hostility } = needs.settings
  const modes = createModeWatch(needs)
  let isOver = false

  function every(everyMs: number, befall: () => void): void {
    if (everyMs === Number.POSITIVE_INFINITY) return
    time.after(chance.spell(everyMs), () => {
      if (isOver) return
      befall()
      every(everyMs, befall)
    })
  }

  function later(delayMs: number, run: () => void): void {
    time.after(delayMs, () => {
      if (!isOver) run()
    })
  }

  every(hostility.crashEveryMs, () => host.crashSoon())
  every(hostility.drainEveryMs, () => host.restart())
  every(hostility.diskFullEveryMs, () => {
    history.tell('disk', 'is full')
    host.isDiskFull = true
    facts.diskIsFull()
    later(chance.between(500, 90_000), makeRoom)
  })

  function makeRoom(): void {
    if (!host.isDiskFull) return
    history.tell('disk', 'has room again')
    host.isDiskFull = false
    facts.diskHasRoom()
  }

  for (const device of devices) {
    const { path } = device
    const befall = (everyMs: number, run: () => void) =>
      every(everyMs, () => {
        modes.befalls(device)
        run()
      })
    befall(hostility.blackoutEveryMs, () => {
      const untilMs = time.nowMs + chance.fraction() * hostility.longestBlackoutMs
      const way = chance.integer(3)
      history.tell(path.name, ['is cut off both ways', 'cannot be heard', 'hears nothing'][way] ?? '')
      if (way !== 2) path.upDeadUntilMs = untilMs
      if (way !== 1) path.downDeadUntilMs = untilMs
    })
    befall(hostility.addressChangeEveryMs, () => {
      path.address = `198.51.100.${1 + chance.integer(250)}`
      history.tell(path.name, 'has another address', path.address)
      network.strand(path)
    })
    befall(hostility.powerCutEveryMs, () => {
      const isCrash = chance.happens(0.5)
      history.tell(path.name, isCrash ? 'crashes' : 'loses power')
      device.powerOff(isCrash)
      if (!isCrash) network.strand(path)
      later(chance.between(500, 60_000), () => {
        history.tell(path.name, 'is powered on')
        modes.befalls(device)
        device.powerOn()
      })
    })
    every(hostility.modeEveryMs, () => {
      // At any moment, or just when it opens another session, or has work.
      switchOff(device, chance.happens(0.5) ? mostLooks : 0)
    })
    befall(hostility.rotateEveryMs, () => {
      history.tell(device.id, 'has its secret rotated')
      host.life?.rotate(device.id)
      // Somebody has to walk to the device.
      later(chance.between(2_000, 120_000), () => tellSecret(device))
    })
    if (chance.happens(hostility.removeShare))
      later(chance.fraction() * 3_000_000, () => {
        history.tell(device.id, 'is removed')
        host.life?.remove(device.id)
      })
  }

  if (hostility.liarShare > 0) every(20_000 / hostility.liarShare, () => lie(chance.pick(devices)))

  /** It answers what another device was asked, with its own good secret. */
  function lie(liar: SimulatedDevice): void {
    const others = [...facts.requests.values()].slice(-12).filter(({ device }) => device !== liar.id)
    if (others.length === 0) return
    const { id, tag } = chance.pick(others)
    const response = { values: { [tag]: 'a lie' }, errors: {} }
    const version = facts.versions.get(liar.id) ?? 1
    network.post(liar.path, letterOf('response', liar.id, version, { requestId: id, response }), () => {})
  }

  /** Looks so many times whether the moment is a bad one. */
  function switchOff(device: SimulatedDevice, looks: number): void {
    if (device.isUp && device.isIdle && looks > 0) later(lookEveryMs, () => switchOff(device, looks - 1))
    else {
      switchMode(device, false)
      later(chance.between(500, 90_000), () => switchMode(device, true))
    }
  }

  function switchMode(device: SimulatedDevice, on: boolean): void {
    history.tell(device.path.name, on ? 'mode ON' : 'mode OFF')
    facts.presence.switched(device.path.name, on)
    if (on) modes.befalls(device)
    else modes.switchedOff(device)
    device.switchMode(on)
  }

  function tellSecret(device: SimulatedDevice): void {
    const version = facts.versions.get(device.id)
    if (version === undefined) return
    modes.befalls(device)
    for (const holder of devices) if (holder.id === device.id) holder.setSecret(version)
  }

  return {
    stop() {
      isOver = true
      makeRoom()
      host.spare()
      for (const path of [...needs.paths, ...devices.map((device) => device.path)]) Object.assign(path, calm)
      for (const device of devices) {
        const isClone = device.path.name !== device.id
        if (isClone) device.powerOff(true)
        else {
          device.powerOn()
          switchMode(device, true)
        }
        tellSecret(device)
        // One that was rotated in the last moment is on its way to disk.
        time.after(2_000, () => tellSecret(device))
      }
    },
  }
}
