/** A device that the test leads by hand over BOSH: it holds a request only when told to, and answers what it is told to. */
import { once, setMaxListeners } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type BoshAnswer,
  findChild,
  isElement,
  ns,
  readAnswer,
  renderBody,
  renderPlain,
  renderXml,
  textOf,
  type Xml,
  xml,
} from '@fairlead/protocol/xmpp'
import type { Neighbourhood } from './neighbourhood.ts'

export interface HandDeviceOptions {
  relayUrl: string
  id: string
  secret: string
  domain?: string
  /** Where it goes once it is logged in, if that is elsewhere. */
  thenUrl?: string
}

/** A request as it was pushed (A9). */
export interface Pushed {
  requestId: string
  /** What `<request>` says. */
  request: {
    get?: string[]
    set?: Record<string, unknown>
    command?: string
    arguments?: Record<string, unknown>
    timeoutSeconds?: number
  }
}

export interface HandDevice extends AsyncDisposable {
  readonly id: string
  readonly secret: string
  readonly sid: string
  /**
   * Sends one empty request for the relay to hold, and waits for its answer.
   * @returns what was pushed in it: nothing when the relay let go of it
   * @throws {SessionOver} when the relay ended the session in it
   */
  hold(): Promise<Pushed[]>
  /** Posts a response as plain HTTP (A10). @returns the status */
  answer(requestId: string, response: object): Promise<number>
  /** Answers in the session, with an IQ result; what the relay says to that comes back as from `hold`. */
  answerInSession(requestId: string, response: object): Promise<Pushed[]>
  /** Any call with the device's own secret, `/device/v1/register`. */
  call(path: string, body: object): Promise<{ status: number; body: unknown }>
  /** Holds one request after another and has each push answered, until the device is disposed of or its session is over. */
  serve(respond: (pushed: Pushed) => object | Promise<object>): void
  /** Why the session is over, once it is; waits for it while `serve` goes on. */
  over(): Promise<string>
  /** Takes its leave: the session ends visibly. */
  leave(): Promise<void>
}

/** The relay said `terminate`. */
export class SessionOver extends Error {
  override readonly name = 'SessionOver'
  readonly condition: string
  constructor(condition: string) {
    super(`The relay ended the session: ${condition}`)
    this.condition = condition
  }
}

/** Of what is said while a device serves. */
const mostTries = 5
const againMs = 500

