/** Texts for the fuzzing of what people write: YAML with its tricks, lines of flags, specifications of drivers, JSON. */
import type { Chance } from './chance.ts'
import { mutate } from './xml-mutations.ts'

const optionNames = [
  'listen',
  'data',
  'domain',
  'publicUrl',
  'tlsCert',
  'tlsKey',
  'tlsClientCa',
  'adminKey',
  'adminListen',
  'wait',
  'inactivity',
  'survivalTimeout',
  'managementTimeout',
  'requestTimeout',
  'enrolment',
  'trustedProxies',
  'corsOrigin',
  'anonymous',
  'insecureTransport',
  'models',
  'maxAnswerBytes',
  'databaseUrl',
  'busUrl',
  'relay',
  'id',
  'secret',
  'code',
  'driver',
  'devices',
  'sessionMaintenance',
  'survivalMode',
  'survivalAnswerTimeout',
  'config',
  'printObjects',
  'json',
  'url',
  'user',
  'authProtocol',
  'authPassword',
  'privProtocol',
  'privPassword',
  'context',
  'no-such-option',
  'adminkey',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
] as const

/** A secret that no sentence may repeat (S-M5). */
export const canary = 'canary-in-a-coal-mine'

/** Options whose value is one, and how it may be wrong. */
const secretNames = [
  'adminKey',
  'databaseUrl',
  'busUrl',
  'secret',
  'code',
  'authPassword',
  'privPassword',
  'spoolSecretKey',
] as const
const secretValues = [
  canary,
  `"${canary}\\n"`,
  `[${canary}]`,
  `{a: ${canary}}`,
  `!odd ${canary}`,
  `*${canary}`,
  `"${canary}`,
  `${canary}\t\u00e9`,
] as const

const values = [
  '30',
  '0',
  '-1',
  '1e3',
  '55',
  '99999999999999999999',
  '0x1f',
  '3.5',
  'on',
  'off',
  'yes',
  'true',
  'null',
  '~',
  '""',
  '"\\u0000"',
  'open',
  'list',
  '127.0.0.1:0',
  '[::1]:8080',
  ':80',
  'a:99999',
  'localhost',
  'LOCALHOST',
  'https://relay.example',
  'https://user:pw@relay.example/a?b#c',
  'http://',
  '10.0.0.0/8',
  '10.0.0.0/33',
  'fd00::/8',
  'fe80::1%eth0',
  'printer-1',
  '../..',
  'a'.repeat(300),

  'virtual',
  'virtual:loom',
  'virtual?toner.black=7',
  'snmp://192.0.2.1',
  'snmp://h?community=x&timeout=x',
  'ftp://x',
  'sha256',
  'aes',
  'survival',
  'reconnect',
  '2024-01-01',
  '\u{1F600}',
  "it's",
] as const

const yamlValues = [
  ...values,
  '[]',
  '{}',
  '[1, 2]',
  '{a: b}',
  '[a, [b, {c: d}]]',
  '{url: "snmp://h", user: u}',
  '[{id: a, driver: virtual}]',
  '[{id: a}, {id: a}]',
  '[null]',
  '!!binary aGk=',
  '!!js/function x',
  '!!set {a}',
  '!!timestamp 2024-01-01',
  '!<tag:x> y',
  '|\n  text',
  '>-\n  text',
  '*nowhere',
  '? [a]',
  '.inf',
  '.nan',
  '0o17',
  '1_000',
  '- a\n- b',
  '{<<: {a: b}}',
] as readonly string[] as [string, ...string[]]

const tricks = [
  'a: &a [*a]',
  'wait: &a [*a]',
  'trustedProxies: &a [x, *a]',
  'wait: &a {b: *a}',
  'driver: &a {url: *a}',
  'devices: &a [*a]',
  'devices: [&a {id: a, driver: *a}]',
  'devices: [{id: a, relay: "http://r", secret: s, driver: virtual, extra: &x [*x]}]',
  'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\nwait: [*d,*d,*d,*d,*d,*d,*d,*d,*d]',
  '? {a: b}\n: c',
  '? [a, b]\n: c',
  '"__proto__": {polluted: true}',
  '__proto__: {polluted: true}\nwait: 30',
  'constructor: {prototype: {polluted: true}}',
  '<<: {wait: 30}',
  '<<: &a {<<: *a}',
  '%YAML 9.9\n---\nwait: 30',
  '%TAG ! tag:x:\n---\nwait: !y 30',
  'wait: 30\n---\nwait: 31',
  'wait: 30\nwait: 31',
  '\ufeffwait: 30',
  '\twait: 30',
  'wait: 30\0',
  '- a\n- b',
  '"text"',
  '42',
  '...',
  '# only a comment',
  '"unterminated',
  '{a: [b',
  '- name: n\n  models: ["a*"]\n  features: []\n  objects: {location: {oid: "1.3.6.1"}}',
  '- name: n\n  like: nobody\n  objects: {}',
  '- name: n\n  models: ["*********************a"]\n  objects: {"__proto__": {oid: "1.3"}}',
  '- &a {name: n, objects: *a}',
  '- name: n\n  objects: {x: {oid: "1.3.6.1", scale: 0, words: {"1": "a"}}, y: {percent: {level: "1.3", capacity: "1.4"}}}',
] as const

