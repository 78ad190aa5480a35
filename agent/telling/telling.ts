/** Looks at a device again and again, and tells the relay what has changed until it knows (B7): kept on disk before it is told. */
import { backoffMs, type Clock, Failure, inBackground, type Log, type Random, type Timer } from '@fairlead/base'
import type { Driver } from '../drivers/driver.ts'
import type { TellingStore } from '../memory/telling-store.ts'
import type { HttpOutcome } from '../uplink/http-client.ts'
import { troubleOfAnswer } from '../uplink/relay-door.ts'
import { describeTrouble } from '../uplink/trouble.ts'
import {
  newTelling,
  nextToTell,
  recalled,
  step,
  type TellingEffect,
  type TellingInput,
  type ToldEvent,
} from './telling-machine.ts'

export interface TellingRunner {
  start(): void
  /** The relay is there, or may be called again. */
  hurry(): void
  /** The device has another owner, or none. */
  forget(): void
  stop(): void
}

export interface TellingNeeds {
  device: string
  /** 0: never. */
  everySeconds: number
  driver: Pick<Driver, 'look'>
  store: TellingStore
  /** It belongs to somebody: what it does is that one's business. */
  isOwned(): boolean
  /** The relay may be called though nobody asks: not while the session maintenance mode is OFF (A1). */
  mayCall(): boolean
  call(path: string, body: unknown, timeoutMs: number): Promise<HttpOutcome>
  clock: Clock
  random: Random
  log: Log
}

const tryMs = 15_000
const limits = { firstMs: 1_000, longestMs: 300_000 }
/** A device that does not answer is looked at half as often each time, down to this. */
const rarelyMs = 15 * 60_000
/** Said otherwise they will never be taken. */
const unacceptable = new Set([400, 413, 422])

export function createTelling(needs: TellingNeeds): TellingRunner {
  const { clock, device, driver, log, store } = needs
  const kept = store.read()
  const state = kept ? recalled(kept) : newTelling(needs.random.token(12))
  const everyMs = needs.everySeconds * 1000
  let lookTimer: Timer | undefined
  let tellTimer: Timer | undefined
  let silences = 0
  let attempt = 0
  let mostAtOnce = Number.POSITIVE_INFINITY
  let isKept = true
  let isLooking = false
  let isTelling = false
  let isStopped = false

  function happen(input: TellingInput): void {
    const effects: TellingEffect[] = []
    step(state, input, clock.wallNow(), effects)
    for (const { kind } of effects)
      if (kind === 'keep') keep()
      else hurry()
  }

  function keep(): void {
    isKept = false
    store.keep(state)
    isKept = true
  }

  /** The next one is begun when this one has ended, however long it takes. */
  async function look(): Promise<void> {
    isLooking = true
    try {
      if (!needs.isOwned()) return
      const objects = await driver.look()
      silences = 0
      // It may have been given away meanwhile.
      if (!isStopped && needs.isOwned()) happen({ kind: 'looked', objects })
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      silences++
    } finally {
      isLooking = false
      lookIn(Math.max(everyMs, Math.min(rarelyMs, everyMs * 2 ** Math.min(silences, 20))))
    }
  }

  function lookIn(ms: number): void {
    if (isStopped || isLooking || everyMs === 0) return
    lookTimer?.cancel()
    lookTimer = clock.at(clock.now() + ms, () => inBackground(log, 'device.not-looked', look))
  }

  async function tell(): Promise<void> {
    if (isTelling || isStopped || state.waiting.length === 0 || !needs.mayCall()) return
    // What a full disk has refused is not told before it is there: after a crash its ID would stand for something else.
    if (!isKept) keep()
    isTelling = true
    try {
      const events = nextToTell(state, mostAtOnce)
      const outcome = await needs.call('/device/v1/events', { events }, tryMs)
      const status = 'status' in outcome ? outcome.status : 0
      const isRefused = unacceptable.has(status)
      if (isStopped || (status !== 200 && !isRefused)) return tellLater()
      attempt = 0
      // One that is not taken must not keep the others from being told.
      if (isRefused && events.length > 1) mostAtOnce = 1
      else settle(events, isRefused ? outcome : undefined)
    } finally {
      isTelling = false
    }
    hurry()
  }

  function settle([first, ...others]: readonly ToldEvent[], refused: HttpOutcome | undefined): void {
    if (refused)
      log.warn('device.not-told', `The relay does not take what the device tells. ${whyNot(refused)}`, { device })
    mostAtOnce = Number.POSITIVE_INFINITY
    // If it was given away meanwhile they are not there any more.
    if (first && state.waiting[0]?.id === first.id) happen({ kind: 'done', events: others.length + 1 })
  }

  function tellLater(): void {
    if (isStopped) return
    tellTimer?.cancel()
    tellTimer = clock.at(clock.now() + backoffMs(attempt++, limits, needs.random.fraction()), hurry)
  }

  function hurry(): void {
    if (state.waiting.length > 0) inBackground(log, 'device.not-told', tell)
  }

  return {
    start() {
      isStopped = false
      lookIn(0)
      hurry()
    },
    hurry,
    forget() {
      happen({ kind: 'forget' })
      // From here on it is counted for whoever has it now.
      lookIn(0)
    },
    stop() {
      isStopped = true
      lookTimer?.cancel()
      tellTimer?.cancel()
    },
  }
}

function whyNot(outcome: HttpOutcome): string {
  return describeTrouble('trouble' in outcome ? outcome.trouble : troubleOfAnswer(outcome))
}
