/** Plays all phases with one server and takes the medians. */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type FigureName, medianOf, type ServerResult } from './figures.ts'
import { createScramKeyring } from './generator/scram-keyring.ts'
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

/** @throws {Error} when the server does not do what it must; it is stopped whatever happens */
export async function measure(kind: ServerKind, needs: MeasureNeeds): Promise<ServerResult> {
  const { plan, phases } = needs
  const say = (line: string) => needs.say(`${kind.title}: ${line}`)
  const needed = Math.max(
    plan.devices,
    phases.has('storm') ? plan.stormDevices : 0,
    phases.has('growth') ? Math.max(...plan.growth) : 0,
  )
  const place: Place = { folder: join(needs.folder, kind.name), devices: needed, core: needs.core }
  await mkdir(place.folder)
  const keyring = createScramKeyring(secret, 'sha1')
  const open = () => openStage({ kind, place, keyring, waitSeconds: plan.waitSeconds })
  const result: ServerResult = {
    ...{ name: kind.name, title: kind.title, version: await kind.version() },
    ...{ figures: {}, growth: [], generatorBusy: 0, failed: 0, lost: 0, trouble: '', runs: [] },
  }

  async function play<Result>(phase: string, work: (stage: Stage) => Promise<Result>): Promise<Result> {
    await using stage = await open()
    const done = await work(stage)
    result.lost += stage.fleet.lost
    result.trouble ||= stage.fleet.lost > 0 ? stage.fleet.lastLoss : ''
    result.runs.push({ phase, ...done })
    return done
  }

  say(`enrolling ${needed} devices`)
  await kind.prepare(place, secret)
  if (kind.hasOwnSalts) {
    say('the generator learns their salts')
    await using stage = await openStage({
      kind,
      place: { ...place, core: undefined },
      keyring,
      waitSeconds: plan.waitSeconds,
    })
    await stage.fleet.grow(needed, plan.atOnce, plan.patienceMs)
  }

  const setUps: SetUp[] = []
  const repeats = phases.has('set-up') ? plan.repeats : phases.has('idle') || phases.has('loops') ? 1 : 0
  for (let turn = 1; turn <= repeats; turn++) {
    say(`set-up of ${plan.devices}, ${turn} of ${repeats}`)
    await play('set-up', async (stage) => {
      const figures = await setUp(stage, plan)
      setUps.push(figures)
      if (turn < repeats) return figures
      // The last one stays for what comes next.
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
  }
  if (phases.has('set-up')) takeSetUps(result, setUps)

  if (phases.has('storm')) {
    say(`storm of ${plan.stormDevices}`)
    const { stormSeconds, comeBackSeconds } = await play('storm', (stage) => storm(stage, plan))
    Object.assign(result.figures, { stormSeconds, comeBackSeconds })
  }
  if (phases.has('growth')) {
    say(`growth to ${plan.growth.at(-1)}`)
    const { steps } = await play('growth', async (stage) => ({ steps: await grow(stage, plan) }))
    result.growth = steps
  }
  return result
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
