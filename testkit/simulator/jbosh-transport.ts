/** jbosh under Smack, after its own source (`BOSHClient.java`): acknowledgements both ways, and no second try at all. */
import { isElement, type Xml } from '@fairlead/protocol/xmpp'
import { reportIsTrue } from './invariants.ts'
import type { Call } from './network.ts'
import { bodyLetter, firstRid, readBody, seconds, type Transport, type TransportNeeds } from './stock-transport.ts'

/** `EMPTY_REQUEST_DELAY` */
const emptyDelayMs = 100
/** The HTTP library's patience with a silent connection, which its user sets; longer than `wait`. */
const patienceMs = 75_000

interface Exchange {
  rid: number
  attributes: string
  payload: string
  iq: string | undefined
  call: Call | undefined
  timer: { cancel(): void } | undefined
}

export function createJboshTransport(needs: TransportNeeds): Transport {
  const { chance, network, path, time } = needs
  let exchanges: Exchange[] = []
  /** Sent, and not acknowledged by the relay: it may ask for them again. */
  let unacknowledged: Exchange[] = []
  let blocked: (() => void)[] = []
  let rid = firstRid(chance)
  let sid: string | undefined
  let requests = 1
  let responseAck = -1
  const laterAcks = new Set<number>()
  let isOver = false
  let empty: { cancel(): void } | undefined

  function dispose(why: string): void {
    if (isOver) return
    stop(true)
    needs.ended(why)
  }

  function stop(isCrash: boolean): void {
    isOver = true
    empty?.cancel()
    for (const { call, timer } of exchanges) {
      timer?.cancel()
      if (isCrash) call?.abort()
    }
    exchanges = []
  }

  /** `send`: blocks while there are as many requests as the relay allows. */
  function send(attributes: string, payload: string, iq?: string): void {
    if (isOver) return
    const mayBeOneMore = attributes.includes('terminate') ? 1 : 0
    if (exchanges.length >= (sid === undefined ? 1 : requests) + mayBeOneMore) {
      blocked.push(() => send(attributes, payload, iq))
      return
    }
    empty?.cancel()
    const mine = rid++
    const isOld = responseAck !== -1 && responseAck !== mine - 1
    const ack = isOld && sid !== undefined ? ` ack='${responseAck}'` : ''
    const exchange = { rid: mine, attributes: attributes + ack, payload, iq, call: undefined, timer: undefined }
    unacknowledged.push(exchange)
    post(exchange)
  }

  function post(exchange: Exchange) {
    exchanges.push(exchange)
    const letter = bodyLetter(exchange.rid, sid, exchange.attributes, exchange.payload, exchange.iq)
    exchange.timer = time.after(patienceMs, () => dispose('no response'))
    exchange.call = network.post(path, letter, (outcome) => {
      exchange.timer?.cancel()
      if (isOver) return
      if (outcome.kind !== 'answer') return dispose('could not obtain response')
      const body = readBody(outcome.body)
      if (outcome.status !== 200 || !body) return dispose(`status ${outcome.status}`)
      processExchange(exchange, body)
    })
  }

  /** `CMSessionParams.fromSessionInit` */
  function takeSession(body: Xml): boolean {
    if (sid !== undefined) return true
    sid = body.attributes.get('sid')
    requests = seconds(body, 'requests', 2)
    return sid !== undefined
  }

  /** `processExchange` */
  function processExchange(exchange: Exchange, body: Xml) {
    // Smack reads what came on a thread of its own.
    if (body.children.some(isElement))
      time.after(1 + chance.fraction(), () => {
        for (const element of body.children) if (isElement(element) && !isOver) needs.hear(element)
      })
    if (!takeSession(body)) return dispose('a session without an ID')
    const type = body.attributes.get('type')
    if (type === 'terminate') return dispose(body.attributes.get('condition') ?? 'terminated')
    const again: Exchange[] = []
    if (type === 'error') again.push(...exchanges.map((one) => ({ ...one })))
    else {
      acknowledgedByRelay(exchange, body)
      acknowledge(exchange.rid)
      const report = body.attributes.get('report')
      const missing = unacknowledged.find((one) => one.rid === Number(report))
      if (report !== undefined && !missing) {
        needs.facts.hold(reportIsTrue(path.name, report, seconds(body, 'time', 0)))
        return dispose('report of a message that is not there')
      }
      if (missing) again.push({ ...missing })
    }
    exchanges = exchanges.filter((one) => one !== exchange)
    for (const one of again) post(one)
    if (exchanges.length === 0) empty = time.after(emptyDelayMs, () => send('', ''))
    const waiting = blocked
    blocked = []
    for (const retry of waiting) retry()
  }

  function acknowledgedByRelay(exchange: Exchange, body: Xml): void {
    if (body.attributes.has('report')) return
    const upTo = seconds(body, 'ack', exchange.rid)
    unacknowledged = unacknowledged.filter((one) => one.rid > upTo)
  }

  function acknowledge(answered: number): void {
    if (responseAck === -1) responseAck = answered
    else laterAcks.add(answered)
    while (laterAcks.delete(responseAck + 1)) responseAck++
  }

  return {
    connect: () =>
      send(" to='relay.example' xml:lang='en' ver='1.8' wait='60' hold='1' ack='1' xmpp:version='1.0'", ''),
    send: (xml, iq) => send('', xml, iq),
    restart: () => send(" to='relay.example' xmpp:restart='true'", ''),
    authenticated() {},
    disconnect(xml) {
      send(" type='terminate'", xml)
      time.after(3_000, () => dispose('left'))
    },
    kill: stop,
  }
}