/** Logs in and binds; the device is not ONLINE before it holds a request (A4). @throws {SessionOver} when it is refused */
export async function openHandDevice({
  relayUrl,
  id,
  secret,
  domain = 'localhost',
  thenUrl = relayUrl,
}: HandDeviceOptions): Promise<HandDevice> {
  const leaving = new AbortController()
  // Two requests may be under way at once; a served device has one for each answer beside.
  setMaxListeners(0, leaving.signal)
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const over = Promise.withResolvers<string>()
  // Nobody need wait for it.
  over.promise.catch(() => {})
  /** Requests that wait for their answer. */
  const open = new Set<Promise<BoshAnswer>>()
  let rid = Math.floor(Math.random() * 1e9)
  let sid: string | undefined
  let url = relayUrl

  function post(attributes: Record<string, string>, ...payload: Xml[]): Promise<BoshAnswer> {
    return send(bodyOf(attributes, payload))
  }

  /** Each has the next number. */
  function bodyOf(attributes: Record<string, string>, payload: readonly Xml[]): string {
    return renderBody({ rid: rid++, sid, ...attributes }, payload.map((element) => renderXml(element)).join(''))
  }

  function send(body: string): Promise<BoshAnswer> {
    const posted = sendOnce(body)
    open.add(posted)
    const forget = () => void open.delete(posted)
    posted.then(forget, forget)
    return posted
  }

  async function sendOnce(body: string): Promise<BoshAnswer> {
    const headers = { 'content-type': 'text/xml; charset=utf-8' }
    const { signal } = leaving
    const response = await fetch(`${url}/http-bind`, { method: 'POST', headers, body, signal })
    const answer = readAnswer(await response.bytes())
    if (answer.type !== 'terminate') return answer
    over.resolve(answer.condition ?? 'terminated')
    throw new SessionOver(answer.condition ?? 'terminated')
  }

  async function call(path: string, body: object) {
    const headers = { authorization, 'content-type': 'application/json' }
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
  }

  const created = await post({ to: domain, wait: '30', hold: '1', ver: '1.11', 'xmpp:version': '1.0' })
  sid = created.sid ?? ''
  const plain = Buffer.from(renderPlain({ user: id, secret })).toString('base64')
  await post({}, xml('auth', ns.sasl, { mechanism: 'PLAIN' }, plain))
  await post({ to: domain, 'xmpp:restart': 'true' })
  const resource = xml('resource', ns.bind, {}, 'hand')
  await post({}, xml('iq', ns.client, { type: 'set', id: 'bind' }, xml('bind', ns.bind, {}, resource)))
  url = thenUrl

  const answer: HandDevice['answer'] = async (requestId, response) =>
    (await call(`/device/v1/responses/${requestId}`, response)).status
  const hold = async () => pushesIn(await post({}))

  /** As a device has to: what breaks off is said again, the same, and counts once (XEP-0124 §14.3, A10). */
  async function persist<Said>(what: string, say: () => Promise<Said>): Promise<Said> {
    for (let tries = 1; ; tries++)
      try {
        return await say()
      } catch (error) {
        if (error instanceof SessionOver || leaving.signal.aborted || tries === mostTries) throw error
        // What broke off may be somebody's mistake, which a repeat would hide.
        console.error(`${id} says ${what} again: ${error instanceof Error ? (error.cause ?? error) : error}`)
        await pause(againMs)
      }
  }

  async function bring(requestId: string, response: object): Promise<void> {
    const status = await answer(requestId, response)
    if (status >= 500) throw new Error(`The relay has not taken an answer: ${status}`)
  }

  async function serve(respond: (pushed: Pushed) => object | Promise<object>): Promise<void> {
    while (!leaving.signal.aborted) {
      const body = bodyOf({}, [])
      for (const pushed of pushesIn(await persist('that it waits', () => send(body))))
        void (async () => {
          const response = await respond(pushed)
          await persist('its answer', () => bring(pushed.requestId, response))
        })().catch(over.reject)
    }
  }

  return {
    id,
    secret,
    sid,
    hold,
    answer,
    call,
    async answerInSession(requestId, response) {
      const content = xml('response', ns.request, {}, JSON.stringify(response))
      return pushesIn(await post({}, xml('iq', ns.client, { type: 'result', id: requestId, to: domain }, content)))
    },
    serve: (respond) => void serve(respond).catch((error) => leaving.signal.aborted || over.reject(error)),
    over: () => over.promise,
    async leave() {
      await post({ type: 'terminate' }, xml('presence', ns.client, { type: 'unavailable' })).catch((error) => {
        if (!(error instanceof SessionOver)) throw error
      })
      // Each may have been answered by another way, and a moment later.
      await Promise.race([Promise.allSettled(open), once(AbortSignal.timeout(2_000), 'abort')])
      leaving.abort()
    },
    async [Symbol.asyncDispose]() {
      leaving.abort()
    },
  }
}

function pushesIn({ children }: BoshAnswer): Pushed[] {
  return children.flatMap((stanza) => {
    const request = isElement(stanza) && findChild(stanza, 'request', ns.request)
    if (!request) return []
    return [{ requestId: stanza.attributes.get('id') ?? '', request: JSON.parse(textOf(request)) }]
  })
}

/** Enrols a device of the street's relay, and logs it in. */
export async function joinByHand(street: Pick<Neighbourhood, 'url' | 'enrol'>, id: string): Promise<HandDevice> {
  const { secret } = await street.enrol(id)
  return openHandDevice({ relayUrl: street.url, id, secret })
}
