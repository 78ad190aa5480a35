/** A device that speaks BOSH on one connection: it logs in with SCRAM, holds a request, and answers every push. Source: XEP-0124, XEP-0206. */
import { ns } from '@fairlead/protocol/xmpp'
import { type Address, Connection } from './connection.ts'
import { type HttpResponse, renderPost } from './http-reader.ts'
import type { ScramKeyring } from './scram-keyring.ts'

/** What all devices of a fleet have in common. */
export interface DeviceTerms {
  bosh: Address & { path: string }
  domain: string
  mechanism: string
  keyring: ScramKeyring
  waitSeconds: number
  /** Where a push is answered: in the session, or beside it with plain HTTP, to `/device/v1/responses/{id}`. */
  answers: 'session' | 'http'
  /** A held request that is lost, or refused with 5xx, is sent again after so long; by default the session counts as lost. */
  retryMs?: number
  /** The inside of an IQ result, or the body of an HTTP response. */
  answerOf(device: string): string
}

export interface DeviceEvents {
  /** It has a session and its resource; it holds a request from now on. */
  bound(): void
  /** A held request ended with nothing in it. */
  polled(): void
  /** It has no session any more. */
  lost(why: string): void
}

type Step = 'idle' | 'created' | 'challenged' | 'proved' | 'restarted' | 'binding' | 'holding'

/** A class: there are tens of thousands, and their methods exist once. */
export class Device {
  readonly id: string
  /** Somebody waits for its answer. */
  isAsked = false
  /** Its full JID, once it is bound. */
  jid = ''
  readonly #terms: DeviceTerms
  readonly #events: DeviceEvents
  readonly #connection: Connection
  #beside: Connection | undefined
  readonly #besideQueue: string[] = []
  #isBesideBusy = false
  #step: Step = 'idle'
  #rid = 0
  #sid = ''
  #bare = ''
  /** As it was sent last: what is lost with a connection is sent again as it was (XEP-0124 §14.3). */
  #last = ''

