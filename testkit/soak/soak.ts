/** One run of a soak: a street under load, what it was told and promised, and at the end the judgement. */
import { createSeededRandom } from '@fairlead/base'
import { createService } from '../service.ts'
import { until } from '../until.ts'
import {
  checkDeed,
  checkPromises,
  checkRefusal,
  checkTenant,
  type Deed,
  type Lie,
  type Receipt,
  type Return,
  type Rules,
} from './history.ts'
import { startListener } from './listener.ts'
import { type Load, startLoad } from './load.ts'
import { checkOrder } from './order.ts'
import { startPromises } from './promises.ts'
import { checkAgents, checkRelayEnd, readMistakes } from './remains.ts'
import { openSoakStreet, type SoakStreet, type StreetOptions } from './street.ts'

export interface SoakOptions extends StreetOptions {
  seed: number
  /** Multiplies every bound in time. */
  patience: number
  callers?: number
  /** Between two calls of one caller, at most. */
  pauseMs?: number
  rules?: Partial<Rules>
  /** Between two things that are promised for good, at most. */
  promiseEveryMs?: number
  /** From here the relay's data folder is seen at another place. */
  seenData?: (path: string) => string
  /** Events of the relay's log that are no mistake while this fault lasts. */
  expectedErrors?: RegExp
  /** Of several nodes: stops them and looks at what they leave behind, given the numbers of the events that were heard. */
  remains?: (heard: readonly number[]) => Promise<Lie[]>
  /** The listener goes to another node where it has heard nothing for so long. */
  listenPatienceMs?: number
  /** Of several nodes: how long what was acknowledged may be unknown at one that could not hear or read of it. */
  knownWithinMs?: number
}

export interface Soak extends AsyncDisposable {
  readonly street: SoakStreet
  readonly load: Load
  readonly lies: Lie[]
  /** `errors`: what services were told instead of an answer, by its code, and how often. */
  readonly counts: { executions: number; promises: number; errors: Map<string, number> }
  /** Ends the relay and starts it again on the same port and data. @returns when it was ready, of `performance.now()` */
  restartRelay(signal: 'SIGTERM' | 'SIGKILL'): Promise<number>
  /** How long after `sinceMs` each was ONLINE again. */
  returns(devices: readonly string[], sinceMs: number): Promise<Return[]>
  /** Asks a device that the relay has just called OFFLINE: that is told at once. */
  mustRefuse(device: string): Promise<void>
  /** Judges what has ended at least so long ago, and forgets it. */
  judge(endedBeforeMs?: number): Promise<void>
  /** Ends the load, waits for what is pending, judges everything, stops the relay and looks at what it leaves behind. */
  settle(): Promise<void>
}

/** A call may take so long beyond its time-out: what is more is a lie. */
const lateMs = 1000
/** Read by whoever only wants to see whether a device answers. */
export const lookToken = 'look.w0'
const returnWithinMs = 60_000
const answerWithinMs = 10_000
/** So many receipts are asked for at the same time. */
const receiptsAtOnce = 16
/** The longest time-out of a call, the longest deferral and the grace together. */
const outcomeWithinMs = 45_000

