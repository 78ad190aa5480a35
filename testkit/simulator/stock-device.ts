/** A device made of a stock XMPP client: it logs in again when its session is over, and remembers nothing. */
import { findChild, ns, textOf, type Xml } from '@fairlead/protocol/xmpp'
import { type DeviceNeeds, executeWish, letterOf, postFor, readWish, type SimulatedDevice, workMsOf } from './device.ts'
import { createJboshTransport } from './jbosh-transport.ts'
import { type Kind, secretOf } from './settings.ts'
import { createStanzaTransport } from './stanza-transport.ts'
import { createLogIn } from './stock-log-in.ts'
import type { Transport, TransportNeeds } from './stock-transport.ts'
import { createStropheTransport } from './strophe-transport.ts'

type Stock = Exclude<Kind, 'agent'>

const transports: Record<Stock, (needs: TransportNeeds) => Transport> = {
  strophe: createStropheTransport,
  stanza: createStanzaTransport,
  jbosh: createJboshTransport,
}

/** The program around it gives up a log-in that takes longer. */
const logInMs = 60_000
const pingEveryMs = 45_000
const longestPauseMs = 20_000

export function createStockDevice(needs: DeviceNeeds, kind: Stock): SimulatedDevice {
  const { chance, history, id, path, time } = needs
  /** How this one answers is its program's choice, for good. */
  const answersInSession = chance.happens(0.7)
  const pings = chance.happens(0.5)
  const heard = new Set<string>()
  let version = 1
  let isPowered = false
  let isOn = true
  let tries = 0
  let nextTryMs = 0
  let pinged = 0
  /** Counts sessions: what belongs to an older one is nobody's business any more. */
  let session = 0
  let transport: Transport | undefined
  let isReady = false

  function connect(): void {
    if (!isPowered || !isOn || transport) return
    const mine = ++session
    const isMine = () => mine === session
    isReady = false
    const made = transports[kind]({
      ...needs,
      hear(element) {
        if (!isMine()) return
        if (isReady) hear(element, made)
        else logIn.hear(element)
      },
      ended(why) {
        if (isMine()) over(why)
      },
    })
    const logIn = createLogIn({
      chance,
      device: id,
      secret: secretOf(id, version),
      opensSession: kind === 'jbosh',
      hash: kind === 'jbosh' ? 'sha1' : 'sha256',
      send: (xml) => made.send(xml),
      restart: () => made.restart(),
      done() {
        isReady = true
        tries = 0
        history.tell(path.name, 'is logged in')
        made.authenticated()
        if (pings) ping(made, isMine)
      },
      failed: (why) => {
        made.kill(true)
        over(why)
      },
    })
    transport = made
    made.connect()
    time.after(logInMs, () => {
      if (!isMine() || isReady || transport !== made) return
      made.kill(true)
      over('the log-in took too long')
    })
  }

  function over(why: string): void {
    history.tell(path.name, 'is disconnected', why)
    drop()
    if (!isPowered || !isOn) return
    // A wrong secret is not tried again so soon, nor does a conflict with its own clone go on for ever.
    const pauseMs = Math.min(longestPauseMs, 1000 * 2 ** tries++) * (0.5 + chance.fraction())
    nextTryMs = time.nowMs + pauseMs
    time.after(pauseMs, connect)
  }

  function drop(): void {
    session++
    transport = undefined
    isReady = false
  }

  function ping(made: Transport, isMine: () => boolean): void {
    time.after(chance.between(0.5, 1.5) * pingEveryMs, () => {
      if (!isMine() || transport !== made) return
      const name = `p${++pinged}`
      made.send(`<iq type='get' id='${name}' xmlns='jabber:client'><ping xmlns='${ns.ping}'/></iq>`, name)
      ping(made, isMine)
    })
  }

  function hear(stanza: Xml, by: Transport): void {
    const type = stanza.attributes.get('type')
    const requestId = stanza.attributes.get('id') ?? ''
    const request =
      stanza.name === 'iq' && (type === 'get' || type === 'set') ? findChild(stanza, 'request', ns.request) : undefined
    if (!request) return
    // jbosh sends everything again when it is asked to, and then hears some of it twice.
    if (kind === 'jbosh' && heard.has(requestId)) return
    heard.add(requestId)
    const wish = readWish(textOf(request))
    const answer = executeWish(needs, requestId, wish)
    const life = session
    time.after(workMsOf(needs, wish.timeoutMs), () => {
      if (!isPowered) return
      if (!answersInSession) return deliver(requestId, answer, 0, time.nowMs + wish.timeoutMs)
      // In the session that brought it, or never.
      if (life !== session || by !== transport) return
      const text = JSON.stringify(answer)
      by.send(
        `<iq type='result' id='${requestId}' xmlns='jabber:client'><response xmlns='${ns.request}'>${text}</response></iq>`,
      )
    })
  }

  /** By plain HTTP, again and again (A10). */
  function deliver(
    requestId: string,
    response: ReturnType<typeof executeWish>,
    attempt: number,
    untilMs: number,
  ): void {
    if (!isPowered) return
    postFor(needs, letterOf('response', id, version, { requestId, response }), 15_000, (outcome) => {
      const status = outcome?.kind === 'answer' ? outcome.status : 0
      if (status === 200 || status === 202 || status === 404 || status === 409) return
      const pauseMs = Math.min(10_000, 500 * 2 ** attempt) * chance.fraction()
      if (time.nowMs + pauseMs < untilMs) time.after(pauseMs, () => deliver(requestId, response, attempt + 1, untilMs))
    })
  }

  return {
    id,
    path,
    get wantsOnline() {
      return isPowered && isOn
    },
    // It knows no such mode: it hangs up, each client in its own way.
    isUp: false,
    isIdle: false,
    get nextTryMs() {
      return transport ? time.nowMs : nextTryMs
    },
    powerOn() {
      if (isPowered) return
      isPowered = true
      connect()
    },
    powerOff(isCrash) {
      isPowered = false
      transport?.kill(isCrash)
      drop()
    },
    switchMode(on) {
      if (on === isOn) return
      isOn = on
      if (on) return connect()
      const leaving = transport
      if (!leaving) return
      if (isReady)
        leaving.disconnect(`<presence type='unavailable' xmlns='jabber:client'><status>mode-off</status></presence>`)
      else leaving.kill(true)
      drop()
    },
    setSecret(next) {
      version = next
    },
  }
}
