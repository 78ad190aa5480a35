/** A share of the XML fuzzing, and readers and writers with faults that it must find. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createXmlReader, readXml, renderXml } from '@fairlead/protocol/xmpp'
import { assertFound, playShare } from './for-tests.ts'
import { play } from './play.ts'
import { type XmlCodec, xmlTarget } from './xml-target.ts'

const sound: XmlCodec = { readXml, createXmlReader, renderXml }
const inputs = 4000

test('S-X1 S-X3 S-X5 made-up documents are refused or read as libexpat reads them, and written again the same', () =>
  playShare(xmlTarget(), 30_000, { accepted: 3000, malformed: 3000, restricted: 300 }))

const textOf = (input: string | Uint8Array) =>
  typeof input === 'string' ? input : Buffer.from(input).toString('latin1')
const bytesOf = (text: string) => Buffer.from(text, 'latin1')

/** A reader that first changes the text: what it forgives shows. */
function forgiving(forgive: (text: string) => string): XmlCodec {
  const readForgiving: typeof readXml = (input, options) => readXml(bytesOf(forgive(textOf(input))), options)
  return {
    ...sound,
    readXml: (input, options) => (typeof input === 'string' ? readXml(input, options) : readForgiving(input, options)),
    createXmlReader: () => gathering((bytes) => readForgiving(bytes)),
  }
}

function gathering(read: (bytes: Uint8Array) => ReturnType<typeof readXml>): ReturnType<typeof createXmlReader> {
  const slices: Uint8Array[] = []
  return { write: (bytes) => void slices.push(bytes.slice()), end: () => read(Buffer.concat(slices)) }
}

const faults: Record<string, { codec: XmlCodec; kind: RegExp }> = {
  'a reader that passes over comments': {
    codec: forgiving((text) => text.replaceAll(/<!--.*?-->/gs, '')),
    kind: /forbidden markup/,
  },
  'a reader that passes over processing instructions': {
    codec: forgiving((text) => text.replaceAll(/<\?pi.*?\?>/gs, '')),
    kind: /forbidden markup/,
  },
  'a reader that takes an unknown entity for text': {
    codec: forgiving((text) => text.replaceAll('&x;', 'x')),
    kind: /libexpat refuses/,
  },
  'a reader that forgives what follows the root': {
    codec: forgiving((text) => text.replace(/>[^<>]*$/, '>')),
    kind: /libexpat refuses/,
  },
  'a reader that puts something in the place of bad bytes': {
    codec: forgiving((text) => Buffer.from(bytesOf(text).toString()).toString('latin1')),
    kind: /libexpat refuses/,
  },
  'a reader that reads another value': {
    codec: forgiving((text) => text.replaceAll("'1'", "'2'")),
    kind: /libexpat reads something else/,
  },
  'a reader that breaks on a name of JavaScript': {
    codec: {
      ...sound,
      readXml(input, options) {
        if (textOf(input).includes(' constructor=')) throw new TypeError('planted')
        return readXml(input, options)
      },
    },
    kind: /thrown while reading/,
  },
  'slices that are decoded one by one': {
    codec: {
      ...sound,
      createXmlReader: () => {
        let text = ''
        return {
          write(bytes) {
            text += Buffer.from(bytes).toString()
          },
          end: () => readXml(text),
        }
      },
    },
    kind: /slices of/,
  },
  'a limit that is not kept': {
    codec: {
      ...sound,
      readXml: (input, { maxTextLength: _, ...options } = {}) => readXml(input, options),
    },
    kind: /a limit was not kept/,
  },
  'a writer that forgets an escape': {
    codec: { ...sound, renderXml: (tree, options) => renderXml(tree, options).replaceAll('&lt;', '<') },
    kind: /cannot be written and read|read as something else|the writer wrote markup/,
  },
  'a writer that writes a comment': {
    codec: { ...sound, renderXml: (tree, options) => `${renderXml(tree, options)}<!-- -->` },
    kind: /the writer wrote markup/,
  },
}

for (const [fault, { codec, kind }] of Object.entries(faults))
  test(`found: ${fault}`, () => assertFound(xmlTarget(codec), inputs, kind))

test('S-X4 found: a reader whose time grows with the square of the length', async () => {
  const slow: XmlCodec = {
    ...sound,
    readXml(input, options) {
      const untilMs = performance.now() + (input.length / 1000) ** 2
      while (performance.now() < untilMs);
      return readXml(input, options)
    },
  }
  await using run = await xmlTarget(slow).open({ trying: () => {} })
  const document = Buffer.from(`<a>${'b'.repeat(8000)}</a>`)
  assert.match((await run.tryOut([document]))[0]?.what ?? '', /too slow/)
})

test('what is found is made small', async () => {
  const broken: XmlCodec = {
    ...sound,
    readXml(input, options) {
      const tree = readXml(input, options)
      if (tree.attributes.size > 0) throw new RangeError('planted')
      return tree
    },
  }
  const { findings } = await play(xmlTarget(broken), { seed: 1, inputs: 1000 })
  const [first] = findings.map(({ input }) => Buffer.from(input).toString())
  assert.ok(first !== undefined && first.length < 20, `${first}`)
})
