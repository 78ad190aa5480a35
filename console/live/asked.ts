/** What was asked of devices from this console, and what services asked meanwhile: kept until the page is closed. */
import type { EventData, Json, ObjectsAnswered, RequestView, ServiceRequestInput } from '@fairlead/protocol/contract'
import { RelayError, type RelayEvent } from '@fairlead/sdk'
import { relay } from '../relay.ts'
import { createStore, type Store } from '../store.ts'
import { markStale, toldObjects } from './known-devices.ts'

export interface Asked {
  /** Of this list; the relay's own ID comes with its answer. */
  key: string
  requestId: string | undefined
  kind: RequestView['kind']
  /** undefined: a service's, whose words are not ours to see. */
  request: ServiceRequestInput | undefined
  atMs: number
  /** undefined: on its way. */
  outcome: RequestView['outcome'] | undefined
  values: Record<string, Json> | undefined
  errors: ObjectsAnswered['errors'] | undefined
  result: Json | undefined
  error: unknown
  code: string | undefined
}

const lists = new Map<string, Store<readonly Asked[]>>()
/** Of each device. */
const longestList = 50

export function askedOf(device: string): Store<readonly Asked[]> {
  const list = lists.get(device) ?? createStore<readonly Asked[]>([])
  lists.set(device, list)
  return list
}

/** Somebody else looks now. */
export function forgetAsked(): void {
  lists.clear()
}

function put(device: string, asked: Asked): void {
  const list = askedOf(device)
  const isAnother = ({ key, requestId }: Asked) => key !== asked.key && (requestId ?? key) !== asked.requestId
  const others = list.get().filter(isAnother)
  const sorted = [asked, ...others].sort((one, other) => other.atMs - one.atMs)
  list.set(sorted.slice(0, longestList))
}

const nothingYet: Omit<Asked, 'key' | 'kind' | 'request' | 'atMs'> = {
  ...{ requestId: undefined, outcome: undefined, values: undefined, errors: undefined },
  ...{ result: undefined, error: undefined, code: undefined },
}

/** Never throws: what became of it stands in the list. @returns what stands there in the end */
export async function ask(device: string, request: ServiceRequestInput): Promise<Asked> {
  const kind = request.get ? 'get' : request.set ? 'set' : 'command'
  const asked: Asked = { ...nothingYet, key: crypto.randomUUID(), kind, request, atMs: Date.now() }
  put(device, asked)
  const ended = await send(device, asked, request)
  put(device, ended)
  return ended
}

async function send(device: string, asked: Asked, request: ServiceRequestInput): Promise<Asked> {
  try {
    // With a key the relay remembers it for a day, and a repeat would be no second change.
    const answer = await relay.request(device, request, { ...(asked.kind !== 'get' && { idempotencyKey: asked.key }) })
    if ('outcome' in answer) {
      // It waits for the device, whose view says how many do.
      markStale(device)
      return { ...asked, requestId: answer.requestId, outcome: 'pending' }
    }
    const { requestId, answeredAt } = answer
    if ('result' in answer) return { ...asked, requestId, outcome: 'answered', result: answer.result }
    toldObjects(device, answer.values, answeredAt)
    return { ...asked, requestId, outcome: 'answered', values: answer.values, errors: answer.errors }
  } catch (error) {
    if (!(error instanceof RelayError)) return { ...asked, outcome: 'unknown', error }
    const outcome = (error.outcome ?? 'rejected') as Asked['outcome']
    return { ...asked, requestId: error.requestId, outcome, error, code: error.code }
  }
}

/** The data of `request.finished`. */
type Finished = EventData & Pick<Asked, 'kind' | 'outcome' | 'code'> & { device: string; requestId: string }

/** Our own answer, which comes beside the event, is here within this time. */
const answerMs = 500

/** What ends while one looks: services' requests, and ours that were kept for the device. */
export function hearFinished({ type, data }: RelayEvent): void {
  if (type !== 'request.finished') return
  const finished = data as Finished
  const isUnderWay = ({ requestId, outcome }: Asked) => requestId === undefined && outcome === undefined
  // It has no ID yet: whose this is will be seen by its answer.
  if (askedOf(finished.device).get().some(isUnderWay)) setTimeout(() => note(finished), answerMs)
  else note(finished)
}

function note({ device, at, requestId, kind, outcome, code }: Finished): void {
  const mine = askedOf(device)
    .get()
    .find((asked) => asked.requestId === requestId)
  if (mine?.outcome === 'pending') return void look(device, mine)
  if (mine) return
  const service = { kind, request: undefined, atMs: Date.parse(at), outcome, code }
  put(device, { ...nothingYet, ...service, key: requestId, requestId })
}

async function look(device: string, asked: Asked): Promise<void> {
  try {
    const { outcome, values, errors, result, code, answeredAt } = await relay.findRequest(asked.requestId ?? '')
    if (values && answeredAt) toldObjects(device, values, answeredAt)
    put(device, { ...asked, outcome, values, errors, result, code })
  } catch {
    // It stays as it was; its whole way can be asked for by hand.
  }
}
