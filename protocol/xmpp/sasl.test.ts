/** The elements of SASL, their base64, and PLAIN. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ns } from './namespaces.ts'
import {
  decodeBase64,
  mechanismsOf,
  readExternal,
  readPlain,
  readSaslAnswer,
  readSaslRequest,
  renderPlain,
  SaslError,
  saslElement,
  saslFailure,
  saslMechanisms,
} from './sasl.ts'
import { xml } from './xml.ts'
import { readXml } from './xml-reader.ts'
import { renderXml } from './xml-writer.ts'

function request(content: string) {
  const read = readSaslRequest(readXml(content))
  return read !== undefined && 'data' in read && read.data !== undefined
    ? { ...read, data: Buffer.from(read.data).toString() }
    : read
}

test('requests are told apart, and an empty initial response from none', () => {
  const xmlns = `xmlns='${ns.sasl}'`
  assert.deepEqual(request(`<auth ${xmlns} mechanism='PLAIN'>AGEAYg==</auth>`), {
    kind: 'auth',
    mechanism: 'PLAIN',
    data: '\0a\0b',
  })
  assert.deepEqual(request(`<auth ${xmlns} mechanism='X'/>`), { kind: 'auth', mechanism: 'X', data: undefined })
  assert.deepEqual(request(`<auth ${xmlns} mechanism='X'>=</auth>`), { kind: 'auth', mechanism: 'X', data: '' })
  assert.deepEqual(request(`<response ${xmlns}/>`), { kind: 'response', data: '' })
  assert.deepEqual(request(`<abort ${xmlns}/>`), { kind: 'abort' })
  assert.equal(request(`<auth xmlns='jabber:client' mechanism='PLAIN'/>`), undefined)
  assert.equal(request(`<success ${xmlns}/>`), undefined)
  assert.throws(() => request(`<auth ${xmlns}/>`), { condition: 'invalid-mechanism' })
})

test('X-003 base64 that is not canonical is refused', () => {
  assert.deepEqual(decodeBase64('AGEAYg=='), Buffer.from('\0a\0b'))
  for (const text of [
    'AGEAYg',
    'AGEAYg=',
    'AGEAYg===',
    'AGEAYh==',
    'AGEA Yg==',
    '\nAGEAYg==',
    '-_==',
    '?',
    '====',
    '=A==',
  ])
    assert.equal(decodeBase64(text), undefined, text)
  assert.throws(() => request(`<response xmlns='${ns.sasl}'>AGEAYg</response>`), { condition: 'incorrect-encoding' })
})

test('a message is 4 KiB at most', () => {
  const render = (bytes: number) => renderXml(saslElement('response', Buffer.alloc(bytes)))
  assert.equal(request(render(4096))?.kind, 'response')
  for (const bytes of [4097, 90_000]) assert.throws(() => request(render(bytes)), { condition: 'malformed-request' })
})

test('what one side renders the other reads', () => {
  const auth = renderXml(saslElement('auth', '', 'X'))
  assert.equal(auth, `<auth xmlns='${ns.sasl}' mechanism='X'>=</auth>`)
  assert.deepEqual(request(auth), { kind: 'auth', mechanism: 'X', data: '' })
  assert.deepEqual(readSaslAnswer(saslElement('challenge', 'abc')), { kind: 'challenge', data: Buffer.from('abc') })
  assert.deepEqual(readSaslAnswer(saslElement('success')), { kind: 'success', data: Buffer.alloc(0) })
  const failure = { kind: 'failure', condition: 'not-authorized', text: 'No.' }
  assert.deepEqual(readSaslAnswer(saslFailure('not-authorized', 'No.')), failure)
  assert.equal(readSaslAnswer(xml('failure', ns.client)), undefined)
  const features = xml('features', ns.stream, {}, saslMechanisms(['SCRAM-SHA-256', 'PLAIN']))
  assert.deepEqual(mechanismsOf(features), ['SCRAM-SHA-256', 'PLAIN'])
  assert.deepEqual(mechanismsOf(xml('features', ns.stream)), [])
})

test('PLAIN has three parts, the last two not empty', () => {
  const message = { authzid: '', user: 'us er', secret: 'p\u00e4ss' }
  assert.deepEqual(readPlain(renderPlain(message)), message)
  assert.equal(readPlain(Buffer.from('z\0a\0b')).authzid, 'z')
  for (const bad of ['', '\0', '\0\0', '\0a', '\0a\0', '\0\0b', '\0a\0b\0', '\0a\0b\0c', 'ab'])
    assert.throws(() => readPlain(Buffer.from(bad)), SaslError, JSON.stringify(bad))
  assert.throws(() => readPlain(Uint8Array.of(0, 0x61, 0, 0xff)), { condition: 'malformed-request' })
})

test('EXTERNAL has one part, which may be empty', () => {
  assert.equal(readExternal(new Uint8Array(0)), '')
  assert.equal(readExternal(Buffer.from('printer@relay.example')), 'printer@relay.example')
  for (const bad of [Uint8Array.of(0xff), Buffer.from('a\0'), Buffer.from('\0')])
    assert.throws(() => readExternal(bad), { condition: 'malformed-request' })
})
