/** Addresses: their parts, their form to compare by, and what is none. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isDeviceId, readDomain, readJid, renderBareJid, renderJid } from './jid.ts'

test('the first slash and the at sign before it divide an address', () => {
  assert.deepEqual(readJid('d1@a.example/r'), { local: 'd1', domain: 'a.example', resource: 'r' })
  assert.deepEqual(readJid('a.example'), { local: '', domain: 'a.example', resource: '' })
  assert.deepEqual(readJid('a.example/x@y/z'), { local: '', domain: 'a.example', resource: 'x@y/z' })
  assert.deepEqual(readJid('d1@a.example/ r \u{1F600}'), { local: 'd1', domain: 'a.example', resource: ' r \u{1F600}' })
  assert.equal(readJid('d1@[::1]')?.domain, '[::1]')
})

test('B-052 a domain is compared in lower case and without a dot at its end', () => {
  assert.equal(readDomain('Relay.Example.'), 'relay.example')
  assert.deepEqual(readJid('D1@A.Example./R'), { local: 'd1', domain: 'a.example', resource: 'R' })
  assert.equal(readDomain('B\u00fccher.example'), readDomain('bu\u0308cher.EXAMPLE'))
})

test('what is no address is refused', () => {
  for (const text of [
    ...['', '@', '/', '@a.example', 'd1@', 'd1@/r', 'a.example/', 'd1@a.example/', 'd1@b@a.example', 'd 1@a.example'],
    ...['a..example', '.', '.a', 'a.example..', 'a example', 'a.example\n', 'a:5222', '<a>', '[::1', '[x]'],
    ...[
      "d'1@a",
      'd"1@a',
      'd&1@a',
      'd<1@a',
      'd>1@a',
      'd:1@a',
      'd\t@a',
      'a/\0',
      'a/\x7f',
      'a/\u0085',
      'a/\u2028',
      'a/\ud800',
    ],
  ])
    assert.equal(readJid(text), undefined, JSON.stringify(text))
})

test('each part has 1023 bytes at most', () => {
  const long = 'a'.repeat(1023)
  const euros = '\u20ac'.repeat(341)
  for (const part of [long, euros.replaceAll('\u20ac', '\u3042')]) {
    assert.ok(readJid(`${part}@${part}/${part}`))
    for (const text of [`${part}a@b`, `b@${part}a`, `b/${part}a`]) assert.equal(readJid(text), undefined)
  }
})

test('an address is rendered as it is read', () => {
  const part = fc.stringMatching(/^[a-z0-9._-]{1,20}$/)
  const label = fc.stringMatching(/^[a-z0-9]{1,9}$/)
  fc.assert(
    fc.property(fc.option(part, { nil: '' }), label, fc.option(part, { nil: '' }), (local, domain, resource) => {
      const jid = { local, domain, resource }
      assert.deepEqual(readJid(renderJid(jid)), jid)
      assert.deepEqual(readJid(renderBareJid(jid)), { local, domain, resource: '' })
    }),
  )
})

test('the ID of a device is 1 to 64 of a-z 0-9 . _ -', () => {
  for (const id of ['a', 'a'.repeat(64), 'hp-4.1_2', '0']) assert.equal(isDeviceId(id), true, id)
  for (const id of ['', 'a'.repeat(65), 'A', 'a b', 'a@b', 'a/b', '\u00e9', 'a\n'])
    assert.equal(isDeviceId(id), false, id)
})
