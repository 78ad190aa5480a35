/** The whole relay, put together in order: ground first, doors last. */
import { type Clock, inBackground, type Log, passing, type Random } from '@fairlead/base'
import type { RelayConfig } from './config.ts'
import { createOutage } from './database/outage.ts'
import { type Doors, openDoors } from './doors.ts'
import { every } from './every.ts'
import { openGround } from './ground.ts'
import { openOverload } from './overload/overload.ts'
import { setUpUrl } from './people/session-routes.ts'
import { openRooms, type Rooms } from './rooms.ts'
import { createAlone } from './several/alone.ts'
import { findLeftBehind } from './several/left-behind.ts'
import { createSeveral } from './several/of-nodes.ts'
import type { Several } from './several/several.ts'
import { createKeptSessionStore } from './xmpp/bosh-store.ts'
import { handOver } from './xmpp/hand-over.ts'

export interface Relay extends AsyncDisposable {
  readonly port: number
  readonly publicUrl: string
  /** When this start made the admin key: to be told once. */
  readonly adminKeyMade: string | undefined
  /** As long as there is no user: where the first one is made. To be told once. */
  readonly setUpUrl: string | undefined
  /** No new work; what is in flight, or cannot be stored, gets up to `graceMs`; then everybody is told that the relay stops. */
  drain(graceMs: number): Promise<void>
}

export interface RelayNeeds {
  config: RelayConfig
  clock: Clock
  random: Random
  log: Log
}

/** @throws {Failure} `unavailable`: the port or the data folder is taken, or record or bus cannot be used */
export async function openRelay({ config, clock, random, ...needs }: RelayNeeds): Promise<Relay> {
  await using building = new AsyncDisposableStack()
  const outage = building.use(createOutage(needs.log, clock))
  const { log } = outage
  const common = { config, clock, random, log }
  const stopping = new AbortController()

  const overload = building.use(openOverload({ ...common, limits: config.overload }))
  const ground = building.use(await openGround({ ...config, ...common, outage }))
  const built = Promise.withResolvers<void>()
  const { nodes, calls } = await ground.join({
    async bury(node) {
      await built.promise
      await bury(node)
    },
    deposed,
  })
  const keptSessions = createKeptSessionStore(
    ground.database,
    () => nodes.number,
    (tx, account, device) => rooms.journal.append(tx, { type: 'record.moved', account, device }),
  )
  const knowsSessionHere = (device: string, id: string) => doors.knowsSession(device, id)
  const severalNeeds = {
    ...common,
    ...{ ground, nodes, calls, keptSessions, knowsSessionHere, overload },
    built: built.promise,
    rooms: () => rooms,
  }
  const several: Several = ground.isShared ? createSeveral(severalNeeds) : createAlone(severalNeeds)

  const rooms: Rooms = await openRooms({ ...common, ground, several, overload, otherNodes: nodes.look }, building)
  const kept = await several.recover()
  const { requests, sessions, streams } = rooms
  // Before anybody is let in: what stood at this node is told as it is now.
  for (const number of nodes.predecessors) await bury(number)
  await requests.forgetOld()
  building.use(every(clock, forgetEveryMs, () => inBackground(log, 'requests.not-forgotten', requests.forgetOld)))

  if (ground.isShared) {
    building.use(every(clock, forgetFreeEveryMs, () => inBackground(log, 'bosh.not-forgotten', forgetFree)))
    building.use(every(clock, lookBehindEveryMs, () => inBackground(log, 'nodes.left-behind', buryLeftBehind)))
  }

  const doorsNeeds = { ...common, ground, several, rooms, overload, kept, stopping: stopping.signal }
  const doors: Doors = await openDoors(doorsNeeds, building)
  const { door, bosh, webSocket } = doors
  built.resolve()
  // First of all at the end: nothing that is held on purpose may hold up the door.
  building.defer(() => stopEverything())

  /** What a node held that is no more: its sessions are free, and what it had in hand is not known. */
  async function bury(node: number): Promise<void> {
    await keptSessions.free(node)
    await rooms.devices.bury(node)
    await requests.takeOver(node)
  }

  async function buryLeftBehind(): Promise<void> {
    for (const node of await findLeftBehind(ground.database, nodes.number)) await bury(node)
  }

  /** Sessions that nobody came for, after their node had left or died. */
  async function forgetFree(): Promise<void> {
    await rooms.devices.lost(await keptSessions.forgetFree(config.inactivitySeconds * 1000 + patienceMs))
  }

  /** Others have taken over what this node held. */
  function deposed(): void {
    sessions.abandon()
    bosh.abandon()
    webSocket.abandon()
  }

  function stopEverything(): void {
    stopping.abort()
    streams[Symbol.dispose]()
    sessions.drain()
    bosh.drain()
    webSocket.drain()
  }

  const { setUp } = rooms.people
  const setUpToken = setUp.isOpen() ? await setUp.newToken() : undefined
  const running = building.move()
  return {
    port: door.port,
    publicUrl: doors.publicUrl,
    adminKeyMade: rooms.accounts.adminKeyMade,
    setUpUrl: setUpToken === undefined ? undefined : setUpUrl(doors.publicUrl, setUpToken),
    async drain(graceMs) {
      rooms.supplies.rest()
      rooms.jobs.rest()
      const untilMs = clock.now() + graceMs
      const { handOverTo } = several
      if (handOverTo) {
        nodes.leave()
        door.leave()
        const rampMs = Math.min(longestRampMs, graceMs / 2)
        const departing = [...bosh.depart(), ...webSocket.depart(rampMs)]
        await handOver(departing, { rampMs, patienceMs: graceMs / 2 }, { clock, log, ...handOverTo })
        await door.untilUnused(untilMs)
      } else door.drain()
      while (several.inFlight() + requests.unsaved() > 0 && clock.now() < untilMs) await passing(clock, 20)
      stopEverything()
      if (ground.isShared) await bury(nodes.number)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** A device whose node is gone may take longer than it usually does. */
const patienceMs = 30_000
const forgetFreeEveryMs = 10_000
const lookBehindEveryMs = 15_000

/** Devices are sent to the other nodes within this time, one after the other. */
const longestRampMs = 3_000

/** What is kept for 24 hours need not go to the minute. */
const forgetEveryMs = 600_000
