/** Pushes requests over a device's line and waits for its answer, with nothing of the relay's rooms between. */
import { findChild, ns, renderXml, textOf, type Xml, xml } from '@fairlead/protocol/xmpp'
import type { Line, Lines } from '../relay/xmpp/carrier.ts'
import { until } from './until.ts'

export interface Pushes {
  readonly lines: Lines
  /** Pushes once the device is connected. @returns what `<response>` says */
  push(device: string, kind: 'get' | 'set', request: object): Promise<unknown>
  /** How the device's line ended, undefined while it stands. */
  endOf(device: string): string | undefined
}

export function createPushes(domain: string): Pushes {
  const connected = new Map<string, Line>()
  const ends = new Map<string, string>()
  const answers = new Map<string, Xml>()
  let pushed = 0

  return {
    lines: {
      claim: () => ({ epoch: 1 }),
      bound() {},
      connected: (line) => void connected.set(line.device, line),
      alive() {},
      leaving() {},
      written() {},
      acknowledged() {},
      answered: (_, stanza) => void answers.set(stanza.attributes.get('id') ?? '', stanza),
      ended(line, end) {
        ends.set(line.device, end)
        connected.delete(line.device)
      },
    },

    async push(device, kind, request) {
      const line = await until(`${device} is connected`, () => connected.get(device))
      const id = `push-${++pushed}`
      const to = `${line.device}@${domain}/${line.resource}`
      const asking = xml('request', ns.request, {}, JSON.stringify(request))
      line.send(renderXml(xml('iq', ns.client, { type: kind, id, from: domain, to }, asking)), pushed)
      const answer = await until(`${device} has answered`, () => answers.get(id))
      const response = findChild(answer, 'response', ns.request)
      if (response === undefined) throw new Error(`${device} answered ${renderXml(answer)}`)
      return JSON.parse(textOf(response))
    },

    endOf: (device) => ends.get(device),
  }
}
