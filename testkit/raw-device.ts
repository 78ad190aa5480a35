/** A device that speaks BOSH by hand, request by request, so that a scene can stop between any two of them. */
import {
  type BoshAnswer,
  findChild,
  ns,
  readAnswer,
  renderBody,
  renderPlain,
  renderXml,
  saslElement,
  textOf,
  type Xml,
  xml,
} from '@fairlead/protocol/xmpp'

export interface RawDeviceOptions {
  relayUrl: string
  id: string
  secret: string
  /** `localhost` by default, as the relay's. */
  domain?: string
  resource?: string
}

/** What was pushed: the IQ and the text of its `<request>`. */
export interface Pushed {
  id: string
  request: Record<string, unknown>
}

export interface RawDevice {
  readonly sid: string
  /** Sends one request and waits for its answer; nothing else is ever sent. An empty one is the connection (A4). */
  send(...stanzas: Xml[]): Promise<BoshAnswer>
  /** Gives up whatever is held, as a device does that loses its power. */
  vanish(): void
  /** Answers a request in plain HTTP, outside of the session (A10). @returns the status */
  respond(requestId: string, answer: object): Promise<number>
}

/** Logs in and binds, and opens no connection. Bounded by 10 s a request, 40 s for what is held. */
export async function openRawDevice(options: RawDeviceOptions): Promise<RawDevice> {
  const { relayUrl, id, secret, domain = 'localhost', resource = 'raw' } = options
  const gone = new AbortController()
  let rid = 1000

  async function post(attributes: Record<string, string | number | undefined>, payload = ''): Promise<BoshAnswer> {
    const answer = await fetch(new URL('/http-bind', relayUrl), {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset=utf-8' },
      body: renderBody({ rid: rid++, ...attributes }, payload),
      signal: AbortSignal.any([gone.signal, AbortSignal.timeout(40_000)]),
    })
    return readAnswer(new Uint8Array(await answer.arrayBuffer()))
  }

  const opening = { to: domain, wait: 30, hold: 1, ver: '1.6', 'xmpp:version': '1.0' }
  const { sid } = await post(opening)
  if (sid === undefined) throw new Error('The relay gives no session.')
  const send = (...stanzas: Xml[]) => post({ sid }, stanzas.map((stanza) => renderXml(stanza)).join(''))

  const initial = renderPlain({ user: id, secret })
  const verdict = await send(saslElement('auth', initial, 'PLAIN'))
  if (!verdict.children.some(({ name }) => name === 'success')) throw new Error(`${id} is not let in.`)
  await post({ sid, to: domain, 'xmpp:restart': 'true' })
  const bind = xml('bind', ns.bind, {}, xml('resource', ns.bind, {}, resource))
  const bound = await send(xml('iq', ns.client, { type: 'set', id: 'bind' }, bind))
  if (!bound.children.some(({ attributes }) => attributes.get('type') === 'result')) throw new Error('Not bound.')

  return {
    sid,
    send,
    vanish: () => gone.abort(),
    async respond(requestId, answer) {
      const basic = Buffer.from(`${id}:${secret}`).toString('base64')
      const { status } = await fetch(new URL(`/device/v1/responses/${requestId}`, relayUrl), {
        method: 'POST',
        headers: { authorization: `Basic ${basic}` },
        body: JSON.stringify(answer),
      })
      return status
    },
  }
}

export function pushesIn({ children }: BoshAnswer): Pushed[] {
  return children.flatMap((stanza) => {
    const request = findChild(stanza, 'request', ns.request)
    return request ? [{ id: stanza.attributes.get('id') ?? '', request: JSON.parse(textOf(request)) }] : []
  })
}
