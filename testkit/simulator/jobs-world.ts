/** What the agent's jobs are played against: a relay of the real machine, and a printer that counts what comes out of it. */

import { Failure } from '@fairlead/base'
import { JobReport } from '@fairlead/protocol/contract'
import type { Follow, PrintEnd, Printing } from '../../agent/drivers/printing.ts'
import type { HttpOutcome } from '../../agent/uplink/http-client.ts'
import type { RelayDoor } from '../../agent/uplink/relay-door.ts'
import { hasEnded, type JobEvent, type JobLife, step } from '../../relay/jobs/job-machine.ts'
import type { Chance } from './chance.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What comes out of the printer: a job of the relay, or one of the device's own (A14). */
export interface Sheets {
  id: string
  pages: number
  /** How often each page has come out. */
  out: number[]
}

export interface WorldJob extends Sheets {
  life: JobLife
}

export interface World {
  readonly jobs: Map<string, WorldJob>
  /** Those that the relay knows nothing of. */
  readonly own: Map<string, Sheets>
  readonly broken: string[]
  happen(job: WorldJob, event: JobEvent): void
  /** Waits for so long of virtual time, or for ever if whoever waits has died. */
  pause(ms: number): Promise<void>
  doorFor(life: Life): Pick<RelayDoor, 'call' | 'look'>
  printerFor(life: Life): Printing
  cutPrinter(): void
}

/** One life of an agent: once it is over, nothing that it does reaches anybody. */
export interface Life {
  isOver: boolean
}

export interface WorldNeeds {
  time: VirtualTime
  chance: Chance
  /** Part of calls that are lost, on the way there or back. */
  loss: number
  /** The printer knows its job after a power cut. */
  remembers: boolean
}

/** A job that the printer has. */
interface InHand {
  id: string
  done: number
  state: 'printing' | 'done' | 'cancelled'
}

/** Each of its own: what waits for one promise would be kept by it. */
const never = () => new Promise<never>(() => {})
const cut: HttpOutcome = { trouble: { kind: 'cut' } }

export function createWorld(needs: WorldNeeds): World {
  const { time, chance, remembers } = needs
  const jobs = new Map<string, WorldJob>()
  const own = new Map<string, Sheets>()
  const broken: string[] = []
  /** The printer's own: what it has in hand, and since when it is on. */
  let current: InHand | undefined
  let printerLife = 0

  const pause = (ms: number) => new Promise<void>((go) => void time.after(ms, go))

  function happen(job: WorldJob, event: JobEvent): void {
    const before = job.life.state
    step(job.life, event, time.nowMs, [])
    const { state, pagesDone = 0 } = job.life
    const there = job.out.filter((times) => times > 0).length
    if (state === before && event.kind !== 'reported') return
    if (pagesDone > there) broken.push(`${job.id}: ${pagesDone} pages are told, and ${there} have come out`)
    if (state === 'done' && there < job.pages)
      broken.push(`${job.id} is called done with ${there} of ${job.pages} pages`)
    if (state === 'expired' && there > 0) broken.push(`${job.id} has expired, and ${there} pages have come out`)
  }

  /** A call that may be lost there, or its answer on the way back; whoever made it may be dead by then. */
  async function asked(life: Life, answer: () => HttpOutcome): Promise<HttpOutcome> {
    await lives(life, chance.between(1, 60))
    if (chance.happens(needs.loss)) return cut
    const answered = answer()
    await lives(life, chance.between(1, 60))
    return chance.happens(needs.loss) ? cut : answered
  }

  /** @returns undefined: it has no such job */
  function jobAt(path: string): WorldJob | undefined {
    const id = path.split('/').at(-1) ?? ''
    if (own.has(id)) broken.push(`the relay hears of ${id}`)
    return jobs.get(id)
  }

  const answerOf = (status: number, body: unknown = {}): HttpOutcome => ({
    ...{ status, headers: {}, body: Buffer.from(JSON.stringify(body)) },
  })

  function informationOf(path: string): HttpOutcome {
    const job = jobAt(path)
    if (!job) return answerOf(404)
    happen(job, { kind: 'received' })
    if (hasEnded(job.life.state) || job.life.heldFor) return answerOf(409)
    const { id: jobId, life, pages } = job
    const more = { name: jobId, user: null, format: 'text/plain', bytes: pages, sha256: '', ticket: {}, priority: 50 }
    return answerOf(200, { jobId, ...more, number: Number(jobId.slice(1)), cancel: life.cancelAsked })
  }

  return {
    jobs,
    own,
    broken,
    happen,
    pause,
    doorFor: (life) => ({
      look: (path) => asked(life, () => informationOf(path)),
      call: (path, body) =>
        asked(life, () => {
          const job = jobAt(path)
          if (!job) return answerOf(404)
          happen(job, { kind: 'reported', report: JobReport.parse(body) })
          return answerOf(200, { cancel: job.life.cancelAsked })
        }),
    }),
    cutPrinter() {
      printerLife++
      if (!remembers) current = undefined
    },
    printerFor: (life) => ({
      abilities: async () => ({ formats: ['text/plain'] }),
      async print(document, mark, follow) {
        const job = jobs.get(document.id) ?? own.get(document.id)
        if (!job) throw new Error('There is no such job in this world.')
        // One that was on all the time and knows nothing of it has never had it: each job waits for the end of the one before.
        const isLost = Object(mark).printerLife === printerLife && current?.id !== document.id
        if (mark === undefined || isLost) await handOver(life, document.id, follow)
        for (;;) {
          const end = await look(life, job, follow)
          if (end) return end
        }
      },
    }),
  }

  async function lives(life: Life, ms: number): Promise<void> {
    await pause(ms)
    if (life.isOver) await never()
  }

  async function handOver(life: Life, id: string, follow: Follow): Promise<void> {
    await lives(life, chance.between(1, 30))
    if (chance.happens(needs.loss)) throw new Failure('device-offline', 'The printer does not answer.')
    follow.mark({ printerLife })
    // From here on it may be at work, whatever becomes of us.
    if (current?.id !== id) current = { id, done: 0, state: 'printing' }
  }

  /** The printer is asked, and meanwhile a page more comes out of it. */
  async function look(life: Life, job: Sheets, follow: Follow): Promise<PrintEnd | undefined> {
    await lives(life, chance.between(20, 400))
    if (follow.stopping.aborted) return { state: 'suspended' }
    if (current?.id !== job.id) return { state: 'unknown', reason: 'The printer has been off.', pages: undefined }
    if (follow.cancelled.aborted && current.state === 'printing') current.state = 'cancelled'
    if (current.state !== 'printing') return { state: current.state, pages: current.done }
    const before = printerLife
    layPage(job, current)
    const { done } = current
    await lives(life, chance.between(1, 20))
    if (before === printerLife) follow.pages(done)
    return undefined
  }

  function layPage(job: Sheets, printing: InHand): void {
    const times = job.out[printing.done] ?? 0
    if (times > 0) broken.push(`${job.id}: page ${printing.done + 1} comes out once more`)
    job.out[printing.done] = times + 1
    printing.done++
    if (printing.done === job.pages) printing.state = 'done'
  }
}
