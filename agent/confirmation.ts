/** Somebody has pressed "Confirm" at the device (B5): the relay is told so, again and again until it knows, also after a power cut. */
import { backoffMs, type Clock, Failure, inBackground, type Log, type Random, type Timer } from '@fairlead/base'
import type { DeviceRecord } from './memory/device-record.ts'
import type { HttpOutcome } from './uplink/http-client.ts'

export interface Confirmation extends Disposable {
  /** The device has been claimed, and nobody has confirmed it here yet. */
  isWanted(): boolean
  /** On disk when it returns. @throws {Failure} `not-found`: there is nothing to confirm @throws when it cannot be kept */
  confirm(): void
  /** The device has a session: what the relay does not know yet is told. */
  hurry(): void
}

export interface ConfirmationNeeds {
  claim(): DeviceRecord['claim']
  /** On disk when it returns. */
  keep(claim: DeviceRecord['claim']): void
  call(path: string, body: unknown, timeoutMs: number): Promise<HttpOutcome>
  clock: Clock
  random: Random
  log: Log
}

const tryMs = 15_000
const limits = { firstMs: 1_000, longestMs: 300_000 }

export function createConfirmation({ claim, keep, call, clock, random, log }: ConfirmationNeeds): Confirmation {
  let timer: Timer | undefined
  let isTelling = false
  let attempt = 0

  async function tell(): Promise<void> {
    const now = claim()
    if (!now?.confirmedAt || now.isTold || isTelling) return
    isTelling = true
    try {
      const { id, confirmedAt } = now
      const event = { id: `confirmed ${id}`, type: 'instruction', at: confirmedAt, claim: id }
      const outcome = await call('/device/v1/events', { events: [event] }, tryMs)
      if ('status' in outcome && outcome.status === 200) keep({ ...now, isTold: true })
      else tellLater()
    } finally {
      isTelling = false
    }
  }

  function tellLater(): void {
    timer?.cancel()
    timer = clock.at(clock.now() + backoffMs(attempt++, limits, random.fraction()), hurry)
  }

  function hurry(): void {
    inBackground(log, 'device.confirmation-not-told', tell)
  }

  return {
    isWanted: () => claim()?.confirmedAt === null,
    confirm() {
      const now = claim()
      if (now?.confirmedAt !== null) throw new Failure('not-found', 'There is nothing to confirm.')
      keep({ ...now, confirmedAt: new Date(clock.wallNow()).toISOString() })
      attempt = 0
      hurry()
    },
    hurry,
    [Symbol.dispose]: () => timer?.cancel(),
  }
}
