/** Makes XML documents by the grammar, with every freedom that it leaves, and hostile ones by their shapes. */
import { ns } from '@fairlead/protocol/xmpp'
import type { Chance } from './chance.ts'

/** As they are spoken, and one of each kind of syntax: what mutations start from. */
export const seeds = [
  `<body rid='7' sid='s1' xmlns='${ns.body}'><iq xmlns='jabber:client' type='get' id='1'><ping xmlns='${ns.ping}'/></iq></body>`,
  `<?xml version='1.0' encoding='UTF-8'?>\n<body xmlns='${ns.body}' xmlns:xmpp='${ns.xbosh}' xmpp:version='1.0' xml:lang='en' rid='1' to='localhost'/>`,
  `\ufeff<a b="1&#9;2" c='&lt;&amp;&quot;'>x<![CDATA[<&]]>y &gt; ]] z</a>`,
  `<p:a xmlns:p='u:p' xmlns:q='u:pp' p:b='1' q:b='2' b='3'><q:c xmlns:q='u:p'/><d xmlns='u:d'><e xmlns=''/></d></p:a>`,
  `<stream:features xmlns:stream='${ns.stream}'><mechanisms xmlns='${ns.sasl}'>\r\n\t<mechanism>PLAIN</mechanism>\r</mechanisms></stream:features>`,
  `<a>\u00e9\u20ac\u{1F600}\u0085<b\n c\t=\r"d"\n/></a >`,
  `<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='${ns.bind}'><resource>r</resource></bind></iq>`,
  `<r xmlns:p='u:p' xmlns:q='u:q'><a p:b='1' q:b='2' r='3' /><q:a p:c='4' q:c='5' /></r>`,
] as const

const names = [
  'a',
  'b',
  'iq',
  'body',
  'message',
  '__proto__',
  'constructor',
  'toString',
  '_',
  'x.-1',
  'xmlnsx',
] as const
const prefixes = ['p', 'q', 'stream', 'xmpp', 'xml', '__proto__'] as const
const uris = ['u:p', 'u:q', 'u:pp', ns.client, ns.stream, ns.body, ns.xbosh, 'urn:x?a=b&amp;c', ''] as const
const texts = [
  'x',
  ' ',
  '\n',
  '\r',
  '\r\n',
  '\t',
  ']]',
  '>',
  '&lt;',
  '&amp;',
  '&#13;',
  '&#x1F600;',
  '&#x0d;&#x0a;',
  '\u00e9',
  '\u20ac\u{1F600}',
  '<![CDATA[<&]]>',
  '<![CDATA[\r\n]]>',
  '<![CDATA[]]>',
  "'",
  '"',
  '\x7f',
  '\u2028',
  '\ufffd',
] as const
const spaces = [' ', '\n', '\t', '\r\n', '  '] as const

/** A document that is well-formed, but for prefixes that may not be bound and attributes that may stand twice. */
export function makeDocument(chance: Chance): string {
  const prolog = chance.oneIn(8) ? `<?xml version=${chance.pick([`'1.0'`, `"1.0" encoding='utf-8'`])}?>` : ''
  return `${chance.oneIn(20) ? '\ufeff' : ''}${prolog}${element(chance, 0)}${chance.oneIn(8) ? '\n' : ''}`
}

/** Most documents bind what they use: one that is refused for its first prefix tries nothing else. */
const bound = prefixes.filter((prefix) => prefix !== 'xml').map((prefix) => ` xmlns:${prefix}='u:${prefix}'`)

