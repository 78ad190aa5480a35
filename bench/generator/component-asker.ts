/** An external component that asks devices with IQ stanzas at their full JIDs. Source: XEP-0114. */
import { createHash } from 'node:crypto'
import { ns } from '@fairlead/protocol/xmpp'
import type { Asker } from './asker.ts'
import { type Address, openSocket } from './connection.ts'
import { holdsAnswer, pushed } from './content.ts'
import { attributeOf, type Device } from './device.ts'

export interface ComponentTerms {
  at: Address
  /** `service.bench.example` */
  domain: string
  secret: string
}

interface Question {
  device: Device
  done(isGood: boolean): void
}

const opening = "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream="

/** @throws {Error} when the server does not let it in within 10 s */
export async function openComponentAsker({ at, domain, secret }: ComponentTerms): Promise<Asker> {
  const questions = new Map<string, Question>()
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  let lastTrouble = ''
  let unread = ''
  let isLetIn = false
  let lastId = 0

  function shakeHands() {
    if (unread.includes('<handshake')) {
      isLetIn = true
      unread = ''
      return resolve()
    }
    const at = unread.indexOf('<stream:stream')
    if (at < 0 || unread.indexOf('>', at) < 0) return
    const id = attributeOf(unread, 'id', at)
    unread = ''
    const digest = createHash('sha1')
      .update(id + secret)
      .digest('hex')
    socket.write(`<handshake>${digest}</handshake>`)
  }

  function readAnswers() {
    for (let end = unread.indexOf('</iq>'); end >= 0; end = unread.indexOf('</iq>')) {
      take(unread.slice(0, end))
      unread = unread.slice(end + 5)
    }
  }

  function take(stanza: string) {
    const id = attributeOf(stanza, 'id', stanza.indexOf('<iq'))
    const asked = questions.get(id)
    if (!asked) return
    questions.delete(id)
    const isGood = attributeOf(stanza, 'type', 0) === 'result' && holdsAnswer(stanza, asked.device.id)
    if (!isGood) lastTrouble = stanza.slice(0, 300)
    asked.done(isGood)
  }

  const socket = openSocket(
    at,
    (text) => {
      unread += text
      if (isLetIn) readAnswers()
      else shakeHands()
    },
    (why) => {
      lastTrouble = why
      reject(new Error(`The component is not let in: ${why} ${unread}`))
      for (const { done } of questions.values()) done(false)
      questions.clear()
    },
  )
  socket.write(`${opening}'${ns.stream}' to='${domain}'>`)
  const timer = setTimeout(() => socket.destroy(), 10_000)
  await ready.finally(() => clearTimeout(timer))

  return {
    get lastTrouble() {
      return lastTrouble
    },
    ask(device, done) {
      const id = `q${++lastId}`
      questions.set(id, { device, done })
      const request = `<request xmlns='${ns.request}'>${pushed}</request>`
      socket.write(`<iq type='get' id='${id}' from='${domain}/ask' to='${device.jid}'>${request}</iq>`, 'latin1')
    },
    close: () => void socket.destroy(),
  }
}
