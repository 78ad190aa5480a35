/** What a stock client's BOSH library offers to the program that uses it, and what it needs. */
import { readXml, type Xml } from '@fairlead/protocol/xmpp'
import type { Chance } from './chance.ts'
import type { DeviceNeeds } from './device.ts'
import type { Letter } from './network.ts'

export interface TransportNeeds extends DeviceNeeds {
  /** One top-level element. */
  hear(element: Xml): void
  /** The session is over; once. */
  ended(why: string): void
}

export interface Transport {
  connect(): void
  send(xml: string, iq?: string): void
  restart(): void
  /** Log-in is done. */
  authenticated(): void
  /** Says farewell. */
  disconnect(xml: string): void
  /** The process is gone. */
  kill(isCrash: boolean): void
}

/** Every library begins somewhere at random. */
export function firstRid(chance: Chance): number {
  return 1 + chance.integer(2 ** 31)
}

const head = "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh'"

export function bodyLetter(
  rid: number,
  sid: string | undefined,
  attributes: string,
  payload: string,
  iq: string | undefined,
): Letter {
  const start =
    sid === undefined ? `${head} rid='${rid}'${attributes}` : `${head} sid='${sid}' rid='${rid}'${attributes}`
  return { to: 'bosh', sid, rid, iq, body: payload === '' ? `${start}/>` : `${start}>${payload}</body>` }
}

/** An answer that is none, such as a proxy's own page, is undefined. */
export function readBody(text: string): Xml | undefined {
  return text.startsWith('<body') ? readXml(text) : undefined
}

export function seconds(body: Xml, name: string, otherwise: number): number {
  const text = body.attributes.get(name)
  return text === undefined ? otherwise : Number(text)
}
