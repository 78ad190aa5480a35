/** Our reader against libexpat, on documents broken at random: where two parsers disagree, stanzas can be smuggled. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { createSeededRandom } from '@fairlead/base'
import { ns } from './namespaces.ts'
import { isElement, type Xml } from './xml.ts'
import { XmlError } from './xml-error.ts'
import { readXml } from './xml-reader.ts'

/** How many documents; a million take some minutes (row S-X5). */
const count = Number(process.env['FAIRLEAD_XML_INPUTS'] ?? 20_000)
const seed = Number(process.env['FAIRLEAD_SEED'] ?? 1)
const batch = 20_000

/** Reads documents, each after its length, and answers a line each: the tree as JSON, or null. */
const expat = `
import json, struct, sys
from xml.parsers import expat
def read(document):
    stack = [[]]
    parser = expat.ParserCreate(namespace_separator=' ')
    parser.buffer_text = True
    def start(name, attributes):
        element = [name, sorted(attributes.items()), []]
        stack[-1].append(element)
        stack.append(element[2])
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: stack.pop()
    def text(data):
        into = stack[-1]
        if into and isinstance(into[-1], str): into[-1] += data
        else: into.append(data)
    parser.CharacterDataHandler = text
    try:
        parser.Parse(document, True)
    except (expat.ExpatError, LookupError, ValueError):
        return None
    return stack[0][0]
source = sys.stdin.buffer
while header := source.read(4):
    document = source.read(struct.unpack('<I', header)[0])
    print(json.dumps(read(document)))
`

const documents = [
  `<r xmlns:p='u:p' xmlns:q='u:q'><a p:b='1' q:b='2' r='3' /><q:a p:c='4' q:c='5' /></r>`,
  `<body rid='7' sid='s1' xmlns='${ns.body}'><iq xmlns='jabber:client' type='get' id='1'><ping xmlns='${ns.ping}'/></iq></body>`,
  `<?xml version='1.0' encoding='UTF-8'?>\n<body xmlns='${ns.body}' xmlns:xmpp='${ns.xbosh}' xmpp:version='1.0' xml:lang='en'/>`,
  `\ufeff<a b="1&#9;2" c='&lt;&amp;&quot;'>x<![CDATA[<&]]>y &gt; ]] z</a>`,
  `<p:a xmlns:p='u:p' xmlns:q='u:pp' p:b='1' q:b='2' b='3'><q:c xmlns:q='u:p'/><d xmlns='u:d'><e xmlns=''/></d></p:a>`,
  `<stream:features xmlns:stream='${ns.stream}'><mechanisms xmlns='${ns.sasl}'>\r\n\t<mechanism>PLAIN</mechanism>\r</mechanisms></stream:features>`,
  `<a>\u00e9\u20ac\u{1F600}\u0085<b\n c\t=\r"d"\n/></a >`,
]

const tokens = [
  ...[
    `<`,
    `>`,
    `/`,
    `'`,
    `"`,
    `=`,
    ` `,
    `&`,
    `;`,
    `:`,
    `]]>`,
    `<![CDATA[`,
    `]`,
    `<!--`,
    `-->`,
    `<?`,
    `?>`,
    `<?xml version='1.0'?>`,
  ],
  ...[
    `<!DOCTYPE a>`,
    `<!DOCTYPE a [<!ENTITY x "y">]>`,
    `&x;`,
    `&#0;`,
    `&#x0;`,
    `&#13;`,
    `&#xFFFF;`,
    `&#xD800;`,
    `&#x110000;`,
    `&lt`,
    `&lt;`,
  ],
  ...[
    `xmlns`,
    `xmlns=''`,
    ` xmlns:p=''`,
    ` xmlns:xml='u:x'`,
    ` xmlns:xmlns='u:x'`,
    ` xmlns:p='${ns.xml}'`,
    ` xml:a='1'`,
    ` xmlns:q='u:p'`,
  ],
  ...[
    ` xmlns='http://www.w3.org/2000/xmlns/'`,
    ` xmlns='u x'`,
    ` b='1'`,
    ` p:b='1'`,
    `<p:a/>`,
    `<a/>`,
    `</a>`,
    `<xml:a/>`,
    `<xmlns:a/>`,
    `1`,
    `-`,
  ],
  ...[
    `\0`,
    `\x01`,
    `\x7f`,
    `\r`,
    `\r\n`,
    `\n`,
    `\t`,
    `\x0b`,
    `\u0085`,
    `\u2028`,
    `\ufeff`,
    `\ufffe`,
    `\uffff`,
    `\u00e9`,
    `\u{1F600}`,
  ],
].map((token) => Buffer.from(token))

