/** Fuzzes what reads XMPP on the wire beyond XML itself: BOSH bodies and answers, frames, SASL, addresses. */
import {
  BodyError,
  type BoshBody,
  isElement,
  ns,
  readAnswer,
  readBody,
  readClientFirst,
  readFrame,
  readJid,
  readPlain,
  readSaslAnswer,
  readSaslRequest,
  readXml,
  renderJid,
  SaslError,
  type Xml,
  XmlError,
} from '@fairlead/protocol/xmpp'
import type { Chance } from './chance.ts'
import { type Target, tryEach, wordsFor } from './target.ts'
import { seeds } from './xml-documents.ts'
import { mutate } from './xml-mutations.ts'

/** What is fuzzed; a test hands in a broken one to see that it is caught. */
export interface BodyCodec {
  readBody: typeof readBody
}

export function boshBodyTarget(codec: BodyCodec = { readBody }): Target {
  return {
    describe: 'readers of BOSH bodies and answers, WebSocket frames, SASL messages and addresses',
    inputs: 500_000,
    batch: 1000,
    async open({ trying }) {
      const counts = { accepted: 0, refused: 0, frames: 0, sasl: 0, jids: 0 }
      return {
        counts,
        make,
        tryOut: (inputs) =>
          tryEach(inputs, (input) => {
            trying(input)
            return tryOne(codec, input, counts)
          }),
        async [Symbol.asyncDispose]() {},
      }
    },
  }
}

type Counts = Record<'accepted' | 'refused' | 'frames' | 'sasl' | 'jids', number>

const values = [
  '1',
  '0',
  '2',
  '9007199254740991',
  '9007199254740992',
  '-1',
  '+1',
  ' 1',
  '1.6',
  '1.10',
  '1e3',
  '65536',
  '99999999999999999999',
  'x',
  '',
  'true',
  'terminate',
  'localhost',
  'a@b/c',
  '\u0661',
  '&#10;1',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
] as const
const attributes = [
  'sid',
  'rid',
  'to',
  'from',
  'xml:lang',
  'ver',
  'wait',
  'hold',
  'content',
  'ack',
  'pause',
  'newkey',
  'key',
  'type',
  'route',
  'xmpp:version',
  'xmpp:restart',
  'condition',
  'secure',
  '__proto__',
] as const
/** Most of a body is right, or it would be refused for the first thing in it. */
const rightValues: Readonly<Record<string, string>> = {
  ver: '1.6',
  wait: '30',
  hold: '1',
  pause: '10',
  ack: '1',
  newkey: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
}
const payloads = [
  '',
  ' ',
  'text',
  '<iq/>',
  `<message xmlns='jabber:client'><body>x</body></message>`,
  `<presence><iq xmlns='u:a'/></presence>`,
  `<uri>https://elsewhere</uri>`,
  `<auth xmlns='${ns.sasl}' mechanism='PLAIN'>AGEAYg==</auth>`,
  `<auth xmlns='${ns.sasl}' mechanism='SCRAM-SHA-1'>biwsbj1hLHI9YmI=</auth>`,
  `<response xmlns='${ns.sasl}'>=</response>`,
  `<failure xmlns='${ns.sasl}'><not-authorized/><text>x</text></failure>`,
  `<challenge xmlns='${ns.sasl}'>cj0=</challenge>`,
  `<stream:error xmlns:stream='${ns.stream}'><conflict xmlns='${ns.streamErrors}'/></stream:error>`,
] as const
const roots = ['body', 'body', 'body', 'open', 'close', 'bodyx'] as const
const spaces = [ns.body, ns.body, ns.body, ns.framing, 'u:a', ''] as const

function make(chance: Chance): Uint8Array {
  const root = chance.pick(roots)
  let start = `<${root} xmlns='${chance.pick(spaces)}'`
  if (!chance.oneIn(12)) start += ` rid='${chance.oneIn(8) ? chance.pick(values) : '7'}'`
  for (let more = chance.below(5); more > 0; more--) {
    const name = chance.pick(attributes)
    if (!start.includes(` ${name}=`))
      start += ` ${name}='${chance.oneIn(4) ? chance.pick(values) : (rightValues[name] ?? 'localhost')}'`
  }
  const content = chance.pick(payloads) + (chance.oneIn(2) ? '' : chance.pick(payloads))
  const document = Buffer.from(`${start}>${content}</${root}>`)
  return chance.oneIn(2) ? document : mutate(chance, document, Buffer.from(chance.pick(seeds)))
}

