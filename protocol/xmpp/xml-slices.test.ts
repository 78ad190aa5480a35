/** A document in slices is the document, wherever it is cut. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ns } from './namespaces.ts'
import { readXml } from './xml-reader.ts'
import { createXmlReader } from './xml-slices.ts'

const documents = [
  '<a/>',
  `\ufeff<?xml version='1.0'?><body rid='1' xmlns='${ns.body}' xml:lang='de'>\r\n<iq xmlns='jabber:client'>&lt;\u20ac\u{1F600}<![CDATA[<]]></iq></body>`,
  '<a>\u00e9</b>',
  '<a><!-- \u20ac --></a>',
]

function outcome(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    return String(error)
  }
}

test('every cut in two gives what the whole gives, also within a character', () => {
  for (const document of documents) {
    const bytes = Buffer.from(document)
    const whole = outcome(() => readXml(bytes))
    for (let at = 0; at <= bytes.length; at++) {
      const reader = createXmlReader()
      reader.write(bytes.subarray(0, at))
      reader.write(bytes.subarray(at))
      assert.deepEqual(
        outcome(() => reader.end()),
        whole,
        `cut at ${at}`,
      )
    }
  }
})

test('byte by byte out of one buffer that is used again gives what the whole gives', () => {
  for (const document of documents) {
    const reader = createXmlReader()
    const one = new Uint8Array(1)
    for (const byte of Buffer.from(document)) {
      one[0] = byte
      reader.write(one)
    }
    assert.deepEqual(
      outcome(() => reader.end()),
      outcome(() => readXml(document)),
    )
  }
})

test('a document larger than the first buffer is kept whole', () => {
  const reader = createXmlReader()
  const text = '0123456789'.repeat(1000)
  for (const slice of ['<a>', text, text, '</a>']) reader.write(Buffer.from(slice))
  assert.deepEqual(reader.end().children, [text + text])
})

test('the end of a document that is not whole is an error', () => {
  const reader = createXmlReader()
  reader.write(Buffer.from('<a>'))
  assert.throws(() => reader.end(), { kind: 'malformed' })
})