const brokenBytes = ['ff', 'c080', 'eda080', 'f4908080', 'e282', 'feff', 'fffe'].map((hex) => Buffer.from(hex, 'hex'))

const random = createSeededRandom(seed)

function below(limit: number): number {
  return Math.floor(random.fraction() * limit)
}

function pick<Item>(items: readonly Item[]): Item {
  const item = items[below(items.length)]
  assert.ok(item !== undefined)
  return item
}

/** The next place where one thing ends and another begins: there a change does more than to garble a name. */
function boundaryAfter(document: Buffer, from: number): number {
  const found = document.subarray(from).findIndex((byte) => ' <>/'.includes(String.fromCharCode(byte)))
  return found < 0 ? document.length : from + found
}

/** One to four random changes: a piece inserted, cut, doubled, moved in from elsewhere, or a byte changed. */
function mutate(): Buffer {
  let document: Buffer = Buffer.from(pick(documents))
  for (let changes = 1 + below(4); changes > 0; changes--) {
    const at = below(2) === 0 ? boundaryAfter(document, below(document.length)) : below(document.length + 1)
    const end = Math.min(document.length, at + below(12))
    const other = Buffer.from(pick(documents))
    const from = below(other.length)
    const inserted = pick([
      () => pick(tokens),
      () => pick(tokens),
      () => (below(10) === 0 ? pick(brokenBytes) : Buffer.alloc(0)),
      () => document.subarray(at, end),
      () => other.subarray(from, from + below(40)),
      () => Buffer.of(below(128)),
    ])()
    const keepsPiece = below(2) === 0
    document = Buffer.concat([document.subarray(0, at), inserted, document.subarray(keepsPiece ? at : end)])
  }
  return document
}

function framed(document: Buffer): Buffer {
  const header = Buffer.alloc(4)
  header.writeUInt32LE(document.length)
  return Buffer.concat([header, document])
}

function askExpat(inputs: readonly Buffer[]): unknown[] {
  const input = Buffer.concat(inputs.map(framed))
  const run = spawnSync('python3', ['-c', expat], { input, maxBuffer: 1024 ** 3, encoding: 'utf8' })
  assert.equal(run.status, 0, run.stderr)
  return run.stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
}

/** In expat's form: names after their namespace and a space. */
function shapeOf({ name, ns: uri, attributes, children }: Xml): unknown {
  const plain = [...attributes].map(([key, value]) => [key.replace(/^\{(.*)\}/, '$1 '), value])
  const sorted = plain.sort(([a = ''], [b = '']) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return [
    uri === '' ? name : `${uri} ${name}`,
    sorted,
    children.map((child) => (isElement(child) ? shapeOf(child) : child)),
  ]
}

function ours(document: Buffer): { shape?: unknown; error?: XmlError } {
  try {
    return { shape: shapeOf(readXml(document)) }
  } catch (error) {
    if (error instanceof XmlError) return { error }
    throw error
  }
}

const hasExpat = spawnSync('python3', ['-c', 'import xml.parsers.expat']).status === 0

test('S-X5 what we read libexpat reads, and the same; what it reads we read, or restrict', () => {
  assert.ok(hasExpat, 'python3 with xml.parsers.expat is not there: apt-get install python3')
  const seen = { accepted: 0, restricted: 0, refused: 0 }
  for (let done = 0; done < count; done += batch) {
    const inputs = Array.from({ length: Math.min(batch, count - done) }, mutate)
    const theirs = askExpat(inputs)
    for (const [at, document] of inputs.entries()) {
      const { shape, error } = ours(document)
      const about = `seed ${seed}: ${JSON.stringify(document.toString('latin1'))} ${error?.message ?? ''}`
      if (error === undefined) {
        assert.deepEqual(shape, theirs[at], about)
        seen.accepted++
      } else if (theirs[at] === null) seen.refused++
      else {
        assert.notEqual(error.kind, 'malformed', about)
        seen.restricted++
      }
    }
  }
  // Documents that are all refused would prove nothing.
  for (const [verdict, times] of Object.entries(seen))
    assert.ok(times >= count / 200, `${verdict}: ${times} of ${count}`)
})