function tryOne(codec: BodyCodec, input: Uint8Array, counts: Counts): string | undefined {
  try {
    return tryBody(codec, input, counts) ?? tryAnswer(input) ?? tryFrame(input, counts)
  } catch (error) {
    return `thrown: ${wordsFor(error)}`
  }
}

/** @returns undefined where it refuses as it may; other errors go on */
function unless<Value>(refusal: new (...args: never[]) => Error, read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof refusal) return undefined
    throw error
  }
}

function tryBody(codec: BodyCodec, input: Uint8Array, counts: Counts): string | undefined {
  const tree = unless(XmlError, () => readXml(input, { tolerate: { xmpp: ns.xbosh } }))
  const body = unless(BodyError, () => codec.readBody(input))
  if (body === undefined) {
    counts.refused++
    return tree !== undefined && mustBeTaken(tree) ? 'a body is refused that is right' : undefined
  }
  counts.accepted++
  if (tree === undefined) return 'a body is taken that is no XML'
  const wrong = wrongIn(body, tree)
  if (wrong !== undefined) return `${wrong} is read wrongly`
  for (const child of body.children) readSasl(child, counts)
  for (const text of [body.to, body.from])
    if (text !== undefined && !readAddress(text, counts)) return 'an address changes when it is read again'
  return undefined
}

const digits = /^[0-9]+$/

/** Source: rows B-030 to B-038, B-054 to B-062, by a reading of their own. */
function mustBeTaken({ name, ns: uri, attributes: given, children }: Xml): boolean {
  const [rid, ver, newkey, ack] = ['rid', 'ver', 'newkey', 'ack'].map((each) => given.get(each))
  if (name !== 'body' || uri !== ns.body || rid === undefined || !isRid(rid)) return false
  if (ver !== undefined && !/^\d{1,5}\.\d{1,5}$/.test(ver)) return false
  if (newkey !== undefined && !/^[\da-f]{40}$/i.test(newkey)) return false
  if (ack !== undefined && given.has('sid') && ack !== '0' && !isRid(ack)) return false
  if (['wait', 'hold', 'pause'].some((each) => !digits.test(given.get(each) ?? '0'))) return false
  return children.every((child) => isElement(child) || /^[ \t\r\n]*$/.test(child))
}

function isRid(text: string): boolean {
  return digits.test(text) && text.length <= 16 && BigInt(text) >= 1n && BigInt(text) <= 2n ** 53n - 1n
}

function wrongIn(body: BoshBody, tree: Xml): string | undefined {
  if (!mustBeTaken(tree)) return 'something that must be refused'
  const given = (name: string) => tree.attributes.get(name)
  if (body.rid !== Number(given('rid')) || body.sid !== given('sid')) return 'whose body it is'
  for (const name of ['wait', 'hold', 'pause'] as const) {
    const text = given(name)
    const seconds = text === undefined ? undefined : Math.min(65_535, Number(text))
    if (body[name] !== seconds) return name
  }
  for (const name of ['to', 'from', 'content', 'key', 'newkey', 'type', 'route'] as const)
    if (body[name] !== given(name)) return name
  if (body.restart !== ['true', '1'].includes(given(`{${ns.xbosh}}restart`) ?? '')) return 'restart'
  if (body.children.length !== tree.children.filter(isElement).length) return 'what is in it'
  const isLeft = ({ name, ns: uri }: Xml) => uri === ns.body && ['iq', 'message', 'presence'].includes(name)
  return body.children.some(isLeft) ? 'a stanza' : undefined
}

function tryAnswer(input: Uint8Array): string | undefined {
  const answer = unless(BodyError, () => readAnswer(input))
  if (answer === undefined) return undefined
  return answer.children.every((child) => isElement(child)) ? undefined : 'an answer holds text'
}

function tryFrame(input: Uint8Array, counts: Counts): string | undefined {
  const frame = unless(XmlError, () => readFrame(input))
  if (frame === undefined) return undefined
  counts.frames++
  return frame.kind === 'stanza' && frame.element.ns === ns.framing ? 'a frame counts as a stanza' : undefined
}

function readSasl(element: Xml, counts: Counts): void {
  const request = unless(SaslError, () => readSaslRequest(element))
  unless(SaslError, () => readSaslAnswer(element))
  const data = request !== undefined && 'data' in request ? request.data : undefined
  if (data === undefined) return
  counts.sasl++
  unless(SaslError, () => readPlain(data))
  unless(SaslError, () => readClientFirst(data))
}

function readAddress(text: string, counts: Counts): boolean {
  const jid = readJid(text)
  if (jid === undefined) return true
  counts.jids++
  const again = readJid(renderJid(jid))
  return again !== undefined && renderJid(again) === renderJid(jid)
}
