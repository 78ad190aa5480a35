/** Responses of devices (A10), in the session or over HTTP: the first one counts, in time or late. */
import { type Clock, Failure, inBackground, type Log } from '@fairlead/base'
import type { DeviceResponse, ObjectAnswer } from '@fairlead/protocol/contract'
import type { Xml } from '@fairlead/protocol/xmpp'
import { refused, verdictFrom } from './answers.ts'
import type { DeviceQueues } from './device-queues.ts'
import type { Endings } from './endings.ts'
import type { OpenRequests } from './open-requests.ts'
import { readAnswer, sameAnswer } from './push.ts'
import type { RequestRecord, Verdict } from './record.ts'

export interface Responses {
  /** An IQ result or error of the device; one that answers nothing of ours is dropped. */
  inSession(device: string, iq: Xml): void
  /** @see {Requests.answer} */
  overHttp(device: string, requestId: string, response: DeviceResponse): Promise<'taken' | 'late'>
}

export interface ResponsesNeeds {
  clock: Clock
  log: Log
  open: OpenRequests
  queues: DeviceQueues
  endings: Endings
  /** In memory only. */
  recent(requestId: string): RequestRecord | undefined
  recordOf(requestId: string): Promise<RequestRecord | undefined>
  /** The way back into the service's names (A13). */
  backOf(record: RequestRecord): ((answer: ObjectAnswer) => ObjectAnswer) | undefined
}

export function createResponses(needs: ResponsesNeeds): Responses {
  const { clock, log, open, queues, endings } = needs

  function verdictOf(record: RequestRecord, response: DeviceResponse): Verdict {
    const asked = record.request.get ?? Object.keys(record.request.set ?? {})
    return verdictFrom(record.kind, asked, response, needs.backOf(record) ?? ((answer) => answer))
  }

  function take(record: RequestRecord, told: DeviceResponse | undefined, verdict: Verdict): Promise<void> {
    record.answeredAt = clock.wallNow()
    // Who answers has had it.
    record.acknowledgedAt ??= record.answeredAt
    if (told) record.told = told
    const waiting = open.find(record.requestId)
    queues.happen(record.device, { kind: 'answered', id: record.requestId })
    if (!waiting) {
      record.late = true
      return endings.amend(record, verdict)
    }
    endings.end(waiting, verdict)
    // The device forgets its answer when it hears that it was taken.
    return record.durable ? endings.stored(record) : Promise.resolve()
  }

  return {
    inSession(device, iq) {
      const record = needs.recent(iq.attributes.get('id') ?? '')
      if (record?.device !== device || record.outcome === 'answered') return
      inBackground(log, 'requests.late-answer-lost', async () => {
        try {
          const response = readAnswer(iq)
          return await take(record, response, verdictOf(record, response))
        } catch (error) {
          if (!(error instanceof Failure)) throw error
          return take(record, undefined, refused(`The device's answer cannot be read: ${error.message}`))
        }
      })
    },

    async overHttp(device, requestId, response) {
      // In one turn, if it is in memory: the first response counts, and only the first.
      const record = needs.recent(requestId) ?? (await needs.recordOf(requestId))
      if (record?.device !== device || record.outcome === 'not-sent') {
        log.warn('requests.stray-answer', 'A device answered a request that is not its own.', { device })
        throw new Failure('not-found', 'This request was never sent to this device.')
      }
      if (record.outcome === 'answered') {
        if (record.told && !sameAnswer(record.told, response))
          throw new Failure('already-answered', 'This request was answered already, with something else.')
        // It repeats what could not be stored.
        if (record.durable) await endings.stored(record)
        return record.late ? 'late' : 'taken'
      }
      await take(record, response, verdictOf(record, response))
      return record.late ? 'late' : 'taken'
    },
  }
}
