/** Living BOSH sessions for the HTTP fuzzing: polling ones, which are answered at once, some of them logged in. */
import { ns, readAnswer, renderBody, renderPlain, renderXml, saslElement, xml } from '@fairlead/protocol/xmpp'

export interface Sessions {
  /** A fresh one, and the rid of its next request: 16 digits. */
  next(): Promise<{ sid: string; rid: number }>
}

const firstRid = 1_000_000_000_000_000
/** Deriving keys is dear. */
const loggedInOneIn = 8

export function openSessions(relayUrl: string, { device, secret }: { device: string; secret: string }): Sessions {
  let made = 0

  async function post(attributes: Record<string, string | number | undefined>, payload = '') {
    const body = renderBody(attributes, payload)
    const answer = await fetch(new URL('/http-bind', relayUrl), { method: 'POST', body })
    return readAnswer(await answer.bytes())
  }

  return {
    async next() {
      let rid = firstRid
      const { sid = '' } = await post({ rid: rid++, to: 'localhost', wait: 5, hold: 0, ver: '1.6' })
      if (made++ % loggedInOneIn !== 0) return { sid, rid }
      await post({ sid, rid: rid++ }, renderXml(saslElement('auth', renderPlain({ user: device, secret }), 'PLAIN')))
      await post({ sid, rid: rid++, to: 'localhost', 'xmpp:restart': 'true' })
      await post({ sid, rid: rid++ }, renderXml(xml('iq', ns.client, { type: 'set', id: 'b' }, xml('bind', ns.bind))))
      return { sid, rid }
    },
  }
}
