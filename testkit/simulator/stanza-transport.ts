/** stanza 12.22.1 over BOSH, after its own source (`src/transports/bosh.ts`): two channels, five tries, no poll before log-in. */
import { isElement } from '@fairlead/protocol/xmpp'
import { postFor } from './device.ts'
import { bodyLetter, firstRid, readBody, type Transport, type TransportNeeds } from './stock-transport.ts'

/** Of the `wait` that it asks for, when the channel is made; what is granted does not change it. */
const maxTimeoutMs = 33_000
const maxRetries = 5
const scheduleMs = 10

interface Channel {
  isActive: boolean
}

export function createStanzaTransport(needs: TransportNeeds): Transport {
  const { chance, time } = needs
  const channels: readonly [Channel, Channel] = [{ isActive: false }, { isActive: false }]
  let active: 0 | 1 = 0
  let queue: { xml: string; iq: string | undefined }[] = []
  let rid = firstRid(chance)
  let sid: string | undefined
  let hasStream = false
  let isAuthenticated = false
  let isOver = false
  let timer: { cancel(): void } | undefined

  function over(why: string): void {
    if (isOver) return
    isOver = true
    timer?.cancel()
    needs.ended(why)
  }

  const sending = () => channels[active]
  const polling = () => channels[active === 0 ? 1 : 0]

  function send(attributes: string, payload: string, iq?: string): void {
    const channel = sending()
    active = active === 0 ? 1 : 0
    request(channel, attributes, payload, iq)
  }

  /** `RequestChannel.send`: a fetch that took too long goes on unheard beside its own repetition. */
  function request(channel: Channel, attributes: string, payload: string, iq?: string) {
    if (isOver) return
    channel.isActive = true
    const letter = bodyLetter(rid++, sid, attributes, payload, iq)
    const attempt = (attempts: number) =>
      void postFor(needs, letter, maxTimeoutMs, (outcome) => {
        if (isOver) return
        if (outcome?.kind === 'answer' && outcome.status === 200) {
          channel.isActive = false
          process(outcome.body)
        } else if (attempts === 1) attempt(2)
        else if (attempts < maxRetries)
          time.after(Math.min(maxTimeoutMs, attempts ** 2 * 1000) + chance.fraction() * 1000, () => {
            if (!isOver) attempt(attempts + 1)
          })
        else over('request failed')
      })
    attempt(1)
  }

  function process(text: string) {
    const body = readBody(text)
    if (!body) return over('invalid XML')
    if (body.attributes.get('type') === 'terminate') return over(body.attributes.get('condition') ?? 'terminated')
    if (!hasStream) {
      hasStream = true
      sid = body.attributes.get('sid') ?? sid
    }
    for (const element of body.children) if (isElement(element) && !isOver) needs.hear(element)
    schedule()
  }

  function schedule(): void {
    timer?.cancel()
    if (!isOver) timer = time.after(scheduleMs, fire)
  }

  /** `fireRequests` */
  function fire() {
    if (isOver) return
    const [next] = queue
    if (next) {
      if (sending().isActive) return schedule()
      queue = queue.slice(1)
      send('', next.xml, next.iq)
      if (queue.length > 0) schedule()
      return
    }
    if (isAuthenticated && !channels[0].isActive && !channels[1].isActive) request(polling(), '', '')
  }

  return {
    connect: () =>
      send(" to='relay.example' wait='30' hold='2' ver='1.6' xmpp:version='1.0' content='text/xml; charset=utf-8'", ''),
    send(xml, iq) {
      queue.push({ xml, iq })
      schedule()
    },
    restart() {
      hasStream = false
      send(" to='relay.example' xmpp:restart='true'", '')
    },
    authenticated() {
      isAuthenticated = true
      schedule()
    },
    disconnect(xml) {
      send(" type='terminate'", xml)
      time.after(3_000, () => over('left'))
    },
    kill() {
      isOver = true
      timer?.cancel()
    },
  }
}
