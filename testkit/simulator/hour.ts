/** One seed: a hostile hour of virtual time, and five minutes of calm in which everything must come right. */
import { createAgentDevice } from './agent-device.ts'
import { createChance } from './chance.ts'
import type { DeviceNeeds, SimulatedDevice } from './device.ts'
import { Facts } from './facts.ts'
import { beginFaults } from './faults.ts'
import { createHistory, type Happening } from './history.ts'
import { goesOn, isBack, memoryBounded } from './invariants.ts'
import { createNetwork, type Path } from './network.ts'
import { createRelayHost } from './relay-host.ts'
import type { Broken } from './request-facts.ts'
import { createService } from './service.ts'
import { accounts, allKinds, drawSettings, type Kind, type Settings } from './settings.ts'
import { createStockDevice } from './stock-device.ts'
import { createVirtualTime } from './virtual-time.ts'

export interface Hour {
  seed: number
  hash: string
  broken: readonly Broken[]
  happenings: readonly Happening[]
  settings: Settings
  events: number
  requests: number
  /** How requests ended, for who wants to know whether anything happened at all. */
  outcomes: Record<string, number>
}

export interface HourOptions {
  isRecorded?: boolean
  kinds?: readonly Kind[]
}

/** The longest chain of promises that one event sets off in the code under test, with room to spare. */
const turns = 16
const sweepEveryMs = 20_000
const reopenMs = 5_000

function createDevice(kind: Kind, needs: DeviceNeeds): SimulatedDevice {
  return kind === 'agent' ? createAgentDevice(needs) : createStockDevice(needs, kind)
}

