/**
 * M1 in hostile minutes: the agent's own jobs on its own store, against the relay's own machine, with a line that loses, and agents
 * and printers that die between any two steps. What happens, and when, follows from a seed.
 */
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { type Clock, silentLog } from '@fairlead/base'
import { createJobStore, type JobStore, jobTable } from '../../agent/jobs/job-store.ts'
import { createJobs, type Jobs } from '../../agent/jobs/jobs.ts'
import { hasEnded, newLife } from '../../relay/jobs/job-machine.ts'
import { createChance } from './chance.ts'
import { createWorld, type Life, type World, type WorldJob } from './jobs-world.ts'
import { createVirtualTime } from './virtual-time.ts'

export interface JobsPlayed {
  /** What must never be and was, in words; empty: all is well. */
  broken: string[]
  /** How the jobs ended. */
  ends: Map<string, number>
  deaths: number
}

const badMs = 20_000
/** Longer than all pauses together that somebody may make. */
const goodMs = 1_200_000

export async function playJobs(seed: number): Promise<JobsPlayed> {
  const chance = createChance(seed)
  const time = createVirtualTime(chance)
  const needs = { time, chance, loss: chance.pick([0, 0.1, 0.4]), remembers: chance.happens(0.5) }
  const world = createWorld(needs)
  using database = new DatabaseSync(':memory:')
  database.exec(jobTable)
  const clock: Clock = { now: () => time.nowMs, wallNow: () => Math.floor(1_764_000_000_000 + time.nowMs), at: time.at }
  const endsAtMs = time.nowMs + badMs
  let deaths = 0
  let powerCuts = 0
  let life: Life = { isOver: true }
  let agent: Jobs | undefined

  const isBad = () => time.nowMs < endsAtMs
  const isRare = () => isBad() && chance.happens(0.03)

  function start(): void {
    life = { isOver: false }
    const mine = life
    agent = createJobs({
      store: mortal(refusing(createJobStore(database, 'lobby'), isRare), mine, isRare, die),
      printing: world.printerFor(mine),
      documents: {
        fileOf: (id) => id,
        async fetch() {
          await world.pause(chance.between(5, 200))
          if (mine.isOver) return new Promise<never>(() => {})
          return chance.happens(needs.loss)
            ? { state: 'cut', outcome: { trouble: { kind: 'cut' } } }
            : { state: 'whole' }
        },
        lay() {},
        remove() {},
        keepOnly() {},
      },
      door: world.doorFor(mine),
      mayCall: () => true,
      clock,
      random: chance,
      log: silentLog,
    })
    agent.hurry()
    for (const id of world.own.keys()) printOwn(id)
  }

  /** As pulls do it: again in each life, since the one before may have ended right behind it. */
  function printOwn(id: string): void {
    try {
      agent?.printOwn({ id, name: id, format: 'text/plain', file: id, bytes: 1 })
    } catch (error) {
      if (!life.isOver && !isOfDisk(error)) throw error
      time.after(1_000, () => printOwn(id))
    }
  }

  function die(): void {
    if (life.isOver) return
    life.isOver = true
    agent = undefined
    deaths++
    time.after(chance.between(10, 3_000), start)
  }

  /** As the relay's room does it: again, until the device has recorded it. */
  function notify(): void {
    const due = [...world.jobs.values()].filter(({ life: { due } }) => due)
    if (due.length > 0 && agent && !chance.happens(needs.loss)) tell(agent, due)
    time.after(chance.between(500, 3_000), notify)
  }

  function tell(to: Jobs, due: readonly WorldJob[]): void {
    const recorded = answerOf(to, due)
    // It died while it wrote that down, or right after: nothing was answered.
    if (life.isOver) return
    const isHeard = !chance.happens(needs.loss)
    for (const job of due) world.happen(job, { kind: isHeard && recorded.includes(job.id) ? 'received' : 'notified' })
  }

  function answerOf(to: Jobs, due: readonly WorldJob[]): readonly string[] {
    try {
      return Object(to.notified({ jobIds: due.map(({ id }) => id) })).recorded
    } catch (error) {
      if (!life.isOver) throw error
      return []
    }
  }

  function plan(): void {
    for (let number = 1; number <= 5; number++) {
      const expiresAt = time.nowMs + chance.between(2_000, 60_000)
      const job = newJob(number, chance.integer(4) + 1, chance.happens(0.1), expiresAt)
      time.after(chance.between(0, 8_000), () => void world.jobs.set(job.id, job))
      if (chance.happens(0.2)) time.after(chance.between(0, badMs), () => world.happen(job, { kind: 'cancel' }))
      if (chance.happens(0.2)) time.after(chance.between(0, badMs), () => world.happen(job, { kind: 'hold' }))
      time.after(badMs, () => world.happen(job, { kind: 'release' }))
      time.at(expiresAt, () => world.happen(job, { kind: 'time' }))
    }
    for (const id of ['own-1', 'own-2'])
      time.after(chance.between(0, 8_000), () => {
        world.own.set(id, { id, pages: chance.integer(4) + 1, out: [] })
        printOwn(id)
      })
    for (let at = chance.spell(4_000); at < badMs; at += chance.spell(4_000)) time.after(at, die)
    for (let at = chance.spell(15_000); at < badMs; at += chance.spell(15_000))
      time.after(at, () => {
        powerCuts++
        world.cutPrinter()
      })
    for (let at = chance.spell(15_000); at < badMs; at += chance.spell(15_000)) time.after(at, callSilent)
  }

  /** As the relay looks for it, of an agent that may be dead for long. */
  function callSilent(): void {
    if (!life.isOver) return
    for (const job of world.jobs.values()) world.happen(job, { kind: 'silent', sinceMs: time.nowMs })
  }

  plan()
  start()
  time.after(100, notify)
  time.after(badMs, () => {
    needs.loss = 0
  })
  while (time.step(endsAtMs + goodMs) && !isSettled(world, database, time.nowMs > endsAtMs + 90_000)) await turn()
  life.isOver = true
  return {
    broken: [...world.broken, ...judge(world, powerCuts), ...judgeOwn(world, database, powerCuts)],
    ends: endsOf(world),
    deaths,
  }
}

