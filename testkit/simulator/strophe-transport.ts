/** strophe.js 5.0.0 over BOSH, after its own source (`src/transports/bosh.ts`): idle cycle, two requests, its time-outs. */
import { isElement } from '@fairlead/protocol/xmpp'
import type { Call, Outcome } from './network.ts'
import { bodyLetter, firstRid, readBody, seconds, type Transport, type TransportNeeds } from './stock-transport.ts'

const idleMs = 100
const timeoutMultiplier = 1.1
const secondaryTimeoutMultiplier = 0.1
const maxRetries = 5
const mostErrors = 4

interface Request {
  rid: number
  attributes: string
  payload: string
  iq: string | undefined
  sends: number
  /** When its last copy left; undefined: it waits to be sent again. */
  sentMs: number | undefined
  /** When a later request was answered first. */
  deadMs: number | undefined
  call: Call | undefined
  hasFailed: boolean
}

export function createStropheTransport(needs: TransportNeeds): Transport {
  const { chance, network, path, time } = needs
  let requests: Request[] = []
  let data: { xml: string; iq: string | undefined }[] = []
  let rid = firstRid(chance)
  let sid: string | undefined
  let wait = 60
  let window = 5
  let errors = 0
  let isAuthenticated = false
  let isOver = false
  let isLeaving = false
  let idle: { cancel(): void } | undefined

  function over(why: string): void {
    if (isOver) return
    stop(true)
    needs.ended(why)
  }

  function stop(isCrash: boolean): void {
    isOver = true
    idle?.cancel()
    if (isCrash) for (const request of requests) request.call?.abort()
    requests = []
  }

  function push(attributes: string, payload: string, iq?: string): void {
    const sent = { sends: 0, sentMs: undefined, deadMs: undefined, call: undefined, hasFailed: false }
    requests.push({ rid: rid++, attributes, payload, iq, ...sent })
    handleRequests()
  }

  /** `_throttledRequestHandler` */
  function handleRequests() {
    const [first] = requests
    if (first) handle(first)
    const [again, second] = requests
    if (again && second && second.rid - again.rid < window) handle(second)
  }

  /** `_processRequest` */
  function handle(request: Request) {
    if (isOver) return
    if (request.sends > maxRetries) return over('too many retries')
    const nowMs = time.nowMs
    const isLate = request.sentMs !== undefined && nowMs - request.sentMs > 1000 * Math.floor(timeoutMultiplier * wait)
    const isDead =
      request.deadMs !== undefined && nowMs - request.deadMs > 1000 * Math.floor(secondaryTimeoutMultiplier * wait)
    if (isLate || isDead || request.hasFailed) {
      request.call?.abort()
      request.call = undefined
      request.sentMs = undefined
      request.deadMs = undefined
      request.hasFailed = false
    } else if (request.sends > 0) return
    const pauseMs = request.sends > 1 ? 1000 * Math.min(Math.floor(timeoutMultiplier * wait), request.sends ** 3) : 0
    request.sends++
    if (pauseMs === 0) return post(request)
    const { sends } = request
    time.after(pauseMs, () => {
      if (!isOver && requests.includes(request) && request.sends === sends) post(request)
    })
  }

  function post(request: Request) {
    request.sentMs = time.nowMs
    const letter = bodyLetter(request.rid, sid, request.attributes, request.payload, request.iq)
    const call = network.post(path, letter, (outcome) => {
      if (request.call === call && !isOver) answered(request, outcome)
    })
    request.call = call
  }

  /** `_onRequestStateChange` */
  function answered(request: Request, outcome: Outcome) {
    const status = outcome.kind === 'answer' ? outcome.status : 0
    const isSecond = requests[1] === request
    const isValid = status > 0 && status < 500
    const isGivenUp = request.sends > maxRetries
    if (isValid || isGivenUp) requests = requests.filter((one) => one !== request)
    if (status === 200 && outcome.kind === 'answer') succeeded(outcome.body, isSecond)
    else failed(status)
    if (isOver) return
    if (!isValid && !isGivenUp) request.hasFailed = true
    handleRequests()
    if (!isOver && requests.length === 0) rest()
  }

  function succeeded(text: string, isSecond: boolean) {
    const [first] = requests
    if (isSecond && first) {
      first.deadMs ??= time.nowMs
      handle(first)
    }
    errors = 0
    take(text)
  }

  function failed(status: number) {
    if (++errors > mostErrors) over('too many errors')
    else if (status >= 400 && status < 500) over(`status ${status}`)
  }

  function take(text: string) {
    const body = readBody(text)
    if (!body) return
    if (body.attributes.get('type') === 'terminate') return over(body.attributes.get('condition') ?? 'terminated')
    if (sid === undefined) {
      sid = body.attributes.get('sid')
      window = seconds(body, 'requests', window)
      wait = seconds(body, 'wait', wait)
    }
    for (const element of body.children) if (isElement(element) && !isOver) needs.hear(element)
    if (isLeaving && requests.length === 0) over('left')
  }

  /** `_onIdle`, every 100 ms; played only when it would do something. */
  function onIdle(): void {
    if (isOver) return
    if (isAuthenticated && requests.length === 0 && data.length === 0 && !isLeaving) push('', '')
    else if (requests.length < 2 && data.length > 0) {
      const said = data
      data = []
      push('', said.map(({ xml }) => xml).join(''), said.find(({ iq }) => iq !== undefined)?.iq)
    }
    const [first] = requests
    const longestMs = 1000 * Math.floor(timeoutMultiplier * wait)
    const isLate = first?.sentMs !== undefined && time.nowMs - first.sentMs > longestMs
    const isDead = first?.deadMs !== undefined && time.nowMs - first.deadMs > longestMs
    if (isLate || isDead) handleRequests()
    rest()
  }

  function rest(): void {
    idle?.cancel()
    const [first] = requests
    const hasWork = data.length > 0 || (isAuthenticated && requests.length === 0)
    const lateMs =
      first?.sentMs === undefined ? 1000 : first.sentMs + 1000 * Math.floor(timeoutMultiplier * wait) - time.nowMs
    idle = time.after(hasWork && requests.length < 2 ? idleMs : Math.max(idleMs, Math.min(1000, lateMs)), onIdle)
  }

  return {
    connect() {
      const xmpp = " xmpp:version='1.0' ver='1.6' content='text/xml; charset=utf-8' xml:lang='en'"
      push(` to='relay.example' wait='60' hold='1'${xmpp}`, '')
      rest()
    },
    send(xml, iq) {
      data.push({ xml, iq })
      if (requests.length < 2) rest()
    },
    restart() {
      push(` to='relay.example' xml:lang='en' xmpp:restart='true'`, '')
    },
    authenticated() {
      isAuthenticated = true
      rest()
    },
    disconnect(xml) {
      isLeaving = true
      push(" type='terminate'", data.map((said) => said.xml).join('') + xml)
      data = []
      // `_onDisconnectTimeout`
      time.after(3_000, () => over('left'))
    },
    kill: stop,
  }
}
