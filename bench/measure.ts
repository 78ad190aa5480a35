/** Plays all phases with one server and takes the medians. */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type FigureName, medianOf, type ServerResult } from './figures.ts'
import { createScramKeyring, type ScramKeyring } from './generator/scram-keyring.ts'
import { grow, idle, type Loops, loops, type SetUp, setUp, storm } from './phases.ts'
import type { Plan } from './plan.ts'
import type { Place, ServerKind } from './servers/server.ts'
import { openStage, type Stage } from './stage.ts'

/** Of every device at every server. */
const secret = 'the-one-secret-of-all'

export interface MeasureNeeds {
  plan: Plan
  /** What is measured; loops need a set-up, and have one. */
  phases: ReadonlySet<Phase>
  folder: string
  /** For the server; undefined: any. */
  core: number | undefined
  say(line: string): void
}

export const allPhases = ['set-up', 'idle', 'loops', 'storm', 'growth'] as const
export type Phase = (typeof allPhases)[number]

/** What the phases of one server share. */
interface Turn {
  kind: ServerKind
  needs: MeasureNeeds
  place: Place
  keyring: ScramKeyring
  result: ServerResult
  say(line: string): void
}

/**
 * A phase that breaks off leaves its figures out, and says so in the result: it must not cost those of half an hour.
 *
 * @throws {Error} when no device can be enrolled or log in at all
 */
export async function measure(kind: ServerKind, needs: MeasureNeeds): Promise<ServerResult> {
  const { plan, phases, folder, core } = needs
  const sizes = [
    plan.devices,
    phases.has('storm') ? plan.stormDevices : 0,
    ...(phases.has('growth') ? plan.growth : []),
  ]
  const turn: Turn = {
    kind,
    needs,
    place: { folder: join(folder, kind.name), devices: Math.max(...sizes), core },
    keyring: createScramKeyring(secret, 'sha1'),
    result: {
      ...{ name: kind.name, title: kind.title, version: await kind.version() },
      ...{ figures: {}, growth: [], generatorBusy: 0, failed: 0, lost: 0, trouble: '', runs: [] },
    },
    say: (line) => needs.say(`${kind.title}: ${line}`),
  }
  await enrol(turn)
  await playSetUps(turn)
  if (phases.has('storm')) await playStorm(turn)
  if (phases.has('growth')) await playGrowth(turn)
  return turn.result
}

/** Both before anything is measured, on whatever processor is free. */
async function enrol({ kind, needs: { plan }, place, keyring, say }: Turn): Promise<void> {
  say(`enrolling ${place.devices} devices`)
  await mkdir(place.folder)
  await kind.prepare(place, secret)
  if (!kind.hasOwnSalts) return
  say('the generator learns their salts')
  await using stage = await openStage({
    ...{ kind, keyring, waitSeconds: plan.waitSeconds },
    place: { ...place, core: undefined },
  })
  await stage.fleet.grow(place.devices, plan.atOnce, plan.patienceMs)
}

/** Plays one phase on a server that is started for it. */
async function play({ kind, needs, place, keyring, result, say }: Turn, phase: string, work: (stage: Stage) => object) {
  try {
    await using stage = await openStage({ kind, place, keyring, waitSeconds: needs.plan.waitSeconds })
    result.runs.push({ phase, ...(await work(stage)) })
    result.lost += stage.fleet.lost
    if (stage.fleet.lost > 0) result.trouble ||= stage.fleet.lastLoss
  } catch (error) {
    const trouble = `${phase}: ${error instanceof Error ? error.message : String(error)}`
    say(`broke off: ${trouble}`)
    result.trouble ||= trouble
  }
}

/** As often as is asked for; the last set-up stays for what is idle, and what goes round, after it. */
async function playSetUps(turn: Turn): Promise<void> {
  const { needs, result, say } = turn
  const { plan, phases } = needs
  const setUps: SetUp[] = []
  const goesOn = phases.has('idle') || phases.has('loops')
  const repeats = phases.has('set-up') ? plan.repeats : Number(goesOn)
  for (let repeat = 1; repeat <= repeats; repeat++)
    await play(turn, 'set-up', async (stage) => {
      say(`set-up of ${plan.devices}, ${repeat} of ${repeats}`)
      const figures = await setUp(stage, plan)
      setUps.push(figures)
      if (repeat < repeats) return figures
      if (phases.has('idle')) {
        say(`idle for ${plan.waitSeconds} s`)
        result.figures.idlePollMs = await idle(stage, plan)
      }
      if (!phases.has('loops')) return figures
      say(`round trips, ${plan.repeats} times ${plan.inFlight} in flight and ${plan.perSecond} a second`)
      const looped = await loops(stage, plan)
      takeLoops(result, looped)
      return { ...figures, ...looped }
    })
  if (phases.has('set-up') && setUps.length > 0) takeSetUps(result, setUps)
}

function playStorm(turn: Turn): Promise<void> {
  const { plan } = turn.needs
  return play(turn, 'storm', async (stage) => {
    turn.say(`storm of ${plan.stormDevices}`)
    const figures = await storm(stage, plan)
    const { stormSeconds, comeBackSeconds, continuedPercent } = figures
    Object.assign(turn.result.figures, { stormSeconds, comeBackSeconds })
    if (continuedPercent !== undefined) turn.result.figures.continuedPercent = continuedPercent
    return figures
  })
}

function playGrowth(turn: Turn): Promise<void> {
  const { plan } = turn.needs
  return play(turn, 'growth', async (stage) => {
    turn.say(`growth to ${plan.growth.at(-1)}`)
    turn.result.growth = await grow(stage, plan)
    return {}
  })
}

function takeSetUps({ figures }: ServerResult, all: readonly SetUp[]): void {
  figures.setUpPerSecond = medianOf(all.map(({ perSecond }) => perSecond))
  figures.setUpPerCpuSecond = medianOf(all.map(({ perCpuSecond }) => perCpuSecond))
  figures.idleKb = medianOf(all.map(({ kbPerSession }) => kbPerSession))
}

function takeLoops(result: ServerResult, { closed, open, busyKb, trouble }: Loops): void {
  const of = <Run>(runs: readonly Run[], read: (run: Run) => number) => medianOf(runs.map(read))
  const taken: Partial<Record<FigureName, number>> = {
    roundTripsPerSecond: of(closed, (run) => run.perSecond),
    roundTripCpuUs: of(closed, (run) => run.serverCpuUs),
    openP50Ms: of(open, (run) => run.p50Ms),
    openP90Ms: of(open, (run) => run.p90Ms),
    openP99Ms: of(open, (run) => run.p99Ms),
    openMaxMs: of(open, (run) => run.maxMs),
    busyKb,
  }
  Object.assign(result.figures, taken)
  result.generatorBusy = of(closed, (run) => run.generatorBusy)
  for (const run of [...closed, ...open]) result.failed += run.failed + run.open
  if (result.failed > 0) result.trouble ||= trouble
}