function element(chance: Chance, depth: number): string {
  const name = (chance.oneIn(4) ? `${chance.pick(prefixes)}:` : '') + chance.pick(names)
  let start = `<${name}`
  if (depth === 0 && !chance.oneIn(10)) start += bound.join('')
  for (let more = chance.below(chance.oneIn(2) ? 1 : 4); more > 0; more--)
    start += chance.pick(spaces) + attribute(chance)
  if (chance.oneIn(6)) start += chance.pick(spaces)
  if (depth > 4 || chance.oneIn(3)) return `${start}/>`
  let content = ''
  for (let more = chance.below(4); more > 0; more--)
    content += chance.oneIn(2) ? element(chance, depth + 1) : text(chance)
  return `${start}>${content}</${name}${chance.oneIn(10) ? ' ' : ''}>`
}

function attribute(chance: Chance): string {
  if (chance.oneIn(5)) {
    const declared = chance.oneIn(2) ? 'xmlns' : `xmlns:${chance.pick(prefixes)}`
    return `${declared}='${chance.pick(uris)}'`
  }
  const key = (chance.oneIn(3) ? `${chance.pick(prefixes)}:` : '') + chance.pick(names)
  const quote = chance.pick(["'", '"'])
  const value = text(chance).replaceAll(/<!\[CDATA\[|\]\]>|<|['"]/g, '')
  const equals = chance.oneIn(12) ? chance.pick([' = ', '\n=', '=\t'] as const) : '='
  return `${key}${equals}${quote}${value}${quote}`
}

function text(chance: Chance): string {
  let made = ''
  for (let more = chance.below(4); more > 0; more--) made += chance.pick(texts)
  return made
}

/** Names that many simple string hashes put into one bucket: all have the same sum of characters. */
function colliding(at: number): string {
  return at.toString(2).padStart(16, '0').replaceAll('0', 'bA').replaceAll('1', 'aB')
}

function fill(times: number, piece: (at: number) => string): string {
  return Array.from({ length: times }, (_, at) => piece(at)).join('')
}

/** What costs a reader most, at and around its limits; up to 256 KiB. */
const shapes: readonly [(n: number) => string, ...((n: number) => string)[]] = [
  (n) => `<a>${'&amp;'.repeat(n / 5)}</a>`,
  (n) => `<a>${'&'.repeat(n)}</a>`,
  (n) => `<a>&#${'0'.repeat(n)}65;</a>`,
  (n) => `<a>${']'.repeat(n)}</a>`,
  (n) => `<a>${'<![CDATA[x]]>'.repeat(n / 13)}</a>`,
  (n) => `<a>${'<![CDATA['.repeat(n / 9)}</a>`,
  (n) => `<a b='${'\r'.repeat(n)}'/>`,
  (n) => `<a>${'\r'.repeat(n)}</a>`,
  (n) => `<a b='${'c'.repeat(n)}`,
  (n) => `<${'a'.repeat(n)}`,
  (n) => `<a${' '.repeat(n)}/>`,
  (n) => `<?xml version='1.0'${' '.repeat(n)}?><a/>`,
  (n) => `<a>${'<b/>'.repeat(n / 4)}</a>`,
  (n) => '<a>'.repeat(n / 3),
  (n) => `${'<a>'.repeat(n / 7)}${'</a>'.repeat(n / 7)}`,
  (n) => `<a${fill(n / 40, (at) => ` ${colliding(at)}=''`)}/>`,
  (n) => `<a${fill(n / 20, (at) => ` xmlns:p${at}='u:${at}'`)}>${'<p0:b/>'.repeat(n / 20)}</a>`,
  (n) => `<a>${fill(n / 20, (at) => `<b xmlns='u:${at}'/>`)}</a>`,
  (n) => `<a>${'\u{1F600}'.repeat(n / 4)}</a>`,
  (n) => `<a>${'x'.repeat(n)}<!-- -->`,
]

/** Sizes on both sides of the reader's limits (row S-X2). */
const sizes = [31, 32, 33, 64, 65, 128, 129, 700, 4096 * 4, 8192, 8193, 131_072, 131_073, 262_000, 262_144] as const

export function makeLarge(chance: Chance): string {
  return chance.pick(shapes)(chance.pick(sizes))
}