export async function playHour(
  seed: number,
  { isRecorded = false, kinds = allKinds }: HourOptions = {},
): Promise<Hour> {
  const chance = createChance(seed)
  const time = createVirtualTime(chance)
  const history = createHistory(() => time.nowMs, isRecorded)
  const settings = drawSettings(chance, kinds)
  const { hostility } = settings
  const facts = new Facts(() => time.nowMs, settings.relay)
  facts.slackMs = 1000 + 6 * hostility.longestSyncMs
  const network = createNetwork({ time, chance, history, watcher: facts })
  const host = createRelayHost({
    ...{ time, chance, history, facts, network },
    settings: settings.relay,
    longestSyncMs: hostility.longestSyncMs,
    crashAtReturnShare: hostility.crashAtReturnShare,
    devices: settings.devices,
  })
  network.door = host

  const calmAtMs = time.nowMs + settings.hostileMs

  const newPath = (name: string): Path => ({
    name,
    address: `192.0.2.${1 + chance.integer(250)}`,
    latencyMs: chance.pick([2, 20, 100, 300]),
    lateShare: hostility.lateShare,
    lateMs: hostility.lateMs,
    upDeadUntilMs: 0,
    downDeadUntilMs: 0,
    lossShare: hostility.lossShare,
    duplicateShare: hostility.duplicateShare,
    idleCutMs: hostility.idleCutMs,
    cutShare: hostility.cutShare,
    isBuffering: chance.happens(hostility.bufferingShare),
  })
  const devices = settings.devices.flatMap(({ id, kind, hasClone }) =>
    (hasClone ? [id, `${id} (clone)`] : [id]).map((name) => {
      const path = newPath(name)
      const slowShare = () => (time.nowMs < calmAtMs ? hostility.slowDeviceShare : 0)
      return createDevice(kind, { id, time, chance, history, facts, network, path, slowShare })
    }),
  )
  let tags = 0
  // Services sit in data centres; what befalls them is that they hang up.
  const inDataCentre = {
    latencyMs: 2,
    lateShare: 0,
    duplicateShare: 0,
    idleCutMs: Number.POSITIVE_INFINITY,
    cutShare: 0,
  }
  const paths = accounts.map((account) => ({
    ...newPath(`service ${account}`),
    ...inDataCentre,
    lossShare: hostility.lossShare / 4,
  }))
  const services = accounts.map((account, at) =>
    createService({
      ...{ account, time, chance, history, network },
      path: paths[at] as Path,
      devices: settings.devices.filter((device) => device.account === account || chance.happens(0.1)),
      askEveryMs: settings.askEveryMs,
      nextTag: () => `t${++tags}`,
    }),
  )

  host.start()
  for (const device of devices) time.after(chance.between(100, 20_000), () => device.powerOn())
  for (const [at, service] of services.entries())
    if (settings.devices.some(({ account }) => account === accounts[at])) service.start()
  const faults = beginFaults({ time, chance, history, facts, network, host, devices, paths, settings })
  const endMs = calmAtMs + settings.calmMs
  time.at(calmAtMs, () => {
    history.tell('everybody', 'has peace from now on')
    faults.stop()
    for (const service of services) service.stop()
  })
  const isClone = (device: SimulatedDevice) => device.path.name !== device.id
  // A second holder of a secret is a fault as well, whenever its power comes back.
  const endClones = () => {
    for (const device of devices) if (isClone(device)) device.powerOff(false)
  }
  for (const afterMs of [0, 60_000]) time.at(calmAtMs + afterMs, endClones)
  const isAgent = ({ id }: SimulatedDevice) => settings.devices.find((device) => device.id === id)?.kind === 'agent'
  const toCheck = () => devices.filter((device) => device.wantsOnline && !isClone(device) && !facts.gone.has(device.id))
  const check = (device: SimulatedDevice, isLast = false) => {
    const sessions = host.life?.sessions
    const away = isBack(device.id, sessions?.isOnline(device.id) === true, sessions?.isConnected(device.id) === true)
    // One that opens a new session now and then may be doing so at this moment.
    if (away && !isLast) time.after(reopenMs, () => check(device, true))
    else facts.hold(away)
  }
  time.at(calmAtMs + Math.max(95, settings.relay.waitSeconds + 60) * 1000, () => {
    // A minute, and what it may have waited for something that was lost before. Stock clients may first have to give up on what was lost before, which takes them longer.
    for (const device of toCheck().filter(isAgent)) {
      const afterMs = device.nextTryMs + 30_000 - time.nowMs
      if (afterMs <= 30_000) check(device)
    }
  })
  const mustAnswer = (id: string, isLast = false) => {
    const account = settings.devices.find((device) => device.id === id)?.account
    services
      .find((_, at) => accounts[at] === account)
      ?.askNow(id, (outcome) => {
        if (outcome === 'answered') return
        // It may have left for a session that its device gave up at that moment for a new one (A5): then it is told as unknown.
        if (outcome === 'unknown' && !isLast) return mustAnswer(id, true)
        facts.hold({ invariant: 'I11', words: `${id} is back, but a GET ended as "${outcome}"` })
      })
  }
  time.at(endMs - 50_000, () => {
    for (const device of toCheck()) {
      // Whose secret is not good, or is used by another one as well, tries again in minutes.
      if (isAgent(device) && device.nextTryMs > time.nowMs) continue
      check(device)
      mustAnswer(device.id)
    }
    for (const service of services) service.lookUpAll()
  })
  const sweepAll = () =>
    facts.sweep(
      network.open,
      settings.relay.waitSeconds * 1000,
      (device) => host.life?.sessions.isOnline(device) === true,
    )
  const sweep = () => {
    sweepAll()
    time.after(sweepEveryMs, sweep)
  }
  sweep()

  let events = 0
  let stillSince = { atMs: time.nowMs, events }
  while (facts.broken.length === 0 && time.step(endMs)) {
    events++
    if (time.nowMs > stillSince.atMs) stillSince = { atMs: time.nowMs, events }
    facts.hold(goesOn(events - stillSince.events))
    if (!time.isQuiet)
      for (let turn = 0; turn < turns; turn++) {
        await undefined
        host.turn()
      }
  }
  if (facts.broken.length === 0) judgeMemory()

  function judgeMemory() {
    sweepAll()
    const { life } = host
    if (!life) return facts.hold({ invariant: 'I11', words: 'the relay is not up' })
    let open = 0
    for (const served of network.open) if (served.letter.to === 'bosh') open++
    facts.hold(memoryBounded({ name: 'open BOSH requests', is: life.bosh.open, atMost: open }))
    facts.hold(memoryBounded({ name: 'BOSH sessions', is: life.bosh.sessions, atMost: 3 * devices.length }))
    facts.hold(memoryBounded({ name: 'requests in flight', is: life.requests.inFlight(), atMost: 0 }))
    facts.hold(memoryBounded({ name: 'timers', is: time.pending, atMost: 1000 }))
  }

  const outcomes: Record<string, number> = {}
  for (const { outcome, refusal } of facts.requests.values()) {
    const word = refusal ?? outcome ?? 'lost with the relay'
    outcomes[word] = (outcomes[word] ?? 0) + 1
  }
  return {
    ...{ seed, hash: history.hash, broken: facts.broken, happenings: history.happenings, settings, events, outcomes },
    requests: facts.requests.size,
  }
}
