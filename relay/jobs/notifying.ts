/** Tells devices of their jobs over the session (M1): one notification a device at a time, again until the device has recorded it. */
import { type Clock, Failure, inBackground, type Log } from '@fairlead/base'
import { type Json, jobsCommand, mostJobsTold } from '@fairlead/protocol/contract'
import { z } from 'zod'

export interface Notifying {
  /** Tells the device now of what it is to hear, if it is ONLINE. */
  wake(device: string): void
  /** It has come: the same, if anything was known to wait for it. */
  online(device: string): void
  /** These are to hear of something: those that are here are told, unless that has just failed. */
  look(devices: readonly string[]): void
  isOwn(requestId: string): boolean
  rest(): void
  /** @throws {Failure} what became of it instead; its facts say with what outcome */
  ask(request: {
    requestId: string
    account: string
    device: string
    command: string
    args: Record<string, Json>
  }): Promise<Json>
}

export interface NotifyingNeeds {
  clock: Clock
  log: Log
  findDevice(device: string): { account: string } | undefined
  presenceOf(device: string): { state: string } | undefined
  isHere(device: string): boolean
  newRequestId(): string
  ask: Notifying['ask']
  dueOf(device: string): Promise<string[]>
  told(
    jobIds: readonly string[],
    event: { kind: 'notified' } | { kind: 'received' } | { kind: 'refused'; reason: string },
  ): Promise<void>
}

/** A device whose notification came to nothing is told again after this. */
const pauseMs = 15_000

/** What the device says that it has on its disk now. */
const Recorded = z.object({ recorded: z.array(z.string()).max(1000) })

export function createNotifying(needs: NotifyingNeeds): Omit<Notifying, 'ask'> {
  const { clock, log } = needs
  /** Devices that are being told; true: there is more by now. */
  const telling = new Map<string, boolean>()
  const quietUntil = new Map<string, number>()
  const own = new Set<string>()
  /** Those that were to hear of something a moment ago: of thousands that come at once few are looked for in the record. */
  let awaited: ReadonlySet<string> = new Set()
  let isResting = false

  function wake(device: string): void {
    if (isResting) return
    quietUntil.delete(device)
    if (telling.has(device)) return void telling.set(device, true)
    if (needs.presenceOf(device)?.state !== 'online') return
    telling.set(device, false)
    inBackground(log, 'jobs.not-notified', () => tellAll(device))
  }

  async function tellAll(device: string): Promise<void> {
    try {
      do {
        telling.set(device, false)
        const due = await needs.dueOf(device)
        if (due.length > 0 && !(await tell(device, due))) quietUntil.set(device, clock.now() + pauseMs)
        else if (due.length >= mostJobsTold) telling.set(device, true)
      } while (telling.get(device) && !isResting)
    } finally {
      telling.delete(device)
    }
  }

  /** @returns whether the device has recorded them all */
  async function tell(device: string, jobIds: string[]): Promise<boolean> {
    const account = needs.findDevice(device)?.account
    if (account === undefined) return false
    const requestId = needs.newRequestId()
    own.add(requestId)
    try {
      const result = Recorded.safeParse(
        await needs.ask({ requestId, account, device, command: jobsCommand, args: { jobIds } }),
      )
      const recorded = new Set(result.data?.recorded)
      const [taken, left] = [jobIds.filter((id) => recorded.has(id)), jobIds.filter((id) => !recorded.has(id))]
      if (left.length > 0) await needs.told(left, { kind: 'notified' })
      if (taken.length > 0) await needs.told(taken, { kind: 'received' })
      return left.length === 0
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (error.code === 'device-refused')
        await needs.told(jobIds, { kind: 'refused', reason: `The device takes no jobs: ${error.message}` })
      // It has left, and whether it came is not known.
      else if (error.facts['outcome'] === 'unknown') await needs.told(jobIds, { kind: 'notified' })
      return error.code === 'device-refused'
    } finally {
      own.delete(requestId)
    }
  }

  return {
    wake,
    online(device) {
      if (awaited.has(device)) wake(device)
    },
    look(devices) {
      awaited = new Set(devices)
      const now = clock.now()
      for (const [device, untilMs] of quietUntil) if (untilMs <= now) quietUntil.delete(device)
      for (const device of devices)
        if (!telling.has(device) && !quietUntil.has(device) && needs.isHere(device)) wake(device)
    },
    isOwn: (requestId) => own.has(requestId),
    rest() {
      isResting = true
    },
  }
}
