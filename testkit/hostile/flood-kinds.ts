/** What floods are made of: for each kind, the next request of a connection, prepared as far as it can be. */
import { randomBytes } from 'node:crypto'
import { ns, renderBody, renderPlain, renderXml, saslElement, type Xml, xml } from '@fairlead/protocol/xmpp'
import type { FloodKind, FloodPlan } from './plans.ts'

/** One connection's words. */
export interface Speaker {
  next(): Buffer
  /** What came back; for kinds whose next words depend on it. */
  hear?(text: string): void
}

/** @param n which connection of the flood it is */
export function openSpeaker(plan: FloodPlan, n: number): Speaker {
  return speakers[plan.kind](plan, n)
}

const speakers: Record<FloodKind, (plan: FloodPlan, n: number) => Speaker> = {
  creations(plan) {
    const body = renderBody({ rid: 1, ...creation })
    const same = post(plan, '/http-bind', body)
    return { next: () => (plan.spread ? post(plan, '/http-bind', body) : same) }
  },

  'wrong-scram'(plan) {
    let nonce = ''
    return inSession(
      plan,
      (session) => {
        if (nonce === '') return session.step(scramStart(plan))
        const proof = `c=biws,r=${nonce},p=${randomBytes(32).toString('base64')}`
        nonce = ''
        const wrong = session.step(saslElement('response', proof))
        session.forget()
        return wrong
      },
      (text) => {
        const challenge = /<challenge[^>]*>([^<]+)</.exec(text)?.[1] ?? ''
        nonce = /r=([^,]+)/.exec(Buffer.from(challenge, 'base64').toString('latin1'))?.[1] ?? ''
      },
    )
  },

  'wrong-basic'(plan) {
    let guess = 0
    return {
      next() {
        const basic = Buffer.from(`${plan.victim}:a-wrong-secret-${guess++}`).toString('base64')
        return post(plan, '/device/v1/survival', '{"sid":"none"}', `Authorization: Basic ${basic}\r\n`)
      },
    }
  },

  'wrong-keys'(plan) {
    const request = get(plan, '/v1/devices', `Authorization: Bearer fl_00000000_${'A'.repeat(43)}\r\n`)
    return { next: () => request }
  },

  /** A stranger's session, and the beginning of its log-in over and over: one rid. */
  repeats: (plan) => inSession(plan, (session) => session.step(scramStart(plan), 2)),

  /** A stranger's session, and then a rid that is far out of its window. */
  'wild-rids': (plan) => inSession(plan, (session) => session.step(scramStart(plan), 999)),

  /** A device that logs in, and then says a hundred things in each request. */
  stanzas(plan) {
    const resource = xml('bind', ns.bind, {}, xml('resource', ns.bind, {}, 'hostile'))
    const steps = [
      saslElement('auth', renderPlain({ user: plan.id, secret: plan.secret }), 'PLAIN'),
      'restart' as const,
      xml('iq', ns.client, { type: 'set', id: 'bind' }, resource),
    ]
    const many = Array.from({ length: 100 }, () => xml('message', ns.client, {}, xml('body', ns.client, {}, 'x')))
    return inSession(plan, (session, at) => {
      const step = steps[at] ?? many
      return step === 'restart' ? session.restart() : session.step(step)
    })
  },

  /** A service that opens streams of events, over and over. */
  'event-streams'(plan) {
    const request = get(plan, '/v1/events', `Last-Event-ID: 0\r\nAuthorization: Bearer ${plan.key}\r\n`)
    return { next: () => request }
  },

  /** Of the costliest forms that are still read, and one that is too long. */
  'big-bodies'(plan, n) {
    const [start = '', end = ''] = renderBody({ rid: 1, ...creation }, '@').split('@')
    const references = '&#65;'.repeat((maxBodyBytes - start.length - end.length - 40) / 5)
    const inside = n % 2 === 0 ? "<x xmlns='u' a='1'/>".repeat(4000) : `<x xmlns='u'>${references}</x>`
    const whole = post(plan, '/http-bind', start + inside + end)
    const large = post(plan, '/v1/devices', 'x'.repeat(maxBodyBytes))
    let count = 0
    return { next: () => (count++ % 4 === 3 ? large : whole) }
  },

  'many-headers'(plan, n) {
    const lines = Array.from({ length: n % 2 === 0 ? 60 : 200 }, (_, at) => `X-Header-${at}: ${'v'.repeat(20)}\r\n`)
    const request = get(plan, '/healthz', lines.join(''))
    return { next: () => request }
  },

  /** A request that is answered late, and a thousand small ones behind it. */
  pipelines(plan) {
    const late = get(plan, '/v1/devices', `Authorization: Bearer fl_00000000_${'A'.repeat(43)}\r\n`)
    const many = Buffer.concat([late, Buffer.from(get(plan, '/healthz').toString().repeat(1000))])
    return { next: () => many }
  },
}

/** The relay's default (contract part 3). */
const maxBodyBytes = 262_144
const creation = { to: 'localhost', wait: 30, hold: 1, ver: '1.11', 'xmpp:version': '1.0' }

const scramStart = ({ victim }: FloodPlan) => saslElement('auth', `n,,n=${victim},r=${'r'.repeat(24)}`, 'SCRAM-SHA-256')

interface Session {
  step(payload: Xml | readonly Xml[], rid?: number): Buffer
  restart(): Buffer
  /** The next request makes another one. */
  forget(): void
}

/** Makes a session and speaks in it, and makes another one when it is over. */
function inSession(
  plan: FloodPlan,
  /** @param at how many requests there were after the creation */
  speak: (session: Session, at: number) => Buffer,
  hear: (text: string) => void = () => {},
): Speaker {
  let sid = ''
  let rid = 1
  let at = 0
  const step = (attributes: Record<string, string | number>, payload: readonly Xml[]) =>
    post(plan, '/http-bind', renderBody({ sid, ...attributes }, payload.map((each) => renderXml(each)).join('')))
  const session: Session = {
    step: (payload, given = ++rid) => step({ rid: given }, [payload].flat()),
    restart: () => step({ rid: ++rid, to: 'localhost', 'xmpp:restart': 'true' }, []),
    forget() {
      sid = ''
    },
  }
  return {
    next() {
      if (sid !== '') return speak(session, at++)
      rid = 1
      at = 0
      return post(plan, '/http-bind', renderBody({ rid, ...creation }))
    },
    hear(text) {
      const [, given] = /\bsid='([^']+)'/.exec(text) ?? []
      if (given !== undefined) sid = given
      if (text.includes("type='terminate'")) sid = ''
      hear(text)
    },
  }
}

function post(plan: FloodPlan, path: string, body: string, headers = ''): Buffer {
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\n`
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${common(plan)}${headers}${length}\r\n${body}`)
}

function get(plan: FloodPlan, path: string, headers = ''): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${common(plan)}${headers}\r\n`)
}

let party = 0

function common({ spread }: FloodPlan): string {
  if (!spread) return 'Host: localhost\r\n'
  // One party after the other: 10.0.0.0/8 has room for more than are ever remembered.
  party = (party + 1) % 0xff_ffff
  return `Host: localhost\r\nX-Forwarded-For: 10.${party >> 16}.${(party >> 8) & 255}.${party & 255}\r\n`
}
