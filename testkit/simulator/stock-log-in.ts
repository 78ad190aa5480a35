/** How a stock XMPP client logs in over whatever carries it: features, SCRAM, restart, bind, as its library does. */
import { findChild, isElement, ns, textOf, type Xml } from '@fairlead/protocol/xmpp'
import type { Chance } from './chance.ts'
import { beginTalk, type ScramTalk } from './credentials.ts'

export interface LogInNeeds {
  chance: Chance
  device: string
  secret: string
  /** Some ask for a session after bind, and wait for its answer (RFC 3921). */
  opensSession: boolean
  hash: 'sha1' | 'sha256'
  send(xml: string): void
  restart(): void
  /** It may send and is sent stanzas from now on. */
  done(): void
  failed(why: string): void
}

export interface LogIn {
  hear(element: Xml): void
}

export function createLogIn(needs: LogInNeeds): LogIn {
  let talk: ScramTalk | undefined

  function bind(): void {
    needs.send(`<iq type='set' id='bind' xmlns='jabber:client'><bind xmlns='${ns.bind}'/></iq>`)
  }

  function bound() {
    if (!needs.opensSession) return needs.done()
    needs.send(`<iq type='set' id='session' xmlns='jabber:client'><session xmlns='${ns.session}'/></iq>`)
  }

  function hearFeatures(features: Xml) {
    if (findChild(features, 'bind', ns.bind)) return bind()
    const offered = findChild(features, 'mechanisms', ns.sasl)?.children.filter(isElement).map(textOf) ?? []
    const name = needs.hash === 'sha1' ? 'SCRAM-SHA-1' : 'SCRAM-SHA-256'
    if (!offered.includes(name)) return needs.failed('no mechanism')
    talk = beginTalk(needs.chance, needs.device, needs.secret, needs.hash)
    needs.send(`<auth xmlns='${ns.sasl}' mechanism='${name}'>${talk.first}</auth>`)
  }

  function hearChallenge(text: string) {
    const answer = talk?.answer(text)
    if (answer === undefined) return needs.failed('a bad challenge')
    needs.send(`<response xmlns='${ns.sasl}'>${answer}</response>`)
  }

  function hearIq({ attributes }: Xml) {
    const id = attributes.get('id')
    if (attributes.get('type') !== 'result') return id === 'bind' ? needs.failed('no bind') : undefined
    if (id === 'bind') bound()
    else if (id === 'session') needs.done()
  }

  return {
    hear(element) {
      switch (element.name) {
        case 'features':
          return hearFeatures(element)
        case 'challenge':
          return hearChallenge(textOf(element))
        case 'success':
          return talk?.isFromRelay(textOf(element)) ? needs.restart() : needs.failed('not our relay')
        case 'failure':
          return needs.failed('not-authorized')
        case 'iq':
          return hearIq(element)
      }
    },
  }
}
