/** One call, step by step: may it be taken now, who is it, is it right, do it, answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Failure, type Log, type Random } from '@fairlead/base'
import { check, readJson } from '@fairlead/protocol/contract'
import type { Work } from '../overload/order.ts'
import type { Addresses, Origin } from './addresses.ts'
import { discard, readBytes } from './body.ts'
import { type Callers, challengeOf, userNamedBy } from './callers.ts'
import { internalProblem, outcomeOf, problemOf } from './problem.ts'
import type { Answer, Caller, Route, Visit } from './route.ts'

export interface ServeNeeds {
  addresses: Addresses
  callers: Callers
  log: Log
  random: Random
  isDraining(): boolean
  newRequestId(): string
  /** Counted by the contract's code. */
  rejected(code: string): void
  /** A device calls with its own secret: it lives, whatever becomes of the call (A6). */
  signOfLife(device: string): void
  /** @throws {Failure} `unavailable`: this node has too much to do for that */
  mustTake?: ((work: Work) => void) | undefined
  /** It has a session, here or elsewhere. */
  isOnline?: ((device: string) => boolean) | undefined
}

/** What the router found out about a call. */
export interface Call {
  request: IncomingMessage
  response: ServerResponse
  params: unknown
  query: unknown
}

const defaultMaxBodyBytes = 64 * 2 ** 10

export interface Serve {
  /** @returns `undefined` when the handler answered by itself */
  serve(route: Route, call: Call): Promise<Answer | undefined>
  /**
   * @param route the one whose answer it would have been, if there is one
   * @param status instead of the one that the code has
   */
  refuse(error: unknown, route: Route | undefined, requestId: string, status?: number): Answer
}

export function createServe(needs: ServeNeeds): Serve {
  async function answer(route: Route, call: Call, requestId: string): Promise<Answer | undefined> {
    const { request } = call
    if (needs.isDraining() && isNewWork(route))
      throw new Failure('unavailable', 'This relay is stopping: try again in a moment.')
    if (route.work && !isKnown(route.work, request)) needs.mustTake?.(route.work)
    const origin = needs.addresses.originOf(request)
    const caller = await needs.callers.admit(route, request.headers, origin)
    // An IPP proxy beside the agent says nothing of the agent's session.
    if (caller.kind === 'device' && route.access === 'device') needs.signOfLife(caller.device)
    const params = route.params ? check(route.params, call.params, 'path', 'not-found') : call.params
    const query = route.query ? check(route.query, call.query, 'query') : call.query
    const body = route.body ? await readBody(route, request) : undefined
    if (route.workOf) needs.mustTake?.(route.workOf(body))
    return route.handle(
      new HttpVisit({ request, response: call.response, origin, caller, params, query, body, requestId }),
    )
  }

  /**
   * Who is ONLINE and registers anew is nobody new. Its secret is not looked at yet: to stretch it is what is to be spared,
   * and who names another's ID gets no further than to that.
   */
  function isKnown(work: Work, { headers }: IncomingMessage): boolean {
    if (work !== 'log-in') return false
    const device = userNamedBy(headers.authorization)
    return device !== undefined && (needs.isOnline?.(device) ?? false)
  }

  function refuse(error: unknown, route: Route | undefined, requestId: string, status?: number): Answer {
    const failure = error instanceof Failure ? error : undefined
    const refusal = failure ? problemOf(failure, status) : internalProblem(report(error, route))
    if (failure) needs.rejected(failure.code)
    const headers = { ...refusal.headers }
    if (route?.isRequest) {
      const known = failure?.facts['requestId']
      headers['fairlead-request-id'] = typeof known === 'string' ? known : requestId
      headers['fairlead-outcome'] = outcomeOf(failure)
    }
    if (refusal.status === 401) headers['www-authenticate'] = challengeOf(route?.access ?? 'admin')
    return { ...refusal, headers }
  }

  function report(error: unknown, route: Route | undefined): string {
    const reference = needs.random.token(9)
    needs.log.error('http.failed', 'A call failed for a reason of our own.', error, {
      reference,
      call: route?.operationId,
    })
    return reference
  }

  return {
    async serve(route, call) {
      const requestId = route.isRequest ? needs.newRequestId() : ''
      try {
        const given = await answer(route, call, requestId)
        if (!given || !route.isRequest) return given
        return { ...given, headers: { 'fairlead-request-id': requestId, ...given.headers } }
      } catch (error) {
        if (!call.request.readableEnded && call.request.listenerCount('data') === 0) discard(call.request)
        return refuse(error, route, requestId)
      }
    },
    refuse,
  }
}

/** While stopping, devices may still bring their answers, and everybody may still look. */
function isNewWork(route: Route): boolean {
  return route.access !== 'device' && route.method !== 'GET'
}

/** Whatever its content type: `curl -d` names a form, and a device may name nothing. No body is an empty object. */
async function readBody(route: Route, request: IncomingMessage): Promise<unknown> {
  if (!route.body) return undefined
  const bytes = await readBytes(request, route.maxBodyBytes ?? defaultMaxBodyBytes)
  return check(route.body, bytes.length === 0 ? {} : readJson(bytes), 'body')
}

type Prepared = Call &
  Pick<Visit<unknown, unknown, unknown>, 'caller' | 'params' | 'query' | 'body' | 'requestId'> & { origin: Origin }

/** A class, since there is one for each call: its methods exist once, and a signal is made when it is asked for. */
class HttpVisit implements Visit<unknown, unknown, unknown> {
  readonly caller: Caller
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly requestId: string
  readonly address: string
  readonly loopback: boolean
  readonly isVeiled: boolean
  readonly raw: { request: IncomingMessage; response: ServerResponse }
  #hungUp: AbortSignal | undefined

  constructor(prepared: Prepared) {
    this.caller = prepared.caller
    this.params = prepared.params
    this.query = prepared.query
    this.body = prepared.body
    this.requestId = prepared.requestId
    this.address = prepared.origin.address
    this.loopback = prepared.origin.loopback
    this.isVeiled = prepared.origin.isVeiled
    this.raw = prepared
  }

  get hungUp() {
    this.#hungUp ??= signalOf(this.raw.response)
    return this.#hungUp
  }

  header(name: string) {
    return headerOf(this.raw.request, name)
  }

  whenHungUp(run: () => void) {
    listenForEnd(this.raw.response, run)
  }
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined
  return typeof value === 'object' ? value.join(', ') : value
}

function signalOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  listenForEnd(response, () => controller.abort())
  return controller.signal
}

/** Calls `run` when the caller is gone before its answer. */
function listenForEnd(response: ServerResponse, run: () => void): void {
  const tell = () => {
    if (!response.writableFinished) run()
  }
  if (response.destroyed) tell()
  else response.on('close', tell)
}
