/** Jobs while relay, agents and printers are killed at random: each comes out once, or is told as `unknown` with what is known of it. */
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { openFolder } from '../folder.ts'
import { openNeighbourhood, type RunningAgent } from '../neighbourhood.ts'
import { findJob, pagesOf, type SeenJob, sendJob } from '../print-jobs.ts'
import { type PaperPrinter, startPaperPrinter } from '../printers/paper.ts'
import type { StartedProcess } from '../process.ts'
import { isPlayedOnNodes } from '../relays.ts'
import { until } from '../until.ts'
import type { Lie } from './history.ts'
import type { Play } from './played.ts'

const jobsARound = 5
const pagesOfJob = 3
/** The longest pauses of an agent and of the relay, several times. */
const endWithinMs = 300_000
const ended = new Set(['done', 'failed', 'cancelled', 'expired', 'unknown'])

interface Place {
  id: string
  agent: RunningAgent
  process: StartedProcess
  /** Undefined: the printer is not really there, and lives and dies with its agent. */
  printer: PaperPrinter | undefined
}

export const playJobs: Play = async ({ seed, rounds, patience, tell }) => {
  const random = createSeededRandom(seed)
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random.fraction() * items.length)] as Item
  await using scene = new AsyncDisposableStack()
  const street = scene.use(await openNeighbourhood())
  const folder = scene.use(await openFolder())
  const places: Place[] = []
  for (const id of ['forgets', 'keeps', 'streams', 'virtual']) {
    const options = { pageMs: 60, keepsJobs: id === 'keeps', streams: id === 'streams' }
    const isReal = id !== 'virtual'
    const printer = isReal ? scene.use(await startPaperPrinter(`${folder.path}/${id}`, options)) : undefined
    const agent = await street.openAgent({ id, driver: printer?.uri ?? 'virtual?secondsPerPage=0.06' })
    places.push({ id, agent, process: agent.process, printer })
  }
  const sent = new Map<string, { place: Place; name: string }>()
  const lies: Lie[] = []
  const counts = { calls: 0, kills: { relay: 0, agent: 0, printer: 0 } }

  /** With one key until there is an answer: a relay that was killed may have stored it. */
  async function send(place: Place, name: string): Promise<void> {
    const document = Array.from({ length: pagesOfJob }, (_, page) => `${name}-${page + 1}\f`).join('')
    const headers = { 'content-type': 'text/plain', 'idempotency-key': name }
    const jobId = await until(
      `${name} is taken`,
      async () => {
        counts.calls++
        const reply = await sendJob(street, place.id, documentFor(place, document), `name=${name}`, headers).catch(
          () => undefined,
        )
        if (reply && reply.status !== 201 && reply.status < 500)
          lies.push({ rule: 'cut', words: JSON.stringify(reply.body) })
        return reply?.status === 201 && String(Object(reply.body).jobId)
      },
      60_000,
    )
    sent.set(jobId, { place, name })
  }

  async function killOne(): Promise<void> {
    const place = pick(places)
    const who = pick(['relay', 'agent', 'printer'] as const)
    if (who === 'relay') await street.restartRelay('SIGKILL')
    else if (who === 'agent' || !place.printer) {
      await place.process.kill()
      place.process = await place.agent.startAgain()
    } else {
      await place.printer.cut()
      await pause(random.fraction() * 500)
      await place.printer.startAgain()
    }
    counts.kills[who]++
  }

  for (let round = 1; round <= rounds; round++) {
    const sending = Array.from({ length: jobsARound }, (_, i) => send(pick(places), `s${seed}r${round}n${i}`))
    await pause(100 + random.fraction() * 1500)
    await killOne()
    await Promise.all(sending)
    tell(`jobs ${round}/${rounds}: ${sent.size} sent, killed ${JSON.stringify(counts.kills)}`)
  }

  const jobs: SeenJob[] = []
  for (const jobId of sent.keys())
    jobs.push(
      await until(
        () => `${sent.get(jobId)?.name} has ended`,
        async () => {
          counts.calls++
          const job = await findJob(street, jobId)
          return ended.has(job.state) && job
        },
        endWithinMs * patience,
      ),
    )
  const out = places.flatMap(({ printer }) => printer?.pages() ?? [])
  for (const job of jobs)
    lies.push(...judge(job, sent.get(job.jobId)?.name ?? '', out, sent.get(job.jobId)?.place.printer !== undefined))
  const virtual = jobs.filter(({ device }) => device === 'virtual')
  const [counted, told] = [
    await pagesOf(street, 'virtual'),
    virtual.reduce((sum, { pagesDone = 0 }) => sum + pagesDone, 0),
  ]
  if (counted !== told || virtual.some(({ state }) => state !== 'done'))
    lies.push({
      rule: 'printed-otherwise',
      words: `The virtual printer has counted ${counted} pages, and ${told} were told.`,
    })
  const states = Object.entries(Object.groupBy(jobs, ({ state }) => state)).map(
    ([state, all]) => `${all?.length} ${state}`,
  )
  return {
    ...{
      kind: 'jobs',
      rounds,
      calls: counts.calls,
      executions: out.length + counted,
      promises: jobs.length,
      lost: 0,
      lies,
    },
    notes: {
      jobs: states.join(', '),
      kills: JSON.stringify(counts.kills),
      relay: isPlayedOnNodes ? 'three nodes' : 'one',
    },
  }
}

/** The virtual printer counts lines, not the ends of pages. */
function documentFor({ printer }: Place, document: string): string {
  return printer ? document : document.replaceAll('\f', '\n'.repeat(60))
}

/** @param out every page that has ever come out of the printers that are really there */
function judge(job: SeenJob, name: string, out: readonly string[], isReal: boolean): Lie[] {
  const lie = (words: string): Lie => ({ rule: 'printed-otherwise', words: `${name}: ${words} ${JSON.stringify(job)}` })
  if (job.state === 'expired' || job.state === 'cancelled')
    return [lie('nobody has cancelled it, and a day has not passed.')]
  if (!isReal) return []
  const pages = Array.from(
    { length: pagesOfJob },
    (_, page) => out.filter((each) => each === `${name}-${page + 1}`).length,
  )
  const there = pages.reduce((sum, each) => sum + each, 0)
  const lies: Lie[] = []
  if (pages.some((each) => each > 1)) lies.push(lie(`a page came out twice (${pages.join(', ')}).`))
  if (job.state === 'done' && there !== pagesOfJob) lies.push(lie(`it is called done, and ${there} pages came out.`))
  if ((job.pagesDone ?? 0) > there) lies.push(lie(`only ${there} pages came out.`))
  if (job.state !== 'done' && !job.reason) lies.push(lie('it does not say why.'))
  return lies
}
