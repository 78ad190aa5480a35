/** Devices in this process, which outlive relays and agents: each comes back whenever its session is over, and remembers nothing. */
import { setTimeout as pause } from 'node:timers/promises'
import { createClient, JXT, type Transport } from 'stanza'
import { type HandDevice, openHandDevice, type Pushed } from '../hand-device.ts'
import { type Answer, deviceAnswerOf, isOidsOnly, isTwin, readWish, workMsOf } from './deed.ts'
import type { Executions } from './executions.ts'

export interface HandNeeds {
  relayUrl: string
  id: string
  secret: string
  executions: Executions
  leaving: AbortSignal
}

/** It says what it did for so long, each third of a second. */
const mostTries = 150
/** The first of two that are equal takes longer: their answers come in reverse order (A11). */
const twinMs = 60

/** Does what it is asked for, and writes it down before it answers. */
function createWork({ id, executions }: HandNeeds) {
  const begun = new Set<string>()
  return async (requestId: string, request: Pushed['request']): Promise<Answer> => {
    const wish = readWish(id, request)
    executions.add({ device: id, token: wish.token, requestId })
    const isFirst = isTwin(wish.token) && !begun.delete(wish.token)
    if (isFirst) begun.add(wish.token)
    await pause(workMsOf(wish.token) + (isFirst ? twinMs : 0))
    return deviceAnswerOf(wish, requestId)
  }
}

/** What cannot be read is answered with nothing, which is no answer that a service expects. */
const noAnswer = { values: {} }

/** Over BOSH, led by hand; answers over plain HTTP. */
export async function keepHand(needs: HandNeeds): Promise<void> {
  const { relayUrl, id, secret, leaving } = needs
  const work = createWork(needs)

  async function carryOut(device: HandDevice, { requestId, request }: Pushed): Promise<void> {
    const answer = await work(requestId, request).catch(() => noAnswer)
    // Until it was taken, or is wanted no more: whatever became of the relay, and of this session, meanwhile.
    for (let tries = 0; tries < mostTries && !leaving.aborted; tries++) {
      const status = await device.answer(requestId, answer).catch(() => 503)
      if (status < 500) return
      await pause(300)
    }
  }

  while (!leaving.aborted) {
    try {
      await using device = await openHandDevice({ relayUrl, id, secret })
      if (isOidsOnly(id)) await device.call('/device/v1/register', { capabilities: { features: ['oids-only'] } })
      while (!leaving.aborted) for (const pushed of await device.hold()) void carryOut(device, pushed)
    } catch {
      // The relay is away, or has ended the session: that is what a soak is about.
    }
    await pause(100)
  }
}

const logInWithinMs = 10_000

/** A stock client over WebSocket (N7): answers in the session that asked, or never. */
export async function keepStock(needs: HandNeeds): Promise<void> {
  const { relayUrl, id, secret, leaving } = needs
  const work = createWork(needs)
  const left = new Promise<void>((done) => leaving.addEventListener('abort', () => done()))
  while (!leaving.aborted) {
    // It complains aloud of what does not listen.
    if (!(await isThere(relayUrl))) {
      await pause(100)
      continue
    }
    const client = createClient({
      jid: `${id}@localhost`,
      password: secret,
      resource: 'stock',
      server: 'localhost',
      transports: { bosh: false, websocket: `${relayUrl.replace(/^http/, 'ws')}/xmpp-websocket` },
      autoReconnect: false,
    })
    for (const element of ['request', 'response']) {
      const path = element === 'request' ? 'iq.fairleadRequest' : 'iq.fairleadResponse'
      client.stanzas.define({ namespace: 'urn:fairlead:request:1', element, path, fields: { text: JXT.text() } })
    }
    const answer = async (iq: { id?: string; fairleadRequest?: { text?: string } }) => {
      const request = JSON.parse(iq.fairleadRequest?.text ?? '{}')
      const text = JSON.stringify(await work(iq.id ?? '', request).catch(() => noAnswer))
      client.sendIQResult(iq as Parameters<typeof client.sendIQResult>[0], { fairleadResponse: { text } } as object)
    }
    for (const kind of ['get', 'set'] as const)
      client.on(`iq:${kind}:fairleadRequest` as 'iq', (iq) => void answer(iq as object).catch(() => {}))

    const over = new Promise<void>((done) => {
      client.on('connected', () => {
        // It looks after nothing that it sends to be acknowledged: a connection that is gone by then would end this process.
        forgiveSending(client.transport)
        // What it sends while its socket closes breaks its stream, and it never says that it is disconnected.
        socketOf(client.transport)?.addEventListener('close', () => done())
      })
      client.on('disconnected', () => done())
    })
    // Cut off in the middle of a log-in it waits for ever.
    const slow = new Promise<void>((done) => {
      const timer = setTimeout(done, logInWithinMs)
      client.on('session:started', () => clearTimeout(timer))
      leaving.addEventListener('abort', () => clearTimeout(timer))
    })
    client.connect()
    await Promise.race([over, slow, left])
    client.disconnect()
    await pause(100)
  }
}

/** Source: stanza's WebSocket transport, which does not declare it. */
function socketOf(transport: Transport | undefined): WebSocket | undefined {
  return Object(transport).socket
}

function forgiveSending(transport: Transport | undefined): void {
  if (!transport) return
  const send = transport.send.bind(transport)
  transport.send = (...words) => {
    const sent = send(...words)
    sent.catch(() => {})
    return sent
  }
}

async function isThere(relayUrl: string): Promise<boolean> {
  return fetch(`${relayUrl}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )
}
