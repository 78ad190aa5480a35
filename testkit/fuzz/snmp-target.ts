/** Fuzzes the SNMP driver with printers that lie: it crashes on nothing, waits for nothing too long, makes nothing up. */
import type { EventEmitter } from 'node:events'
import { Failure, silentLog, systemClock } from '@fairlead/base'
import type { Json, ObjectAnswer } from '@fairlead/protocol/contract'
import type { Driver } from '../../agent/drivers/driver.ts'
import { openDriver } from '../../agent/drivers/drivers.ts'
import { type FixtureAgent, openFixtureAgent } from '../../agent/drivers/fixture-agent.ts'
import { plainPrinter } from '../../agent/drivers/fixture-printers.ts'
import { printer, system } from '../../agent/drivers/printer-mib.ts'
import { createChoices, makeBytes } from './chance.ts'
import { lie } from './snmp-lies.ts'
import { wrongIn } from './snmp-values.ts'
import { type Complaint, type Run, type Target, wordsFor } from './target.ts'

/** Printers that lie at once, each to a driver of its own. */
const pairs = 32

const mostRemembered = 300

/** Some tables are asked for one after another, with a time-out each. */
const longestMs = 60_000

export type OpenDriver = (url: string) => Promise<Driver>

const openSound: OpenDriver = (url) => openDriver(url, { clock: systemClock, log: silentLog })

/**
 * An input is what is asked of the driver, and how its printer lies.
 *
 * @param process where what nobody catches is told; tests have one of their own
 */
export function snmpTarget(open: OpenDriver = openSound, process: EventEmitter = globalThis.process): Target {
  return {
    describe: 'the SNMP driver, against printers that lie',
    inputs: 20_000,
    batch: 320,
    async open() {
      await using opening = new AsyncDisposableStack()
      const stages: Stage[] = []
      for (let more = pairs; more > 0; more--) stages.push(opening.use(await openStage(open)))
      const thrown = opening.use(catchThrown(process))
      return createRun(stages, thrown, opening.move())
    },
  }
}

function createRun(stages: readonly Stage[], thrown: Thrown, opened: AsyncDisposableStack): Run {
  const counts: Record<string, number> = { values: 0, errors: 0, packets: 0, 'ms the longest': 0 }

  async function playOn(stage: Stage, input: Uint8Array): Promise<string | undefined> {
    const startMs = performance.now()
    const { what, values, errors } = await stage.play(input)
    const tookMs = performance.now() - startMs
    count('values', values)
    count('errors', errors)
    count('packets', stage.packets())
    counts['ms the longest'] = Math.max(counts['ms the longest'] ?? 0, Math.round(tookMs))
    return what ?? (tookMs > longestMs ? `it takes too long: ${Math.round(tookMs)} ms` : undefined)
  }

  function count(name: string, times: number): void {
    counts[name] = (counts[name] ?? 0) + times
  }

  return {
    counts,
    make: (chance) => makeBytes(chance, 60),
    async tryOut(inputs) {
      const complaints: Complaint[] = []
      let next = 0
      const lane = async (stage: Stage) => {
        for (let at = next++; at < inputs.length; at = next++) {
          const what = await playOn(stage, inputs[at] ?? new Uint8Array())
          if (what !== undefined) complaints.push({ at, what })
        }
      }
      await Promise.all(stages.map(lane))
      const error = thrown.next()
      if (error === undefined) return complaints
      // Thrown where nobody catches it, which ends an agent: whose fault it is shows when each is tried alone.
      if (inputs.length === 1) return [{ at: 0, what: `it ends the process: ${error}` }]
      for (const [at, input] of inputs.entries()) {
        await stages[0]?.play(input)
        const again = thrown.next()
        if (again !== undefined) complaints.push({ at, what: `it ends the process: ${again}` })
      }
      return complaints
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

interface Thrown extends Disposable {
  next(): string | undefined
}

function catchThrown(process: EventEmitter): Thrown {
  const caught: string[] = []
  const note = (error: unknown) => void caught.push(wordsFor(error))
  process.on('uncaughtException', note).on('unhandledRejection', note)
  return {
    next: () => caught.shift(),
    [Symbol.dispose]: () => void process.off('uncaughtException', note).off('unhandledRejection', note),
  }
}

interface Stage extends AsyncDisposable {
  play(input: Uint8Array): Promise<{ what: string | undefined; values: number; errors: number }>
  /** Sent by the printer in the last play. */
  packets(): number
}

const oids = [
  system.location,
  system.descr,
  system.objectId,
  `${printer.markerLifeCount}.1.1`,
  `${printer.suppliesLevel}.1.1`,
  '1.3.6.1.4.1.99999.1.0',
] as const
const names = [
  'location',
  'model',
  'serial',
  'pages',
  'toner.black',
  'supplies',
  'trays',
  'status',
  'alerts',
  'addresses',
] as const

async function openStage(open: OpenDriver): Promise<Stage> {
  await using opening = new AsyncDisposableStack()
  let choices = createChoices(new Uint8Array())
  /** Of earlier plays as well: a liar may have guessed the number of the next request. */
  const sent: Uint8Array[] = []
  let packets = 0
  const agent: FixtureAgent = opening.use(
    await openFixtureAgent(plainPrinter(), (request, right) => {
      const lies = lie(choices, request, right())
      packets += lies.length
      sent.push(...lies)
      sent.splice(0, sent.length - mostRemembered)
      return lies
    }),
  )
  const url = agent.url().replace(/\?.*/, '?timeout=0.1&retries=0')
  const driver = opening.use(await open(url))
  const opened = opening.move()
  return {
    packets: () => packets,
    async play(input) {
      choices = createChoices(input)
      packets = 0
      agent.requests.length = 0
      try {
        const { asked, answer } = await ask(driver, choices)
        const what = wrongIn(asked, answer, sent)
        return { what, values: Object.keys(answer.values).length, errors: Object.keys(answer.errors).length }
      } catch (error) {
        const what = error instanceof Failure ? undefined : `thrown: ${wordsFor(error)}`
        return { what, values: 0, errors: 1 }
      }
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** Names that only `get` answers one by one; what it was all about is undefined. */
async function ask(
  driver: Driver,
  choices: ReturnType<typeof createChoices>,
): Promise<{ asked: readonly string[] | undefined; answer: ObjectAnswer }> {
  switch (choices.below(16)) {
    case 15:
      return { asked: undefined, answer: { values: await driver.all(), errors: {} } }
    case 14:
      return { asked: undefined, answer: { values: Object(await driver.capabilities()), errors: {} } }
    case 13:
      return { asked: undefined, answer: { values: { restart: await driver.command('restart', {}) }, errors: {} } }
    case 12:
    case 11: {
      const values: Record<string, Json> = { [choices.pick(['location', 'name', system.contact] as const)]: 'here' }
      return { asked: Object.keys(values), answer: await driver.set(values) }
    }
    case 10:
    case 9: {
      const asked = [choices.pick(names)]
      return { asked, answer: await driver.get(asked) }
    }
    default: {
      const asked = [...new Set(Array.from({ length: 1 + choices.below(3) }, () => choices.pick(oids)))]
      return { asked, answer: await driver.get(asked) }
    }
  }
}
