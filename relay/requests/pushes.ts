/** The push of a request to its device (A9), in the names that this device understands, and the way back for its answer (A13). */
import type { ServiceRequest } from '@fairlead/protocol/contract'
import type { Sessions } from '../sessions/sessions.ts'
import type { Translated, Translation, Understanding } from '../translation/translation.ts'
import type { OpenRequests } from './open-requests.ts'
import { renderPush } from './push.ts'
import type { RequestRecord } from './record.ts'

export interface Pushes {
  /** Hands it to the device's session. */
  hand(device: string, requestId: string, token: number): void
  /** The way back into the service's names; undefined: as the device says it. */
  backOf(record: RequestRecord): Translated['back'] | undefined
}

export interface PushesNeeds {
  domain: string
  open: Pick<OpenRequests, 'find'>
  sessions: Pick<Sessions, 'resourceOf' | 'send'>
  translation: Translation
  understandingOf(device: string): Understanding
  timeoutMsOf(request: ServiceRequest): number
}

export function createPushes(needs: PushesNeeds): Pushes {
  const { domain, open, sessions, timeoutMsOf } = needs

  function hand(device: string, requestId: string, token: number): void {
    const request = open.find(requestId)
    if (!request) return
    const { record } = request
    const translated = translationOf(record)
    request.back = translated?.back
    const { get, set, command, arguments: args } = { ...record.request, ...translated }
    const text = {
      ...(get && { get }),
      ...(set && { set }),
      ...(command !== undefined && { command }),
      ...(args && { arguments: args }),
      timeoutSeconds: timeoutMsOf(record.request) / 1000,
    }
    const to = `${device}@${domain}/${sessions.resourceOf(device)}`
    sessions.send(device, renderPush({ requestId, kind: record.kind, from: domain, to, text }), token)
  }

  function translationOf({ device, request: { get, set } }: RequestRecord): Translated | undefined {
    if (!get && !set) return undefined
    return needs.translation.translate(needs.understandingOf(device), { ...(get && { get }), ...(set && { set }) })
  }

  /** Today's rules only where the push is not known any more: the device may have registered as something else since. */
  function backOf(record: RequestRecord): Translated['back'] | undefined {
    const request = open.find(record.requestId)
    // What waits here may have been pushed from another node.
    return request?.token ? request.back : translationOf(record)?.back
  }

  return { hand, backOf }
}
