/** A factory reset at the device (S-R4): its owner is asked, and may object; until that is over it stays as it is. */
import { type Clock, Failure } from '@fairlead/base'
import { z } from 'zod'
import type { HttpOutcome } from './uplink/http-client.ts'
import { readAnswer, troubleOfAnswer } from './uplink/relay-door.ts'
import { describeTrouble } from './uplink/trouble.ts'

export interface Reset {
  /** When the device is free; undefined: nobody has asked for it, or its owner has objected. */
  dueAt(): string | undefined
  /** Kept on disk when it resolves. @throws {Failure} in one sentence: the relay has not heard of it */
  ask(): Promise<void>
}

export interface ResetNeeds {
  kept(): string | null
  /** On disk when it returns. */
  keep(dueAt: string): void
  call(path: string, body: unknown, timeoutMs: number): Promise<HttpOutcome>
  clock: Clock
}

const Answer = z.object({ dueAt: z.iso.datetime() })
const tryMs = 15_000
/** A relay carries it out within seconds; a device whose secret is taken for longer has an owner who objected. */
const graceMs = 60_000

export function createReset({ kept, keep, call, clock }: ResetNeeds): Reset {
  return {
    dueAt() {
      const dueAt = kept()
      return dueAt !== null && clock.wallNow() < Date.parse(dueAt) + graceMs ? dueAt : undefined
    },
    async ask() {
      const outcome = await call('/device/v1/reset', {}, tryMs)
      const answer = Answer.safeParse('status' in outcome && outcome.status === 202 ? readAnswer(outcome) : undefined)
      if (answer.success) return keep(answer.data.dueAt)
      const trouble = 'trouble' in outcome ? outcome.trouble : troubleOfAnswer(outcome)
      throw new Failure(
        'unavailable',
        `The relay has not heard of the reset, so nothing has changed. ${describeTrouble(trouble)}`,
      )
    },
  }
}