  constructor(id: string, terms: DeviceTerms, events: DeviceEvents) {
    this.id = id
    this.#terms = terms
    this.#events = events
    this.#connection = new Connection(terms.bosh, {
      answered: (response) => this.#answered(response),
      lost: (why) => this.#sendAgain() || this.#lost(why),
    })
  }

  get isHolding(): boolean {
    return this.#step === 'holding'
  }

  start() {
    const { domain, waitSeconds } = this.#terms
    this.#rid = Math.floor(Math.random() * 1e9)
    this.#sid = ''
    this.#step = 'created'
    this.#post(
      ` to='${domain}' wait='${waitSeconds}' hold='1' ver='1.6' xml:lang='en' xmpp:version='1.0' xmlns:xmpp='${ns.xbosh}'`,
    )
  }

  /** Its connections are gone; the session may be there still. */
  cut() {
    this.#connection.close()
    this.#beside?.close()
    this.#isBesideBusy = false
    this.#besideQueue.length = 0
  }

  /** Goes on with its session; `lost` tells when the server has none such. */
  resume() {
    if (this.isHolding) this.#connection.send(this.#last)
    else this.start()
  }

  close() {
    this.#step = 'idle'
    this.cut()
  }

  #lost(why: string) {
    if (this.#step === 'idle') return
    this.close()
    this.#events.lost(why)
  }

  /** False: this one gives up, or has nothing to send again. */
  #sendAgain(): boolean {
    const { retryMs } = this.#terms
    if (retryMs === undefined || !this.isHolding) return false
    setTimeout(() => this.isHolding && this.#connection.send(this.#last), retryMs)
    return true
  }

  #post(attributes: string, payload = '') {
    const { bosh } = this.#terms
    const body = `<body rid='${this.#rid++}'${attributes} xmlns='${ns.body}'>${payload}</body>`
    const head = 'Content-Type: text/xml; charset=utf-8\r\n'
    this.#last = renderPost(bosh.path, `${bosh.host}:${bosh.port}`, head, body)
    this.#connection.send(this.#last)
  }

  #say(payload: string) {
    this.#post(` sid='${this.#sid}'`, payload)
  }

  #answered({ status, body }: HttpResponse) {
    if (status >= 500 && this.#sendAgain()) return
    if (status !== 200 || body.includes("type='terminate'") || body.includes('type="terminate"'))
      return this.#lost(`${status} ${body.slice(0, 200)}`)
    if (this.#step === 'holding') this.#takePushes(body)
    else this.#continue(body)
  }

  /** One step further, or an empty request when the server has not said yet what it will. */
  #continue(body: string) {
    const { domain, mechanism, keyring } = this.#terms
    if (this.#sid === '') this.#sid = attributeOf(body, 'sid', 0)
    if (body.includes('<failure')) return this.#lost(body.slice(0, 300))
    if (this.#step === 'created' && body.includes('mechanism')) {
      this.#bare = `n=${this.id},r=${Math.random().toString(36).slice(2)}${this.#rid.toString(36)}`
      this.#step = 'challenged'
      return this.#say(`<auth xmlns='${ns.sasl}' mechanism='${mechanism}'>${encode(`n,,${this.#bare}`)}</auth>`)
    }
    if (this.#step === 'challenged' && body.includes('<challenge')) {
      this.#step = 'proved'
      const answer = keyring.answer(this.#bare, decode(textOf(body, '<challenge')))
      if (typeof answer === 'string') return this.#prove(answer)
      answer.then((late) => this.#prove(late)).catch((error) => this.#lost(String(error)))
      return
    }
    if (this.#step === 'proved' && body.includes('<success')) {
      this.#step = 'restarted'
      return this.#post(` sid='${this.#sid}' to='${domain}' xmpp:restart='true' xmlns:xmpp='${ns.xbosh}'`)
    }
    if (this.#step === 'restarted' && body.includes('<bind')) {
      this.#step = 'binding'
      const bind = `<bind xmlns='${ns.bind}'><resource>bench</resource></bind>`
      return this.#say(`<iq xmlns='${ns.client}' type='set' id='bind'>${bind}</iq>`)
    }
    if (this.#step === 'binding' && body.includes('<jid')) {
      this.jid = textOf(body, '<jid')
      this.#step = 'holding'
      this.#say(`<presence xmlns='${ns.client}'/>`)
      return this.#events.bound()
    }
    this.#say('')
  }

  #prove(answer: string) {
    this.#say(`<response xmlns='${ns.sasl}'>${encode(answer)}</response>`)
  }

  #takePushes(body: string) {
    const { answers, answerOf } = this.#terms
    let results = ''
    let isPush = false
    for (let at = body.indexOf('<iq '); at >= 0; at = body.indexOf('<iq ', at + 4)) {
      const head = body.slice(at, body.indexOf('>', at))
      if (!/ type=['"](get|set)/.test(head)) continue
      isPush = true
      const id = attributeOf(head, 'id', 0)
      if (answers === 'http') this.#answerBeside(id)
      else
        results += `<iq xmlns='${ns.client}' type='result' id='${id}' to='${attributeOf(head, 'from', 0)}'>${answerOf(this.id)}</iq>`
    }
    // With an answer in it or without: this is the request that is held next.
    this.#say(results)
    if (!isPush) this.#events.polled()
  }

  #answerBeside(id: string) {
    const { bosh, keyring, answerOf } = this.#terms
    const basic = encode(`${this.id}:${keyring.secret}`)
    const head = `Authorization: Basic ${basic}\r\nContent-Type: application/json\r\n`
    this.#besideQueue.push(
      renderPost(`/device/v1/responses/${id}`, `${bosh.host}:${bosh.port}`, head, answerOf(this.id)),
    )
    this.#sendBeside()
  }

  #sendBeside() {
    if (this.#isBesideBusy) return
    const next = this.#besideQueue.shift()
    if (next === undefined) return
    this.#isBesideBusy = true
    this.#beside ??= new Connection(this.#terms.bosh, {
      answered: ({ status, body }) => {
        this.#isBesideBusy = false
        if (status !== 200) return this.#lost(`its answer: ${status} ${body.slice(0, 200)}`)
        this.#sendBeside()
      },
      lost: (why) => this.#lost(`its answer: ${why}`),
    })
    this.#beside.send(next)
  }
}

/** The value of an attribute after `from`; empty when there is none. */
export function attributeOf(text: string, name: string, from: number): string {
  const at = text.indexOf(` ${name}=`, from)
  if (at < 0) return ''
  const start = at + name.length + 3
  return text.slice(start, text.indexOf(text.charAt(start - 1), start))
}

function textOf(body: string, tag: string): string {
  const start = body.indexOf('>', body.indexOf(tag)) + 1
  return body.slice(start, body.indexOf('<', start))
}

const encode = (text: string) => Buffer.from(text).toString('base64')
const decode = (text: string) => Buffer.from(text, 'base64').toString()