function newJob(number: number, pages: number, isHeld: boolean, expiresAt: number): WorldJob {
  return { id: `j${number}`, life: newLife(expiresAt, isHeld ? 'asked' : undefined, 0), pages, out: [] }
}

const diskIsFull = 'The disk is full.'
const isOfDisk = (error: unknown) => error instanceof Error && error.message === diskIsFull

/** A store whose disk now and then refuses a write, of an agent that lives on. */
function refusing(store: JobStore, isRefused: () => boolean): JobStore {
  const trying =
    <Given extends unknown[]>(write: (...given: Given) => void) =>
    (...given: Given) => {
      if (isRefused()) throw new Error(diskIsFull)
      write(...given)
    }
  return { ...store, ...mapWrites(store, trying) }
}

/** A store whose agent may die before anything of a write is on disk, or right after it. */
function mortal(store: JobStore, life: Life, isTheEnd: () => boolean, die: () => void): JobStore {
  const dying =
    <Given extends unknown[]>(write: (...given: Given) => void) =>
    (...given: Given) => {
      if (life.isOver) throw new Error('It is dead.')
      if (isTheEnd()) {
        die()
        throw new Error('It has died before it was written.')
      }
      write(...given)
      if (!isTheEnd()) return
      die()
      throw new Error('It has died after it was written.')
    }
  return { ...store, ...mapWrites(store, dying) }
}

type Wrap = <Given extends unknown[]>(write: (...given: Given) => void) => (...given: Given) => void

function mapWrites({ record, own, keep, remove }: JobStore, wrap: Wrap): Partial<JobStore> {
  return { record: wrap(record), own: wrap(own), keep: wrap(keep), remove: wrap(remove) }
}

function isSettled(world: World, database: DatabaseSync, isLate: boolean): boolean {
  if (!isLate || [...world.jobs.values()].some(({ life }) => !hasEnded(life.state))) return false
  return Object(database.prepare('SELECT COUNT(*) AS n FROM job WHERE is_open = 1').get()).n === 0
}

function judge(world: World, powerCuts: number): string[] {
  return [...world.jobs.values()].flatMap(({ id, life, out, pages }) => {
    const words: string[] = []
    if (!hasEnded(life.state)) words.push(`${id} has never ended: ${JSON.stringify(life)}`)
    const wasSilent = life.reason?.startsWith('Nothing was heard of the device')
    if (life.state === 'unknown' && powerCuts === 0 && !wasSilent)
      words.push(`${id} is unknown, and the printer was never off`)
    if (life.state === 'failed') words.push(`${id} has failed: ${life.reason}`)
    if (out.length > pages) words.push(`${id} has ${out.length} pages`)
    return words
  })
}

function judgeOwn(world: World, database: DatabaseSync, powerCuts: number): string[] {
  return [...world.own.values()].flatMap(({ id, pages, out }) => {
    const row = database.prepare('SELECT job FROM job WHERE id = ?').get(id) as { job: string } | undefined
    const { state } = row === undefined ? { state: 'lost' } : JSON.parse(row.job)
    const isTrue = state === 'done' ? out.length === pages : state === 'unknown' && powerCuts > 0
    return isTrue ? [] : [`${id} is ${state}, and ${out.length} of ${pages} pages have come out`]
  })
}

function endsOf(world: World): Map<string, number> {
  const ends = new Map<string, number>()
  for (const { life } of world.jobs.values()) ends.set(life.state, (ends.get(life.state) ?? 0) + 1)
  return ends
}
