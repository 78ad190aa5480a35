/** Bodies for the HTTP fuzzing: JSON as the API wants it, JSON as it does not, BOSH bodies, WebSocket frames. */
import { type BodyAttributes, ns, renderBody, renderPlain, renderXml, saslElement } from '@fairlead/protocol/xmpp'
import type { Chance } from './chance.ts'
import { mutate } from './xml-mutations.ts'

/** IDs of a few devices, so that most are there already and little is kept. None of them is the honest one. */
export const ids = ['fuzz-1', 'fuzz-2', 'fuzz-3', 'nobody', 'x'] as const

/** Replaced by a living session's when it is sent: of the same length as a sid, and as a rid of 16 digits. */
export const sidPlaceholder = '@SID@'.padEnd(32, '~')
export const ridPlaceholder = '@RID@'.padEnd(16, '~')

const values = [
  '"x"',
  '""',
  '0',
  '-1',
  '1e308',
  '1e999',
  '9007199254740993',
  '0.1',
  'null',
  'true',
  '[]',
  '{}',
  '["a","b"]',
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{}}}',
  '"\\u0000"',
  '"\\ud800"',
  '"\u00e9\u{1F600}"',
  '"<script>"',
  '"toner.black"',
  '"1.3.6.1.2.1.43.10.2.1.4.1.1"',
  '{"hex":"00ff"}',
] as const

const names = [
  'id',
  'account',
  'name',
  'get',
  'set',
  'command',
  'arguments',
  'timeoutSeconds',
  'deliverWithinSeconds',
  'scopes',
  'expiresAt',
  'secret',
  'tags',
  'model',
  'overlapSeconds',
  'values',
  'errors',
  'result',
  'refused',
  'serial',
  'capabilities',
  'type',
  'data',
  '__proto__',
  'constructor',
  'toString',
] as const

/** As the contract has them. */
const right = [
  '{"get":["model","toner.black"]}',
  '{"get":["1.3.6.1.2.1.43.10.2.1.4.1.1"],"timeoutSeconds":1}',
  '{"set":{"location":"2nd floor"}}',
  '{"command":"identify","arguments":{"seconds":3}}',
  '{"id":"fuzz-2","tags":["a"],"model":"M"}',
  '{"id":"tenant-1","name":"T"}',
  '{"account":"default","scopes":["devices:read"],"name":"k","expiresAt":"2030-01-01T00:00:00.000Z"}',
  '{"overlapSeconds":0}',
  '{"values":{"model":"M"},"errors":{}}',
  '{"refused":"no"}',
  '{"serial":"S","model":"M","firmware":"1","features":["names"]}',
  '{"type":"paper.empty","data":{"tray":1}}',
] as const

const tokens = ['{', '}', '[', ']', ':', ',', '"', '\\', '\\u', 'null', '-', '1e', '\0', '\u00ff', ' '] as const

export function makeJson(chance: Chance): Buffer {
  const kind = chance.below(10)
  if (kind < 5) return Buffer.from(chance.pick(right))
  if (kind < 7) return Buffer.from(object(chance, 0))
  if (kind === 7) return Buffer.from(damage(chance, chance.pick(right)))
  if (kind === 8) return Buffer.from(mutate(chance, Buffer.from(chance.pick(right)), Buffer.from(object(chance, 0))))
  return extreme(chance)
}

function object(chance: Chance, depth: number): string {
  const members = Array.from({ length: chance.below(5) }, () => {
    const value = depth < 3 && chance.oneIn(4) ? object(chance, depth + 1) : chance.pick(values)
    return `"${chance.pick(names)}":${value}`
  })
  return `{${members.join(',')}}`
}

function damage(chance: Chance, text: string): string {
  const at = chance.below(text.length)
  return text.slice(0, at) + chance.pick(tokens) + text.slice(at + chance.below(4))
}

function extreme(chance: Chance): Buffer {
  const size = chance.oneIn(20) ? chance.pick([65_535, 65_537, 100_000] as const) : 2000
  switch (chance.below(5)) {
    case 0:
      return Buffer.from('['.repeat(size))
    case 1:
      return Buffer.from(`{"get":["${'a'.repeat(size)}"]}`)
    case 2:
      return Buffer.from(`{"get":[${'"a",'.repeat(size / 4)}"a"]}`)
    case 3:
      return Buffer.from(`{"set":${'{"a":'.repeat(size / 10)}1${'}'.repeat(size / 10)}}`)
    default:
      return Buffer.alloc(size, chance.below(256))
  }
}

