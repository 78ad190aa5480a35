/** One device of the agent: its driver, its uplink, its requests, and what others may ask of it. */
import { join } from 'node:path'
import { type Clock, inBackground, type Log, type Random } from '@fairlead/base'
import { type Json, jobsCommand, printsConfirmation } from '@fairlead/protocol/contract'
import { createConfirmation } from './confirmation.ts'
import { createDescribing, inTime } from './describing.ts'
import { createDeviceStanding, type DeviceEvent } from './device-standing.ts'
import type { DeviceView } from './device-view.ts'
import type { Driver } from './drivers/driver.ts'
import { createDocuments } from './jobs/fetching.ts'
import { createJobs } from './jobs/jobs.ts'
import type { DeviceRecord } from './memory/device-record.ts'
import type { Memory } from './memory/memory.ts'
import type { Listening } from './pairing/local-url.ts'
import { createPairing, type PairingView, pinIn } from './pairing/pairing.ts'
import { createConfirmationPage } from './paper/confirmation-page.ts'
import { createPinPage } from './paper/pin-page.ts'
import { createRest } from './power/rest.ts'
import { createPrograms, type Programs } from './programs/programs.ts'
import { createDevicePull } from './pull/device-pull.ts'
import type { Pull } from './pull/pull.ts'
import { createCourier } from './requests/courier.ts'
import { createRequests } from './requests/requests.ts'
import { createReset } from './reset.ts'
import { createTelling } from './telling/telling.ts'
import type { HttpClient } from './uplink/http-client.ts'
import { createRelayDoor } from './uplink/relay-door.ts'
import { createUplink } from './uplink/uplink.ts'
import type { Standing } from './uplink/uplink-state.ts'
import { createWalkUps, type WalkUps } from './walk-up/walk-up.ts'

export interface DeviceNeeds {
  /** The agent's data folder. */
  folder: string
  record: DeviceRecord
  memory: Memory
  driver: Driver
  http: HttpClient
  /** What other programs need to find theirs. */
  environment: Readonly<Record<string, string | undefined>>
  clock: Clock
  random: Random
  log: Log
  tell(event: DeviceEvent): void
}

export interface Device {
  readonly id: string
  /** What services offer on its panel (L1). */
  readonly programs: Programs
  /** What it asks of services by itself (A14), whatever its mode. */
  readonly pull: Pull
  view(): DeviceView
  /** What the device says of itself now, by name. Never throws: undefined when it does not answer. */
  objects(): Promise<Record<string, Json> | undefined>
  start(): void
  /** Kept on disk first, then done (A1). @throws when it cannot be kept */
  switchMode(on: boolean): void
  /** Its page is there: to be paired it needs one. */
  listensAt(listening: Listening): void
  /** Somebody has pressed here, because the relay asked for it (C3). */
  press(): void
  /** @throws {Failure} in one sentence: why its PIN is not printed */
  printPin(): Promise<void>
  /** A terminal has brought the code of a pairing (C5). */
  hand(code: string): void
  /** Forgets its secret, which the relay refuses, and shows a PIN. @throws when that cannot be kept */
  pairAgain(): void
  /** Asks its owner to let it go (S-R4). @throws {Failure} in one sentence: the relay has not heard of it */
  reset(): Promise<void>
  /** Kept on disk first, then told (B5). @throws {Failure} `not-found`: there is nothing to confirm */
  confirm(): void
  /** @throws {Failure} in one sentence: why there is none */
  printPage(): Promise<void>
  /** One that is in hand; of another nothing happens. */
  cancelJob(id: string): void
  /** Its printer may be there again. */
  hurryJobs(): void
  /** People at it; undefined: it is not made for that. */
  readonly walkUps: WalkUps | undefined
  /** Something is in hand, or somebody is expected to do something here: it is not the time to sleep. */
  isBusy(): boolean
  /** Says so to the relay, ends the session, and calls nobody from then on (H1). @param signal it is to be awake again */
  rest(signal: AbortSignal): Promise<void>
  /** Its session comes back, by itself. */
  wake(): void
  /** The page that lies in a tray that is not really there, while its word is good. */
  pageInTray(): Promise<string | undefined>
  stop(): Promise<void>
}

/** What hangs does not keep the agent from ending. */
const stopMs = 10_000