export async function openSoak(options: SoakOptions): Promise<Soak> {
  const { seed, callers = 12, pauseMs = 200, seenData = (path) => path, expectedErrors = /^$/ } = options
  const rules: Rules = {
    lateMs: lateMs * options.patience,
    mayLoseCalls: false,
    mayLoseSessions: true,
    mayForgetOutcomes: false,
    ...options.rules,
  }
  await using building = new AsyncDisposableStack()
  const random = createSeededRandom(seed)
  const street = building.use(await openSoakStreet(options))
  const { url: relayUrl, adminKey: key, service } = street.relay
  const run = `s${seed}`
  const { devices, accounts } = street
  const load = startLoad({ run, relayUrl, key, devices, accounts, random, callers, pauseMs })
  building.defer(() => load.stop())
  const device = street.devices[0] ?? ''
  const promises = startPromises({
    run,
    relayUrl,
    key,
    device,
    secret: street.secret,
    random,
    pauseMs: options.promiseEveryMs ?? 200,
    ...(options.knownWithinMs !== undefined && { knownWithinMs: options.knownWithinMs }),
  })
  building.defer(() => promises.stop())
  const { listenPatienceMs: patienceMs } = options
  const listener = startListener({ relayUrl, key, ...(patienceMs !== undefined && { patienceMs }) })
  building.defer(() => listener.stop())
  const lies: Lie[] = []
  const counts = { executions: 0, promises: 0, errors: new Map<string, number>() }
  const strangers: Deed['executions'] = []
  const answering = new Set<string>()

  async function takeExecutions(): Promise<number> {
    const taken = await street.executions.take()
    counts.executions += taken.length
    for (const execution of [...strangers.splice(0), ...taken.filter(({ token }) => token !== lookToken)]) {
      const deed = load.deeds.get(execution.token)
      if (deed) deed.executions.push(execution)
      else strangers.push(execution)
    }
    return taken.length
  }

  async function readReceipt(requestId: string): Promise<Receipt> {
    const { status, body } = await service.read(`/v1/requests/${requestId}`)
    const { outcome, values, result } = Object(body)
    return { requestId, status, outcome, answer: values ? { values } : result === undefined ? undefined : { result } }
  }

  const stranger = createService(relayUrl, street.strangerKey)

  /** Looks up what must be on disk; waits for what is pending. */
  async function addReceipts(deed: Deed): Promise<void> {
    const isStranger = !accounts.has(deed.device)
    const kept = deed.attempts.filter(
      ({ isAsync, told }) => deed.key !== undefined || isAsync || told?.outcome === 'pending',
    )
    const ids = new Set(
      kept.flatMap(({ told }) =>
        told && /^(answered|unknown|pending)$/.test(told.outcome ?? '') ? [told.requestId] : [],
      ),
    )
    for (const requestId of ids) {
      let receipt = await readReceipt(requestId)
      const giveUpAtMs = performance.now() + outcomeWithinMs
      while (receipt.outcome === 'pending' && performance.now() < giveUpAtMs) {
        await new Promise((again) => setTimeout(again, 200))
        receipt = await readReceipt(requestId)
      }
      deed.receipts.push(receipt)
      if (isStranger) lies.push(...checkTenant(requestId, (await stranger.read(`/v1/requests/${requestId}`)).status))
    }
  }

  async function judge(endedBeforeMs = Number.POSITIVE_INFINITY): Promise<void> {
    const ripe = [...load.deeds.values()].filter(
      ({ attempts }) =>
        attempts.length > 0 && attempts.every(({ endedMs = Number.POSITIVE_INFINITY }) => endedMs <= endedBeforeMs),
    )
    for (let at = 0; at < ripe.length; at += receiptsAtOnce)
      await Promise.all(ripe.slice(at, at + receiptsAtOnce).map(addReceipts))
    if (endedBeforeMs === Number.POSITIVE_INFINITY)
      await until('the devices have come to rest', async () => (await takeExecutions()) === 0 && restMs(500), 30_000)
    else await takeExecutions()
    for (const deed of ripe) {
      lies.push(...checkDeed(deed, rules))
      countErrors(deed, counts.errors)
      if (isAnswered(deed)) answering.add(deed.device)
      load.deeds.delete(deed.token)
    }
    if (rules.mayOvertake !== 'all') lies.push(...checkOrder(ripe, rules.mayOvertake === 'live'))
    lies.push(...checkPromises(await promises.find()))
    counts.promises = promises.counts.made
  }

  const isAnswered = ({ attempts }: Deed) => attempts.some(({ told }) => told?.outcome === 'answered')

  /** A fault that ends as the load does leaves a device no time to answer. */
  async function letAllAnswer(): Promise<void> {
    const hasAnswered = (id: string) =>
      answering.has(id) || load.deeds.values().some((deed) => deed.device === id && isAnswered(deed))
    // Who is silent even so is told of at the end.
    await until('each has answered', () => devices.every(hasAnswered), answerWithinMs).catch(() => {})
  }

  async function restMs(ms: number): Promise<boolean> {
    await new Promise((done) => setTimeout(done, ms))
    return (await takeExecutions()) === 0
  }

  function readLog(): void {
    lies.push(...readMistakes('the relay', street.relay.relay().output().stderr, expectedErrors))
  }

  const built = building.move()
  return {
    street,
    load,
    lies,
    counts,
    async restartRelay(signal) {
      readLog()
      await street.relay.restartRelay(signal)
      return performance.now()
    },

    async returns(devices, sinceMs) {
      const returned = new Map<string, number>()
      while (returned.size < devices.length && performance.now() - sinceMs < returnWithinMs) {
        const here = await street.online()
        for (const id of devices) if (here?.has(id) && !returned.has(id)) returned.set(id, performance.now() - sinceMs)
        await new Promise((again) => setTimeout(again, 25))
      }
      return devices.map((id) => ({ device: id, afterMs: returned.get(id) }))
    },

    async mustRefuse(asked) {
      const sinceMs = performance.now()
      const { body, outcome } = await service.ask(asked, { get: [`note:${lookToken}`] })
      const refusal = { code: Object(body).code, outcome, afterMs: performance.now() - sinceMs }
      lies.push(...checkRefusal(asked, refusal, rules.lateMs))
    },

    judge,
    async settle() {
      await letAllAnswer()
      await Promise.all([promises.stop(), load.stop()])
      await judge()
      // In a few calls it may not have had its turn.
      if (load.counts.calls > 20 * devices.length)
        for (const silent of devices.filter((each) => !answering.has(each)))
          lies.push({ rule: 'not-done', words: `${silent} has answered nothing at all.` })
      for (const fault of listener.faults) lies.push({ rule: 'lost-record', words: `The event stream: ${fault}.` })
      await listener.stop()
      const missed = await listener.countMissed()
      if (missed > 0) lies.push({ rule: 'lost-record', words: `The event stream left out ${missed} events.` })
      for (const { device: asked, token } of strangers)
        lies.push({ rule: 'done-twice', words: `${asked} did ${token} again, long after it was over.` })
      lies.push(...(await checkAgents(street.agents)))
      if (options.remains) return void lies.push(...(await options.remains(listener.heard)))
      readLog()
      lies.push(...(await checkRelayEnd(street.relay.relay(), seenData(street.relay.data))))
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

function countErrors({ attempts }: Deed, errors: Map<string, number>): void {
  for (const { told, hungUp } of attempts) {
    if (hungUp || told?.outcome === 'answered' || told?.outcome === 'pending') continue
    const name = told ? `${told.code} (${told.outcome})` : 'connection lost'
    errors.set(name, (errors.get(name) ?? 0) + 1)
  }
}
