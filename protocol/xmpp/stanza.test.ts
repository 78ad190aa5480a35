/** Stanzas, their answers and errors. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ns } from './namespaces.ts'
import { errorOf, iqError, iqResult, isIqAnswer, isIqRequest, isStanza, payloadOf, streamErrorOf } from './stanza.ts'
import { xml } from './xml.ts'
import { readXml } from './xml-reader.ts'
import { renderXml } from './xml-writer.ts'

const ask = readXml(`<iq xmlns='jabber:client' type='get' id='1' from='d@a/r' to='a'> <ping xmlns='${ns.ping}'/> </iq>`)

test('an answer goes back where the request came from, with its id', () => {
  const result = iqResult(ask, xml('x', 'u:x'))
  assert.equal(
    renderXml(result),
    `<iq xmlns='jabber:client' type='result' id='1' to='d@a/r' from='a'><x xmlns='u:x'/></iq>`,
  )
  assert.equal(renderXml(iqResult(xml('iq', ns.client))), `<iq xmlns='jabber:client' type='result'/>`)
})

test('an error says what, and what to do, and is read back', () => {
  const error = iqError(ask, 'cancel', 'service-unavailable', 'Not here.')
  assert.equal(
    renderXml(error),
    `<iq xmlns='jabber:client' type='error' id='1' to='d@a/r' from='a'><error type='cancel'>` +
      `<service-unavailable xmlns='${ns.stanzas}'/><text xmlns='${ns.stanzas}' xml:lang='en'>Not here.</text></error></iq>`,
  )
  assert.deepEqual(errorOf(error), { type: 'cancel', condition: 'service-unavailable', text: 'Not here.' })
  assert.equal(iqError(xml('message', ns.client), 'modify', 'bad-request').name, 'message')
})

test('a stream error has the prefix that clients look for, and is read back', () => {
  const error = streamErrorOf('conflict', 'Another came.')
  assert.match(renderXml(error), /^<stream:error xmlns:stream='http:\/\/etherx.jabber.org\/streams'><conflict /)
  assert.deepEqual(errorOf(error), { type: undefined, condition: 'conflict', text: 'Another came.' })
})

test('what is no error says none, and an error that says nothing is undefined', () => {
  assert.equal(errorOf(ask), undefined)
  assert.equal(errorOf(xml('features', ns.stream)), undefined)
  const silent = { type: undefined, condition: 'undefined-condition', text: undefined }
  assert.deepEqual(errorOf(xml('iq', ns.client, { type: 'error' })), silent)
  assert.deepEqual(errorOf(xml('iq', ns.client, { type: 'error' }, xml('error', ns.client))), silent)
})

test('requests and answers are told apart, and what is neither', () => {
  const iq = (type?: string) => xml('iq', ns.client, { type })
  assert.deepEqual(
    ['get', 'set', 'result', 'error', 'x', undefined].map((type) => isIqRequest(iq(type))),
    [...[true, true, false, false, false, false]],
  )
  assert.deepEqual(
    ['get', 'set', 'result', 'error', 'x', undefined].map((type) => isIqAnswer(iq(type))),
    [...[false, false, true, true, false, false]],
  )
  assert.equal(isIqRequest(xml('iq', 'u:x', { type: 'get' })), false)
  assert.deepEqual([ask, xml('presence', ns.client), xml('x', ns.client), xml('iq', ns.body)].map(isStanza), [
    true,
    true,
    false,
    false,
  ])
})

test('a request has one payload', () => {
  assert.equal(payloadOf(ask)?.name, 'ping')
  assert.equal(payloadOf(xml('iq', ns.client)), undefined)
  assert.equal(payloadOf(xml('iq', ns.client, {}, xml('a', 'u:a'), xml('b', 'u:b'))), undefined)
})
