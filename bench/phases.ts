/** The phases of the bench, each on a server that was started for it. */
import { setTimeout as pause } from 'node:timers/promises'
import type { GrowthStep } from './figures.ts'
import { askEach, closedLoop, type LoopFigures, openLoop } from './generator/loops.ts'
import type { Plan } from './plan.ts'
import type { Stage } from './stage.ts'
import { secondsPerTick } from './usage.ts'

/** The first of them only make code fast and pools full. */
const warmPart = 0.1

export interface SetUp {
  perSecond: number
  perCpuSecond: number
  kbPerSession: number
  retries: number
}

/** All devices log in, so many at a time; memory is read when all is quiet. */
export async function setUp({ fleet, usage, atFirst }: Stage, plan: Plan): Promise<SetUp> {
  await fleet.grow(Math.ceil(plan.devices * warmPart), plan.atOnce, plan.patienceMs)
  const before = usage()
  const { bound, seconds, retries } = await fleet.grow(plan.devices, plan.atOnce, plan.patienceMs)
  const cpuSeconds = usage().cpuSeconds - before.cpuSeconds
  await pause(plan.settleMs)
  return {
    perSecond: bound / seconds,
    // A few log-ins take less than what the system counts in.
    perCpuSecond: bound / Math.max(cpuSeconds, secondsPerTick),
    kbPerSession: (usage().residentKb - atFirst.residentKb) / fleet.size,
    retries,
  }
}

/** Nothing happens but polls; all that the server does meanwhile is put to their account. @returns ms of each */
export async function idle({ fleet, usage }: Stage, plan: Plan): Promise<number> {
  const [before, polls] = [usage(), fleet.polls]
  await pause(plan.waitSeconds * 1000)
  return (1000 * (usage().cpuSeconds - before.cpuSeconds)) / Math.max(1, fleet.polls - polls)
}

export interface ClosedFigures extends LoopFigures {
  serverCpuUs: number
  serverBusy: number
  generatorBusy: number
}

export interface Loops {
  closed: ClosedFigures[]
  open: LoopFigures[]
  /** KB a session when all is quiet again. */
  busyKb: number
  trouble: string
}

/** Each device is asked once, then both loops are run again and again. */
export async function loops({ fleet, usage, atFirst, server }: Stage, plan: Plan): Promise<Loops> {
  const asker = await server().openAsker(plan.inFlight)
  const loop = { fleet, asker, warmMs: plan.warmMs, measureMs: plan.measureMs }
  const good = await askEach(loop, plan.inFlight)
  if (good < fleet.size)
    throw new Error(`${good} of ${fleet.size} devices answered: ${asker.lastTrouble} ${fleet.lastLoss}`)
  const closed: ClosedFigures[] = []
  for (let turn = 0; turn < plan.repeats; turn++) {
    const [server, generator, startedMs] = [usage(), process.cpuUsage(), performance.now()]
    const figures = await closedLoop(loop, plan.inFlight)
    const seconds = (performance.now() - startedMs) / 1000
    const used = process.cpuUsage(generator)
    const serverSeconds = usage().cpuSeconds - server.cpuSeconds
    closed.push({
      ...figures,
      serverCpuUs: (1e6 * serverSeconds) / figures.all,
      serverBusy: serverSeconds / seconds,
      generatorBusy: (used.user + used.system) / 1e6 / seconds,
    })
  }
  const open: LoopFigures[] = []
  for (let turn = 0; turn < plan.repeats; turn++) open.push(await openLoop(loop, plan.perSecond))
  await pause(plan.settleMs)
  const busyKb = (usage().residentKb - atFirst.residentKb) / fleet.size
  const trouble = asker.lastTrouble || fleet.lastLoss
  asker.close()
  return { closed, open, busyKb, trouble }
}

export interface Storm {
  stormSeconds: number
  /** From the kill to the last device, the server's own start included. */
  comeBackSeconds: number
  /** Of it, until the server could serve. */
  restartSeconds: number
  retries: number
  /** Devices that went on without a log-in; not there when the server's sessions end with it. */
  continuedPercent?: number
}

/** As many devices as the limits allow, all at once; and again after a crash of the server. */
export async function storm(stage: Stage, plan: Plan): Promise<Storm> {
  const { stormDevices, patienceMs, settleMs } = plan
  const { fleet } = stage
  const first = await fleet.grow(stormDevices, stormDevices, patienceMs)
  await pause(settleMs)
  const killedMs = performance.now()
  const since = () => (performance.now() - killedMs) / 1000
  await stage.crash()
  const restartSeconds = since()
  const figures = { stormSeconds: first.seconds, restartSeconds, retries: first.retries }
  const server = stage.server()
  if (server.countOnline) {
    const isDone = async () => (await server.countOnline?.()) === stormDevices
    const loggedIn = await fleet.resume(isDone, patienceMs)
    return { ...figures, comeBackSeconds: since(), continuedPercent: 100 * (1 - loggedIn / stormDevices) }
  }
  fleet.reset()
  const again = await fleet.grow(stormDevices, stormDevices, patienceMs)
  return { ...figures, comeBackSeconds: since(), retries: first.retries + again.retries }
}

/** What a session costs as there are more and more of them. */
export async function grow(stage: Stage, plan: Plan): Promise<GrowthStep[]> {
  const steps: GrowthStep[] = []
  for (const devices of plan.growth) {
    await stage.fleet.grow(devices, plan.atOnce, plan.patienceMs)
    await pause(plan.settleMs)
    const kbPerSession = (stage.usage().residentKb - stage.atFirst.residentKb) / devices
    steps.push({ devices, kbPerSession, pollMs: await idle(stage, plan) })
  }
  return steps
}
