/** What hostile documents cost: eight times the bytes, about eight times the cost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import v8 from 'node:v8'
import vm from 'node:vm'
import { costRatio } from '../../testkit/cost.ts'
import { isElement, type Xml } from './xml.ts'
import { XmlError } from './xml-error.ts'
import { readXml } from './xml-reader.ts'

/** Only the size is bound, so that each shape can be as bad as it gets. */
const unbound = {
  maxDepth: 1e9,
  maxElements: 1e9,
  maxAttributes: 1e9,
  maxValueLength: 1e9,
  maxNameLength: 1e9,
  maxTextLength: 1e9,
}

function fill(bytes: number, piece: (at: number) => string): string {
  let made = ''
  for (let at = 0; made.length < bytes; at++) made += piece(at)
  return made
}

/** Names that many simple string hashes put into one bucket: all have the same sum of characters. */
function colliding(at: number): string {
  return ` ${at.toString(2).padStart(20, '0').replaceAll('0', 'bA').replaceAll('1', 'aB')}=''`
}

const shapes: Record<string, (bytes: number) => string> = {
  'attributes whose names collide': (bytes) => `<a${fill(bytes, colliding)}/>`,
  'attributes with a prefix': (bytes) => `<a xmlns:p='u:p'${fill(bytes, (at) => ` p:a${at}=''`)}/>`,
  'elements within each other': (bytes) => '<a>'.repeat(bytes / 7) + '</a>'.repeat(bytes / 7),
  'elements beside each other': (bytes) => `<a>${'<b/>'.repeat(bytes / 4)}</a>`,
  'elements that all declare a namespace': (bytes) => `<a>${fill(bytes, (at) => `<b xmlns='u:${at}'/>`)}</a>`,
  'prefixes to look up from far within': (bytes) =>
    `<a${fill(500, (at) => ` xmlns:p${at}='u:${at}'`)}>${'<p0:b/>'.repeat(bytes / 7)}</a>`,
  references: (bytes) => `<a>${'&amp;&#65;'.repeat(bytes / 10)}</a>`,
  'ampersands without an end': (bytes) => `<a>${'&'.repeat(bytes)}</a>`,
  'one reference without an end': (bytes) => `<a>&${'a'.repeat(bytes)}</a>`,
  'zeros before a character': (bytes) => `<a>&#${'0'.repeat(bytes)}65;</a>`,
  brackets: (bytes) => `<a>${']'.repeat(bytes)}</a>`,
  'CDATA sections': (bytes) => `<a>${'<![CDATA[]]>'.repeat(bytes / 12)}</a>`,
  'carriage returns': (bytes) => `<a b='${'\r'.repeat(bytes / 2)}'>${'\r'.repeat(bytes / 2)}</a>`,
  'a value without an end': (bytes) => `<a b='${'c'.repeat(bytes)}`,
  'a name without an end': (bytes) => `<${'a'.repeat(bytes)}`,
  'white space': (bytes) => `<a${' '.repeat(bytes / 2)}>${' '.repeat(bytes / 2)}</a>`,
  'white space in the XML declaration': (bytes) => `<?xml version='1.0'${' '.repeat(bytes)}`,
}

function attempt(bytes: Uint8Array): void {
  try {
    readXml(bytes, unbound)
  } catch (error) {
    assert.ok(error instanceof XmlError && error.kind !== 'limit', String(error))
  }
}

for (const [shape, make] of Object.entries(shapes)) {
  test(`S-X4 cost grows with the size, not its square: ${shape}`, () => {
    const small = Buffer.from(make(30_000))
    const large = Buffer.from(make(240_000))
    const read = (bytes: Uint8Array) => () => attempt(bytes)
    const ratio = costRatio(read(large), read(small), 32)
    // 8 would be exactly linear, 64 is quadratic; caches and the collector take their part between.
    assert.ok(ratio < 32, `${ratio.toFixed(1)} times the cost for 8 times the bytes`)
  })
}

test('S-X2 what is remembered of a large document does not keep the document', () => {
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc') as () => void
  const kept: Xml[] = []
  collect()
  const before = process.memoryUsage().heapUsed
  for (let at = 0; at < 100; at++) {
    const value = String(at).padStart(100, 'v')
    const inner = `<element-with-a-long-name attribute-with-a-long-name='${value}'>${value}&lt;<![CDATA[${value}]]></element-with-a-long-name>`
    const read = readXml(Buffer.from(`<a>${'d'.repeat(100_000)}${inner}</a>`))
    kept.push(...read.children.filter(isElement))
  }
  collect()
  const each = (process.memoryUsage().heapUsed - before) / kept.length
  assert.equal(kept.length, 100)
  assert.ok(each < 10_000, `${Math.round(each)} bytes are kept of each document`)
})