const specifications: Readonly<Record<string, readonly [string, ...string[]]>> = {
  snmpUrl: [
    'h',
    '192.0.2.1:161?community=public',
    '[::1]:1?version=1',
    '[fe80::1%25eth0]',
    'h?timeout=0.1&retries=10',
    'h?timeout=NaN',
    'h?retries=1e9',
    'h:0',
    'h:99999',
    '?',
    'a b',
    'h?community=%zz',
    `h?community=${canary}&nope=1`,
    `h?community=${canary}&timeout=x`,
  ],
  virtual: [
    '',
    '?',
    ':printer',
    ':embroidery-machine?serial=1',
    '?toner.black=101',
    '?toner.black=1&toner.black=2',
    '?mac=aa',
    '?1.3.6.1.4.1.9=5',
    '?alerts=jam,door',
    '?pages=4294967296',
    '?model=%00',
    `?nope=${canary}`,
    '?secondsPerPage=0.0001',
    '?__proto__=1',
  ],
}

export function makeText(chance: Chance, name: string): string {
  const specified = specifications[name]
  if (specified) return damaged(chance, chance.pick(specified))
  return name === 'json' ? damaged(chance, json(chance)) : damaged(chance, yaml(chance))
}

export function makeLines(chance: Chance, name: string): string {
  const lines = Array.from({ length: chance.below(5) }, () => `${chance.pick(optionNames)}=${chance.pick(values)}`)
  // Without these the rest would not be looked at.
  if (name === 'agentFlags' && chance.oneIn(2))
    lines.push('relay=https://relay.example', 'id=a', `secret=${canary}`, 'driver=virtual')
  if (chance.oneIn(3)) lines.push(`${chance.pick(secretNames)}=${canary}`)
  if (name === 'snmpForm' && chance.oneIn(2)) lines.push('url=snmp://h', 'user=u', `authPassword=${canary}`)
  return lines.join('\n')
}

function damaged(chance: Chance, text: string): string {
  if (!chance.oneIn(3)) return text
  // Where it stands then may be no secret's place any more.
  const plain = text.replaceAll(canary, 'x') || ' '
  return Buffer.from(mutate(chance, Buffer.from(plain), Buffer.from(chance.pick(tricks)))).toString()
}

function yaml(chance: Chance): string {
  if (chance.oneIn(3)) return chance.pick(tricks)
  if (chance.oneIn(100)) return deep(chance)
  const lines = Array.from({ length: chance.below(5) }, () => yamlLine(chance))
  if (chance.oneIn(4)) lines.unshift(`relay: https://relay.example\nsecret: ${canary}\ndriver: virtual`)
  if (chance.oneIn(4))
    lines.push(`devices: [{id: a, secret: ${canary}, ${chance.pick(optionNames)}: ${chance.pick(yamlValues)}}]`)
  return lines.join('\n')
}

function yamlLine(chance: Chance): string {
  if (chance.oneIn(6)) return `${chance.pick(secretNames)}: ${chance.pick(secretValues)}`
  return `${chance.pick(optionNames)}: ${chance.pick(yamlValues)}`
}

function deep(chance: Chance): string {
  const depth = chance.pick([100, 2000, 8000] as const)
  return chance.pick([
    (n: number) => `wait: ${'['.repeat(n)}${']'.repeat(n)}`,
    (n: number) => '['.repeat(n),
    (n: number) => '{a: '.repeat(n / 4),
    (n: number) => Array.from({ length: Math.min(n, 2000) }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
    (n: number) => `wait: ${'9'.repeat(n)}`,
    // The YAML reader compares each name with every other.
    (n: number) => Array.from({ length: n / 10 }, (_, at) => `k${at}: v`).join('\n'),
    (n: number) => `${'- '.repeat(n)}a`,
    (n: number) => `${'!'.repeat(n)} a`,
    (n: number) => `${'a'.repeat(n)}`,
    (n: number) => '&a '.repeat(n),
  ] as const)(depth)
}

function json(chance: Chance): string {
  if (chance.oneIn(50)) {
    const size = chance.pick([31, 32, 33, 1000, 100_000] as const)
    return chance.pick([
      (n: number) => '['.repeat(n) + ']'.repeat(n),
      (n: number) => '['.repeat(n),
      (n: number) => '{"a":'.repeat(n),
      (n: number) => `"${'\\'.repeat(n)}"`,
      (n: number) => `"${'a'.repeat(n)}"`,
      (n: number) => '9'.repeat(n),
      (n: number) => `{${Array.from({ length: n }, (_, at) => `"k${at}":1`).join(',')}}`,
    ] as const)(size)
  }
  const member = () =>
    `"${chance.pick(optionNames)}":${chance.pick(['1', '"a"', 'null', '{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '9007199254740993', '1e999', '"\\ud800"', '"a:b\\":"', '[]', '{"a":1,"a":2}'] as const)}`
  return `{${Array.from({ length: chance.below(5) }, member).join(',')}}`
}