export function createDevice(needs: DeviceNeeds): Device {
  const { clock, random, driver, log, memory, record } = needs
  const { id } = record
  const common = { clock, random, log }
  let { relay, sessionMaintenance, claim, confirmationPages, resetDueAt } = record
  let hasSecret = record.secret !== null
  let listening: Listening | undefined
  let running = 0

  const door = createRelayDoor(needs.http, record)
  const standing = createDeviceStanding({
    id,
    first: sessionMaintenance ? { state: 'connecting', reason: 'starting' } : { state: 'off' },
    address: () => door.address,
    ...{ clock, log, tell: needs.tell },
  })
  const courier = createCourier({ call: door.call, ...common })
  const describing = createDescribing({
    device: id,
    driver,
    relay: () => door.address,
    ownFeatures: () => (page.isPossible ? [printsConfirmation] : []),
    clock,
    log,
  })
  const confirmation = createConfirmation({
    claim: () => claim,
    keep(changed) {
      const pages = changed?.confirmedAt ? { ...confirmationPages, page: null } : confirmationPages
      memory.change(id, { claim: changed, confirmationPages: pages })
      claim = changed
      confirmationPages = pages
    },
    call: door.call,
    ...common,
  })
  const page = createConfirmationPage({
    paper: driver.paper,
    claim: () => claim,
    kept: () => confirmationPages,
    keep(changed) {
      memory.change(id, { confirmationPages: changed })
      confirmationPages = changed
    },
    confirm: confirmation.confirm,
    facts: describing.pageFacts,
    clock,
    random,
  })
  const telling = createTelling({
    device: id,
    everySeconds: record.lookEverySeconds,
    driver,
    store: memory.tellingOf(id),
    isOwned: () => hasSecret,
    mayCall: () => hasSecret && sessionMaintenance,
    call: door.call,
    ...common,
  })
  const pairing = createPairing({
    id,
    door,
    listening: () => listening,
    ...common,
  })
  const pinPage = createPinPage({
    paper: driver.paper,
    pin: () => pinIn(pairingView()),
    facts: describing.pageFacts,
    clock,
  })
  const reset = createReset({
    kept: () => resetDueAt,
    keep(dueAt) {
      memory.change(id, { resetDueAt: dueAt })
      resetDueAt = dueAt
    },
    call: door.call,
    clock,
  })
  const requests = createRequests({
    driver: { ...driver, command },
    isAtOnce: (name) => name === jobsCommand,
    journal: memory.journalOf(id),
    courier,
    clock,
    log,
    onWork(count) {
      running = count
      uplink.work(count)
    },
  })
  const jobs = createJobs({
    store: memory.jobsOf(id),
    printing: driver.printing,
    documents: createDocuments(join(needs.folder, 'jobs', id), door),
    door,
    mayCall: () => hasSecret && sessionMaintenance,
    ...common,
  })
  const pull = createDevicePull({ ...needs, jobs })
  const programs = createPrograms({
    ...{ store: memory.programsOf(id), driver, door, ...common },
    uploads: pull,
    secret: record.secret,
    // Who has no page shows nobody what is offered.
    mayCall: () => hasSecret && sessionMaintenance && listening !== undefined,
  })
  const rest = createRest({
    door,
    tellsRelay: () => hasSecret && sessionMaintenance,
    isOff: () => standing.now().state === 'off',
    keepUp: (on) => uplink.switchMode(on && sessionMaintenance),
    pause: telling.stop,
    goOn: telling.start,
    asleep: standing.sayAsleep,
    hangUp: needs.http.rest,
    ...{ device: id, ...common },
  })
  const walkUps = record.walkUp
    ? createWalkUps({ door, ...record.walkUp, isOnline: () => standing.now().state === 'online', ...common })
    : undefined
  const uplink = createUplink({
    id,
    secret: record.secret,
    code: record.code,
    on: sessionMaintenance,
    settings: {
      survivalMode: record.survivalMode,
      survivalTimeoutSeconds: record.survivalTimeoutSeconds,
      survivalAnswerTimeoutSeconds: record.survivalAnswerTimeoutSeconds,
      learnedWaitSeconds: record.learnedWaitSeconds,
    },
    door,
    ...common,
    describe: describing.registerInformation,
    onPush: requests.receive,
    onCredential(credential) {
      const claimed = credential?.claim
      const next = claimed === undefined ? undefined : { id: claimed, confirmedAt: null, isTold: false }
      telling.forget()
      // Reset here and let go by its owner: what others have kept on it is not for whoever comes next.
      if (credential === undefined && resetDueAt !== null) pull.forget()
      programs.forget(credential?.secret ?? null)
      memory.change(id, { secret: credential?.secret ?? null, claim: next ?? null, resetDueAt: null })
      claim = next ?? null
      resetDueAt = null
      hasSecret = credential !== undefined
    },
    onStanding: stand,
    onLearned: (learnedWaitSeconds) =>
      inBackground(log, 'device.not-recorded', async () => memory.change(id, { learnedWaitSeconds })),
  })

  /** What is no matter of the device's own language comes first. */
  async function command(name: string, args: Readonly<Record<string, Json>>): Promise<Json> {
    if (name === jobsCommand) return jobs.notified(args)
    return await (page.command(name, args) ?? driver.command(name, args))
  }

  function stand(next: Standing): void {
    standing.become(next)
    if (isUnpaired(standing.now())) pairing.start()
    else pairing.stop()
    // Reset here, and let go by its owner: nobody need press once more.
    if (mayPairAgain() && resetDueAt !== null) inBackground(log, 'device.not-forgotten', async () => uplink.forget())
    if (rest.isResting() && next.state !== 'stopped') {
      rest.stood()
      return
    }
    if (next.state === 'online') keepAddress()
    if (standing.say(next) !== 'online') return
    for (const each of [courier, confirmation, telling, jobs, programs]) each.hurry()
    walkUps?.online()
  }

  function mayPairAgain(): boolean {
    const now = standing.now()
    return record.pairs && 'reason' in now && now.reason === 'unauthorized'
  }

  /** Once it has been online there: nobody on a way in clear sends a device away for longer than until its next start. */
  function keepAddress(): void {
    if (relay === door.address) return
    relay = door.address
    inBackground(log, 'device.not-recorded', async () => memory.change(id, { relay }))
  }

  function pairingView(): PairingView | undefined {
    return isUnpaired(standing.now()) ? pairing.view() : undefined
  }

  return {
    ...{ id, pull, programs },
    view: () => ({
      ...{ id, relay: door.address, sessionMaintenance },
      ...{ standing: standing.now(), standingSinceMs: standing.sinceMs() },
      waitsForConfirmation: confirmation.isWanted(),
      mayPrintPage: confirmation.isWanted() && page.isPossible,
      mayPrintPin: pinPage.isPossible(),
      pairing: pairingView(),
      mayPairAgain: mayPairAgain(),
      mayReset: hasSecret,
      resetDueAt: reset.dueAt(),
      hasWalkUps: walkUps !== undefined && hasSecret,
      refusedKey: driver.refusedKey?.(),
      jobs: jobs.view(),
    }),
    objects: describing.objects,
    start() {
      requests.resume()
      uplink.start()
      telling.start()
      jobs.hurry()
      pull.start()
      programs.start()
    },
    switchMode(on) {
      memory.change(id, { sessionMaintenance: on })
      sessionMaintenance = on
      // Asleep it is on record, and holds when it wakes.
      uplink.switchMode(on && !rest.isResting())
      telling.hurry()
    },
    listensAt(at) {
      listening = at
    },
    press: pairing.press,
    cancelJob: jobs.cancel,
    hurryJobs: jobs.hurry,
    printPin: pinPage.print,
    hand: uplink.hand,
    pairAgain: uplink.forget,
    reset: reset.ask,
    confirm: confirmation.confirm,
    printPage: async () => void (await page.print()),
    pageInTray: async () => (page.isOut() && confirmation.isWanted() ? await driver.paper?.inTray?.() : undefined),
    walkUps,
    isBusy() {
      const isSomebodyHere = walkUps?.isActive() || confirmation.isWanted()
      const isPulling = pull.view().pulls.some(({ isOver }) => !isOver) || programs.view().run !== undefined
      return running > 0 || isPulling || isSomebodyHere || !hasSecret || jobs.isBusy(standing.now().state === 'online')
    },
    rest: rest.rest,
    wake: rest.wake,
    async stop() {
      rest.stop()
      walkUps?.stop()
      telling.stop()
      programs.stop()
      pairing.stop()
      await Promise.all([inTime(clock, stopMs, pull.stop), inTime(clock, stopMs, jobs.stop)])
      await uplink.stop()
      confirmation[Symbol.dispose]()
      await inTime(clock, stopMs, async () => driver[Symbol.asyncDispose]())
      courier.stop()
    },
  }
}

function isUnpaired(standing: Standing): boolean {
  return standing.state === 'connecting' && (standing.reason === 'unpaired' || standing.reason === 'link-refused')
}