const sessionPayloads = [
  '',
  '',
  `<iq type='get' id='1' xmlns='jabber:client'><ping xmlns='${ns.ping}'/></iq>`,
  `<iq type='get' id='2' to='localhost' xmlns='jabber:client'><query xmlns='${ns.discoInfo}'/></iq>`,
  `<iq type='set' id='3' xmlns='jabber:client'><bind xmlns='${ns.bind}'/></iq>`,
  `<iq type='result' id='none' xmlns='jabber:client'><response xmlns='${ns.request}'>{"values":{}}</response></iq>`,
  `<message to='a@b/c' xmlns='jabber:client'><body>x</body></message>`,
  `<presence xmlns='jabber:client'><show>away</show></presence>`,
  `<auth xmlns='${ns.sasl}' mechanism='SCRAM-SHA-256'>biwsbj1meixyPWZ5a284OWZnYXNkZmFzZGY=</auth>`,
  `<response xmlns='${ns.sasl}'>Yz1iaXdz</response>`,
  renderXml(saslElement('auth', renderPlain({ user: 'nobody', secret: 'wrong' }), 'EXTERNAL')),
  `<r xmlns='${ns.sm}'/>`,
] as const

const creation = { rid: 1000, to: 'localhost', wait: 5, hold: 0, ver: '1.6', 'xmpp:version': '1.0' }

/** A body that opens a session. Most do not, or too many strangers would wait for room. */
export function makeCreation(chance: Chance): Buffer {
  if (chance.oneIn(12)) return Buffer.from(renderBody(creation))
  const changes: readonly [BodyAttributes, ...BodyAttributes[]] = [
    { to: 'elsewhere' },
    { to: undefined },
    { rid: undefined },
    { rid: '9007199254740992' },
    { ver: '1' },
    { content: 'text/html\r\nX: y' },
    { wait: '-1' },
  ]
  return Buffer.from(renderBody({ ...creation, ...chance.pick(changes) }))
}

/** A request of the session that takes the placeholders' place, often broken. */
export function makeSessionBody(chance: Chance): Buffer {
  const extra = chance.pick([
    {},
    {},
    {},
    { type: 'terminate' },
    { pause: 3 },
    { 'xmpp:restart': 'true' },
    { key: 'x' },
    { ack: 1 },
  ] as const)
  const payload = chance.pick(sessionPayloads) + (chance.oneIn(3) ? chance.pick(sessionPayloads) : '')
  const body = Buffer.from(renderBody({ sid: sidPlaceholder, rid: ridPlaceholder, ...extra }, payload))
  return chance.oneIn(2) ? body : Buffer.from(mutate(chance, body, Buffer.from(chance.pick(sessionPayloads))))
}

/** Frames of a client, masked with zeros: open, stanzas, pings, and what is none of them. */
export function makeFrames(chance: Chance): Buffer {
  const frames: Buffer[] = []
  for (let more = chance.below(5); more > 0; more--) {
    const text = chance.oneIn(2)
      ? `<open xmlns='${ns.framing}' to='localhost' version='1.0'/>`
      : chance.pick(sessionPayloads)
    const content = chance.oneIn(2)
      ? Buffer.from(text)
      : Buffer.from(mutate(chance, Buffer.from(text || ' '), Buffer.from(text || ' ')))
    frames.push(frame(chance, content.subarray(0, 60_000)))
  }
  return Buffer.concat(frames)
}

function frame(chance: Chance, content: Buffer): Buffer {
  const opcode = chance.oneIn(3) ? chance.below(16) : 1
  const first = (chance.oneIn(12) ? 0 : 0x80) | (chance.oneIn(20) ? 0x40 : 0) | opcode
  const masked = chance.oneIn(20) ? 0 : 0x80
  const length = chance.oneIn(30) ? chance.below(120) : content.length
  const head =
    length < 126 ? Buffer.of(first, masked | length) : Buffer.of(first, masked | 126, length >> 8, length & 255)
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0), content])
}
