/** A device on a WebSocket, spoken by hand: what it hears, in order, and stream management as its client would do it. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { until } from './until.ts'

export interface WebSocketDevice {
  readonly socket: WebSocket
  /** Every message, oldest first. */
  readonly heard: readonly string[]
  /** The code that the socket was closed with. */
  readonly closed: Promise<number>
  /** @returns the first message after it that is like `answer` */
  say(text: string, answer: RegExp): Promise<string>
  send(text: string): void
  bind(): Promise<void>
  /** Enables management. @returns the SM-ID */
  manage(): Promise<string>
  /** @param h how many stanzas it has had in all @returns what it is told: `<resumed/>` or `<failed/>` */
  resume(previd: string, h: number): Promise<string>
  /** The ID of the next request that is pushed to it, which was not taken yet. */
  nextPush(withinMs?: number): Promise<string>
  answer(requestId: string, values: Record<string, unknown>): void
}

const sm = 'urn:xmpp:sm:3'
const openFrame = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>"

/** Connects and logs in, as far as the features after it. */
export async function openWebSocketDevice(url: string, id: string, secret: string): Promise<WebSocketDevice> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/xmpp-websocket`, 'xmpp')
  const heard: string[] = []
  const closed = new Promise<number>((resolve) => socket.once('close', (code) => resolve(code)))
  socket.on('message', (data) => heard.push(String(data)))
  // It is told by the end of the socket as well.
  socket.on('error', () => {})
  await Promise.race([once(socket, 'open'), closed.then((code) => Promise.reject(new Error(`closed with ${code}`)))])
  let taken = 0

  async function say(text: string, answer: RegExp): Promise<string> {
    const from = heard.length
    socket.send(text)
    const find = () => {
      const found = heard.slice(from).find((one) => answer.test(one))
      if (found === undefined && socket.readyState === WebSocket.CLOSED) throw new Error(`closed instead of ${answer}`)
      return found
    }
    return until(`an answer like ${answer}`, find, 40_000)
  }

  await say(openFrame, /features/)
  const plain = Buffer.from(`\0${id}\0${secret}`).toString('base64')
  await say(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`, /^<success/)
  await say(openFrame, /features/)
  return {
    socket,
    heard,
    closed,
    say,
    send: (text) => socket.send(text),
    async bind() {
      const bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
      await say(`<iq xmlns='jabber:client' type='set' id='b'>${bind}</iq>`, /jid/)
    },
    async manage() {
      const enabled = await say(`<enable xmlns='${sm}' resume='true'/>`, /^<enabled/)
      return / id='([^']+)'/.exec(enabled)?.[1] ?? ''
    },
    resume: (previd, h) => say(`<resume xmlns='${sm}' previd='${previd}' h='${h}'/>`, /^<(resumed|failed)/),
    async nextPush(withinMs) {
      const pushes = () => heard.filter((text) => text.includes('<request '))
      const push = await until('a push', () => pushes()[taken], withinMs)
      taken++
      return / id='([^']+)'/.exec(push)?.[1] ?? ''
    },
    answer: (requestId, values) => socket.send(answerTo(requestId, values)),
  }
}

export function answerTo(requestId: string, values: Record<string, unknown>): string {
  const response = `<response xmlns='urn:fairlead:request:1'>${JSON.stringify({ values, errors: {} })}</response>`
  return `<iq xmlns='jabber:client' type='result' id='${requestId}'>${response}</iq>`
}
