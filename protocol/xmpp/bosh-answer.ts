/** The `<body/>` of a BOSH answer, for those who speak to a relay. Source: XEP-0124 §7.2 to §17, XEP-0206. */
import { BodyError, isTrue, payloadsOf, readWrapper, ridOf, shortOf, typed, versionOf } from './bosh-body.ts'
import { ns } from './namespaces.ts'
import { findChild, textOf, type Xml } from './xml.ts'
import type { XmlOptions } from './xml-reader.ts'

export interface BoshAnswer {
  readonly sid: string | undefined
  readonly from: string | undefined
  readonly ver: { readonly major: number; readonly minor: number } | undefined
  /** Seconds, as are `inactivity`, `polling` and `maxpause`. */
  readonly wait: number | undefined
  readonly hold: number | undefined
  readonly requests: number | undefined
  readonly inactivity: number | undefined
  readonly polling: number | undefined
  readonly maxpause: number | undefined
  readonly authid: string | undefined
  readonly ack: number | undefined
  /** The rid after the last that was acknowledged, whose answer left `time` milliseconds ago. */
  readonly report: number | undefined
  readonly time: number | undefined
  readonly xmppVersion: string | undefined
  readonly restartLogic: boolean
  /** `terminate`: over; `error`: send the last requests again. */
  readonly type: 'terminate' | 'error' | undefined
  /** Why it is over; undefined: as the client asked. */
  readonly condition: string | undefined
  /** Where to go instead, with `see-other-uri`. */
  readonly uri: string | undefined
  readonly children: readonly Xml[]
}

/** @throws BodyError when it is no BOSH answer, such as the error page of something in between */
export function readAnswer(bytes: Uint8Array, options: XmlOptions = {}): BoshAnswer {
  return typed(readWrapper(bytes, options), readAttributes)
}

function readAttributes(root: Xml): BoshAnswer {
  const { attributes } = root
  const short = (name: string) => shortOf(attributes.get(name), name)
  const type = attributes.get('type')
  if (type !== undefined && type !== 'terminate' && type !== 'error')
    throw new BodyError('bad-request', 'The type of an answer is terminate, error or nothing.', {})
  const uri = findChild(root, 'uri', ns.body)
  return {
    sid: attributes.get('sid'),
    from: attributes.get('from'),
    ver: versionOf(attributes.get('ver')),
    wait: short('wait'),
    hold: short('hold'),
    requests: short('requests'),
    inactivity: short('inactivity'),
    polling: short('polling'),
    maxpause: short('maxpause'),
    authid: attributes.get('authid'),
    ack: mustRid(attributes.get('ack'), 'ack'),
    report: mustRid(attributes.get('report'), 'report'),
    time: short('time'),
    xmppVersion: attributes.get(`{${ns.xbosh}}version`),
    restartLogic: isTrue(attributes.get(`{${ns.xbosh}}restartlogic`)),
    type,
    condition: attributes.get('condition'),
    uri: uri === undefined ? undefined : textOf(uri),
    children: payloadsOf(root),
  }
}

function mustRid(value: string | undefined, name: string): number | undefined {
  if (value === undefined) return undefined
  const rid = ridOf(value)
  if (rid === undefined) throw new BodyError('bad-request', `${name} must be the rid of a request.`, {})
  return rid
}
