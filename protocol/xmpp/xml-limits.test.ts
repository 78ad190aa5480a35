/** Each bound of the reader: what is as large as it is read, one more is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { XmlError, type XmlLimits } from './xml-error.ts'
import { readXml } from './xml-reader.ts'
import { createXmlReader } from './xml-slices.ts'

interface Bound {
  limit: keyof XmlLimits
  /** Row S-X2. */
  usual: number
  /** A document that needs exactly `n`. */
  make: (n: number) => string
}

const bounds: Bound[] = [
  { limit: 'maxBytes', usual: 262_144, make: (n) => `<a>${'<b/>'.repeat(3)}${' '.repeat(100)}</a>`.padEnd(n) },
  { limit: 'maxDepth', usual: 32, make: (n) => `${'<a>'.repeat(n)}${'</a>'.repeat(n)}` },
  { limit: 'maxElements', usual: 4096, make: (n) => `<a>${'<b/>'.repeat(n - 1)}</a>` },
  {
    limit: 'maxAttributes',
    usual: 64,
    make: (n) => `<a${Array.from({ length: n }, (_, i) => ` a${i}=''`).join('')}/>`,
  },
  { limit: 'maxValueLength', usual: 8192, make: (n) => `<a b='${'c'.repeat(n)}'/>` },
  { limit: 'maxNameLength', usual: 128, make: (n) => `<${'a'.repeat(n)}/>` },
  { limit: 'maxTextLength', usual: 131_072, make: (n) => `<a>${'b'.repeat(n)}</a>` },
  { limit: 'maxNamespaces', usual: 32, make: (n) => nestedNamespaces(n) },
]

function nestedNamespaces(n: number): string {
  const declare = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ` xmlns:p${from + i}='u:${i}'`).join('')
  const half = Math.floor(n / 2)
  return `<a${declare(0, half)}><b${declare(half, n)}/><b${declare(half, n)}/></a>`
}

function refuses(read: () => unknown): void {
  assert.throws(read, (error) => error instanceof XmlError && error.kind === 'limit')
}

for (const { limit, usual, make } of bounds) {
  test(`S-X2 ${limit}: as much as it says is read, one more is refused`, () => {
    for (const n of [usual, limit === 'maxBytes' ? 200 : 6]) {
      const options = n === usual ? {} : { [limit]: n }
      assert.equal(readXml(make(n), options).children.length >= 0, true)
      refuses(() => readXml(make(n + 1), options))
      refuses(() => readXml(Buffer.from(make(n + 1)), options))
    }
  })
}

test('S-X2 names are bound in attributes and with their prefix', () => {
  readXml(`<a xmlns:${'p'.repeat(122)}='u:x'/>`)
  refuses(() => readXml(`<a xmlns:${'p'.repeat(123)}='u:x'/>`))
  refuses(() => readXml(`<a ${'b'.repeat(129)}=''/>`))
})

test('S-X2 text is counted across references and CDATA sections, which count for what they stand for', () => {
  readXml('<a>b&#x0063;<![CDATA[d]]></a>', { maxTextLength: 3 })
  refuses(() => readXml('<a>b&#99;<![CDATA[de]]></a>', { maxTextLength: 3 }))
  refuses(() => readXml('<a><![CDATA[bc]]><![CDATA[de]]></a>', { maxTextLength: 3 }))
  assert.equal(readXml('<a>bcd<e/>fgh</a>', { maxTextLength: 3 }).children.length, 3)
})

test('S-X2 a document is counted in bytes, also when it comes as a string', () => {
  assert.equal(readXml('<a>\u20ac</a>', { maxBytes: 10 }).name, 'a')
  refuses(() => readXml('<a>\u20ac</a>', { maxBytes: 9 }))
})

test('S-X2 slices over the limit are refused as soon as they come, without waiting for the end', () => {
  const reader = createXmlReader({ maxBytes: 10 })
  reader.write(Buffer.from('<a>456789'))
  reader.write(Buffer.from('0'))
  refuses(() => reader.write(Buffer.from('1')))
})
