/** Responses of devices (A10), in the session or over HTTP: the first one counts, in time or late. */
import { isDeepStrictEqual } from 'node:util'
import { type Clock, Failure, inBackground, type Log } from '@fairlead/base'
import type { DeviceResponse, ObjectAnswer } from '@fairlead/protocol/contract'
import type { Xml } from '@fairlead/protocol/xmpp'
import { verdictFrom } from './answers.ts'
import type { DeviceQueues } from './device-queues.ts'
import type { Endings } from './endings.ts'
import type { OpenRequests } from './open-requests.ts'
import { readAnswer, sameAnswer } from './push.ts'
import type { RequestRecord, Verdict } from './record.ts'

export interface Responses {
  /** An IQ result or error of the device; one that answers nothing of ours is dropped. */
  inSession(device: string, iq: Xml): void
  /**
   * The device's response over HTTP (A10).
   *
   * @param address that the device calls from
   * @param mayBeLost whoever had the request may have forgotten it: one that nobody knows is then `late`
   * @returns `late` when nobody waits any more
   * @throws {Failure} `not-found`: never this device's; `already-answered`: with something else
   */
  overHttp(
    device: string,
    requestId: string,
    response: DeviceResponse,
    address?: string,
    mayBeLost?: boolean,
  ): Promise<'taken' | 'late'>
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
  /** S-M2: it answers what another device was asked. */
  stray(device: string, requestId: string, address?: string): void
  /** Where there are several nodes: an answer in the session to what is not known here. */
  elsewhere?: ((device: string, requestId: string, response: DeviceResponse) => Promise<void>) | undefined
}

export function createResponses(needs: ResponsesNeeds): Responses {
  const { clock, log, open, queues, endings } = needs

  function verdictOf(record: RequestRecord, response: DeviceResponse): Verdict {
    const asked = record.request.get ?? Object.keys(record.request.set ?? {})
    return verdictFrom(record.kind, asked, response, needs.backOf(record) ?? ((answer) => answer))
  }

  function take(record: RequestRecord, told: DeviceResponse): Promise<void> {
    const verdict = verdictOf(record, told)
    record.answeredAt = clock.wallNow()
    // Who answers has had it.
    record.acknowledgedAt ??= record.answeredAt
    record.told = told
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

  /** What cannot be read is an answer all the same: the device has had the request. */
  function readInSession(iq: Xml): DeviceResponse {
    try {
      return readAnswer(iq)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      return { refused: `its answer cannot be read: ${error.message}` }
    }
  }

  async function takeAgain(record: RequestRecord, response: DeviceResponse): Promise<void> {
    // Of one that another node took, or an earlier run, the words are not kept: only what they meant.
    const isSame = record.told
      ? sameAnswer(record.told, response)
      : isDeepStrictEqual(verdictOf(record, response), record.verdict)
    if (!isSame) throw new Failure('already-answered', 'This request was answered already, with something else.')
    // It repeats what could not be stored.
    if (record.durable) await endings.stored(record)
  }

  return {
    inSession(device, iq) {
      const requestId = iq.attributes.get('id') ?? ''
      const record = needs.recent(requestId)
      if (record && record.device !== device) return needs.stray(device, requestId)
      if (record?.outcome === 'answered') return
      inBackground(log, 'requests.late-answer-lost', async () => {
        const response = readInSession(iq)
        if (record) await take(record, response)
        else await needs.elsewhere?.(device, requestId, response)
      })
    },

    async overHttp(device, requestId, response, address, mayBeLost = false) {
      // In one turn, if it is in memory: the first response counts, and only the first.
      const record = needs.recent(requestId) ?? (await needs.recordOf(requestId))
      // Nobody waits for it, and its device need not keep it.
      if (!record && mayBeLost) return 'late'
      if (record?.device !== device || record.outcome === 'not-sent') {
        log.warn('requests.stray-answer', 'A device answered a request that is not its own.', { device })
        if (record && record.device !== device) needs.stray(device, requestId, address)
        throw new Failure('not-found', 'This request was never sent to this device.')
      }
      if (record.outcome === 'answered') await takeAgain(record, response)
      else await take(record, response)
      return record.late ? 'late' : 'taken'
    },
  }
}
