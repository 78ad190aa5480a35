/** One node goes while all devices are asked: how long its own are away, and what the devices of the others notice. */
import { setTimeout as pause } from 'node:timers/promises'
import type { ClusterNode } from '../testkit/cluster.ts'
import { type Going, spreadOf } from './going-table.ts'
import { askUntilAnswered, startLightLoad, type Told } from './light-load.ts'
import { readRecordCpu } from './meter.ts'
import { addressOf, type Street } from './street.ts'
import { readUsage } from './usage.ts'

/** Devices are to be at rest before, and after: what was written down must have reached the disk. */
const restMs = 10_000
const readEveryMs = 250
const answersAtOnce = 200
const patienceMs = 120_000

export async function watchGoing(
  { what, node, go }: { what: Going['what']; node: ClusterNode; go: () => Promise<void> },
  perSecond: number,
  street: Street,
  say: (line: string) => void,
): Promise<Going> {
  const isKill = what === 'kill -9'
  const { cluster, devices } = street
  const api = { ...addressOf(cluster.url), key: cluster.adminKey }
  const number = await street.numberOf(node)
  const strangers = street.fleets.map((fleet) => fleet.stay())
  const load = startLightLoad(api, devices, perSecond)
  await pause(restMs)
  const before = await street.read()
  const own = devices.filter(({ id }) => before.get(id)?.node === number)
  const ownIds = new Set(own.map(({ id }) => id))
  const others = cluster.nodes.filter((other) => other !== node).map((other) => other.process().pid)
  const cpu = () => others.map((pid) => readUsage(pid).cpuSeconds)
  const cpuBefore = cpu()
  const postgresBefore = await readRecordCpu(cluster)
  say(`${what}: ${own.length} devices are at the node that goes`)
  const goneMs = performance.now()
  const going = go()
  let endedMs = goneMs
  if (isKill)
    void going.then(() => {
      // Its sockets stand until the system has cleared the process away: who is asked meanwhile is lost as well.
      endedMs = performance.now()
    })
  const watching = watchRecord(street, ownIds, number, goneMs)
  const answering = askUntilAnswered(api, own, answersAtOnce, patienceMs)
  const [online, askedOwn] = await Promise.all([watching, answering])
  const seconds = (performance.now() - goneMs) / 1000
  await going
  const cpuSeconds = cpu().map((now, at) => now - (cpuBefore[at] ?? 0))
  const postgresCpuSeconds = (await readRecordCpu(cluster)) - postgresBefore
  await pause(restMs)
  await load.stop()
  const loggedIn = strangers.flatMap((ofFleet) => [...ofFleet])
  const ofOthers = load.told.filter(({ device }) => !ownIds.has(device))
  const after = ofOthers.filter(({ askedMs }) => askedMs >= endedMs)
  const isInHand = (told: Told) => told.askedMs < endedMs && told.endedMs >= goneMs
  const logIns = loggedIn.filter(({ id }) => ownIds.has(id)).length
  return {
    what,
    devicesOfNode: own.length,
    online: spreadOf([...online.values()]),
    answered: spreadOf(
      askedOwn.filter(({ trouble }) => trouble === undefined).map(({ endedMs }) => (endedMs - goneMs) / 1000),
    ),
    logIns,
    logInsOfOthers: loggedIn.length - logIns,
    continuedPercent: 100 * (1 - logIns / own.length),
    othersAsked: after.length,
    othersFailed: countTroubles(after),
    othersFailedInHand: countTroubles(ofOthers.filter(isInHand)),
    othersMostMs: Math.max(
      0,
      ...after.filter(({ trouble }) => !trouble).map(({ askedMs, endedMs }) => endedMs - askedMs),
    ),
    ownTold: countTroubles([
      ...askedOwn,
      ...load.told.filter(({ device, askedMs }) => ownIds.has(device) && askedMs >= goneMs),
    ]),
    ownInHand: countTroubles(load.told.filter((told) => ownIds.has(told.device) && isInHand(told))),
    cpuSeconds,
    postgresCpuSeconds,
    seconds,
  }
}

/** @returns seconds until the record has each of them ONLINE at another node */
async function watchRecord(
  street: Street,
  ids: ReadonlySet<string>,
  number: number,
  fromMs: number,
): Promise<Map<string, number>> {
  const back = new Map<string, number>()
  while (back.size < ids.size) {
    const places = await street.read()
    const seconds = (performance.now() - fromMs) / 1000
    for (const id of ids) {
      const { isOnline = false, node = 0 } = places.get(id) ?? {}
      if (isOnline && node !== 0 && node !== number && !back.has(id)) back.set(id, seconds)
    }
    if (seconds * 1000 > patienceMs) throw new Error(`${ids.size - back.size} devices are not back after ${seconds} s`)
    await pause(readEveryMs)
  }
  return back
}

function countTroubles(told: readonly Told[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { trouble } of told) if (trouble !== undefined) counts[trouble] = (counts[trouble] ?? 0) + 1
  return counts
}
