/** Does what the relay pushed (S261): each request once, changes one after another, and remembers the answers. */
import { type Clock, Failure, inBackground, type Log } from '@fairlead/base'
import type { ObjectAnswer } from '@fairlead/protocol/contract'
import type { Driver } from '../drivers/driver.ts'
import { type Journal, undeliveredMs } from '../memory/journal.ts'
import type { Answer } from './answer.ts'
import type { Courier } from './courier.ts'
import { type PushedRequest, readPushedRequest } from './pushed-request.ts'

export interface RequestsNeeds {
  driver: Pick<Driver, 'get' | 'set' | 'command'>
  /** It waits for no change before it, and does no harm when it is done twice. */
  isAtOnce?(command: string): boolean
  journal: Journal
  courier: Courier
  clock: Clock
  log: Log
  /** Told after every change: how many requests are being executed or wait for their answer to arrive. */
  onWork(running: number): void
}

export interface Requests {
  /** Never throws; whatever comes is answered. */
  receive(requestId: string, text: string): void
  /** Sends what an earlier life of the agent had answered but perhaps not delivered. */
  resume(): void
}

/** Nobody waits for what was read any more when the request's time-out is over by this much. */
const wellOverMs = 60_000

const doneBefore =
  'It was begun before, perhaps before a restart, and its end is not known: it may have been done, and is not done a second time.'
const tooLate = 'Its time-out was over before its turn came: it has not been done.'
const notRecorded = 'The agent could not record the request on its disk, so it has not been done.'

export function createRequests(needs: RequestsNeeds): Requests {
  const { clock, courier, driver, journal, log } = needs
  const running = new Set<string>()
  /** The end of the queue of changes. */
  let lastChange: Promise<unknown> = Promise.resolve()

  function receive(requestId: string, text: string): void {
    // Pushed again while it is being done: the one answer is for both.
    const isRunning = running.has(requestId)
    running.add(requestId)
    needs.onWork(running.size)
    if (isRunning) return
    inBackground(log, 'requests.failed', async () => {
      try {
        await doAndAnswer(requestId, text)
      } finally {
        if (running.delete(requestId)) needs.onWork(running.size)
      }
    })
  }

  async function doAndAnswer(requestId: string, text: string): Promise<void> {
    const known = journal.recall(requestId)
    if (known.known === 'answered') return deliver(requestId, known.answer, wellOverMs)
    if (known.known === 'begun') return deliver(requestId, { refused: doneBefore }, wellOverMs)
    let request: PushedRequest
    try {
      request = readPushedRequest(text)
    } catch (error) {
      return deliver(requestId, refusalOf(error, log), wellOverMs)
    }
    const untilMs = clock.now() + request.timeoutMs + wellOverMs
    // Neither a driver that never comes back nor a relay that is away may keep the agent from ending its session.
    const release = clock.at(untilMs, () => {
      if (running.delete(requestId)) needs.onWork(running.size)
    })
    const answer = await execute(requestId, request)
    journal.finish(requestId, answer)
    // Of a change it matters for long whether it was made; what was read may be read again.
    const forMs = request.kind === 'get' ? Math.max(wellOverMs, untilMs - clock.now()) : undeliveredMs
    await deliver(requestId, answer, forMs)
    release.cancel()
  }

  async function deliver(requestId: string, answer: Answer, forMs: number): Promise<void> {
    if (await courier.deliver(requestId, answer, clock.now() + forMs)) journal.delivered(requestId)
  }

  function execute(requestId: string, request: PushedRequest): Promise<Answer> {
    if (request.kind === 'get') return answerOf(() => read(request.objects, request.timeoutMs))
    if (request.kind === 'command' && needs.isAtOnce?.(request.command))
      return answerOf(async () => ({ result: await driver.command(request.command, request.args) }))
    const startBeforeMs = clock.now() + request.timeoutMs
    // In the order they were pushed: a later SET must not be overtaken by an earlier one.
    const change = lastChange.then(() => makeChange(requestId, request, startBeforeMs))
    lastChange = change
    return change
  }

  /** Reading changes nothing, so a silent device can be told as that while somebody still waits for it. */
  async function read(objects: readonly string[], timeoutMs: number): Promise<ObjectAnswer> {
    const enoughMs = timeoutMs - Math.min(1000, timeoutMs / 4)
    const message = `The device did not answer within ${enoughMs / 1000} s.`
    const late = Promise.withResolvers<ObjectAnswer>()
    const timer = clock.at(clock.now() + enoughMs, () =>
      late.resolve({
        values: {},
        errors: Object.fromEntries(objects.map((name) => [name, { code: 'no-answer', message }])),
      }),
    )
    try {
      return await Promise.race([driver.get(objects), late.promise])
    } finally {
      timer.cancel()
    }
  }

  async function makeChange(
    requestId: string,
    request: Exclude<PushedRequest, { kind: 'get' }>,
    startBeforeMs: number,
  ): Promise<Answer> {
    if (clock.now() >= startBeforeMs) return { refused: tooLate }
    try {
      journal.begin(requestId, clock.wallNow() + undeliveredMs)
    } catch (error) {
      log.error('requests.not-recorded', notRecorded, error, { requestId })
      return { refused: notRecorded }
    }
    return answerOf(async () =>
      request.kind === 'set'
        ? await driver.set(request.values)
        : { result: await driver.command(request.command, request.args) },
    )
  }

  async function answerOf(work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await work()
    } catch (error) {
      return refusalOf(error, log)
    }
  }

  return {
    receive,
    resume() {
      for (const { requestId, answer, untilMs } of journal.undelivered())
        inBackground(log, 'requests.resume-failed', () => deliver(requestId, answer, untilMs - clock.wallNow()))
    },
  }
}

function refusalOf(error: unknown, log: Log): { refused: string } {
  if (error instanceof Failure) return { refused: error.message.slice(0, 1024) }
  log.error('requests.driver-failed', 'The driver broke while it did a request.', error)
  return { refused: 'The agent failed while it did this; its log says why.' }
}
