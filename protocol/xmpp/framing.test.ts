/** WebSocket messages as frames. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFrame, renderClose, renderOpen } from './framing.ts'
import { ns } from './namespaces.ts'
import { XmlError } from './xml-error.ts'

test('W-002 a frame opens, closes, or is a stanza', () => {
  const open = `<open xmlns='${ns.framing}' to='a.example' from='d@a.example' version='1.0' xml:lang='de' id='1'/>`
  const facts = { to: 'a.example', from: 'd@a.example', version: '1.0', lang: 'de', id: '1' }
  assert.deepEqual(readFrame(open), { kind: 'open', ...facts })
  assert.deepEqual(readFrame(Buffer.from(open)), { kind: 'open', ...facts })
  assert.deepEqual(readFrame(`<close xmlns='${ns.framing}'/>`), { kind: 'close', seeOther: undefined })
  const stanza = readFrame(`<iq xmlns='jabber:client' type='get'/>`)
  assert.ok(stanza.kind === 'stanza')
  assert.equal(stanza.element.ns, ns.client)
  assert.equal(readFrame('<open/>').kind, 'stanza')
})

test('W-002 a message begins with its element, and holds one', () => {
  const iq = `<iq xmlns='jabber:client'/>`
  for (const message of [
    '',
    ' ',
    ` ${iq}`,
    `\n${iq}`,
    `\ufeff${iq}`,
    `<?xml version='1.0'?>${iq}`,
    `<!-- c -->${iq}`,
    iq + iq,
    `${iq}x`,
    '<iq>',
  ])
    for (const given of [message, Buffer.from(message)]) assert.throws(() => readFrame(given), XmlError, message)
  assert.throws(() => readFrame(`<stream xmlns='${ns.framing}'/>`), XmlError)
})

test('W-002 what is rendered begins as clients compare it, and is read back', () => {
  const open = renderOpen({ from: 'a.example', id: 'x1', lang: 'en' })
  assert.equal(open, `<open xmlns='${ns.framing}' from='a.example' id='x1' version='1.0' xml:lang='en'/>`)
  assert.deepEqual(readFrame(open), {
    kind: 'open',
    to: undefined,
    from: 'a.example',
    id: 'x1',
    lang: 'en',
    version: '1.0',
  })
  assert.equal(renderClose(), `<close xmlns='${ns.framing}'/>`)
  const seeOther = 'wss://b.example/?a&b'
  assert.deepEqual(readFrame(renderClose(seeOther)), { kind: 'close', seeOther })
})
