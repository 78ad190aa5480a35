/** URIs in certificates: what is read, and what is no certificate. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import { readUriNames } from './alternative-names.ts'
import { der, extensions, makeCertificate, sequence } from './certificate-for-tests.ts'

function madeWith(names: string[], subject = 'device'): Uint8Array {
  return new X509Certificate(makeCertificate({ subject, names, isCa: true, usage: 'client' }).certificate).raw
}

test('URIs are read, and neither other names nor the subject', () => {
  const names = ['DNS:xmpp:a@x', 'URI:xmpp:b@x', 'IP:127.0.0.1', 'URI:https://c.example/']
  assert.deepEqual(readUriNames(madeWith(names, 'URI:xmpp:d@x')), ['xmpp:b@x', 'https://c.example/'])
  assert.deepEqual(readUriNames(madeWith([])), [])
})

test('a name with a comma in it is one name, not two', () => {
  for (const name of ['DNS:a, URI:xmpp:b@x', 'DNS:a\\", URI:xmpp:b@x'])
    assert.deepEqual(readUriNames(madeWith([name])), [], name)
  assert.deepEqual(readUriNames(madeWith(['URI:xmpp:a@x, URI:xmpp:b@x'])), ['xmpp:a@x, URI:xmpp:b@x'])
})

test('long names are read whole', () => {
  const long = `https://${'a'.repeat(300)}`
  assert.deepEqual(readUriNames(madeWith([`URI:${long}`, `URI:${'b'.repeat(200)}`])), [long, 'b'.repeat(200)])
})

test('two extensions that name the holder are as good as none', () => {
  const one = extensions({ names: ['URI:xmpp:a@x'] })
  // The one extension of that list, without its three heads.
  const extension = one.subarray(4)
  const twice = (...more: Uint8Array[]) => sequence(sequence(der(0xa3, sequence(extension, ...more))))
  assert.deepEqual(readUriNames(twice()), ['xmpp:a@x'])
  assert.deepEqual(readUriNames(twice(extension)), [])
})

test('every shorter certificate is refused with the place', () => {
  const whole = madeWith(['URI:xmpp:a@x'])
  for (let length = 1; length < whole.length; length++)
    assert.throws(
      () => readUriNames(whole.subarray(0, length)),
      (error) => error instanceof Failure && /at byte \d+/.test(error.message),
      `${length} bytes`,
    )
})

test('heads that no certificate has are refused', () => {
  const heads = [
    [0x30, 0x80, 0, 0],
    [0x30, 0x84, 0, 0, 0, 0],
    [0x30, 0x81],
    [0x30],
    [0x1f, 0x81, 0],
    [0x30, 0xff],
    [0x30, 5, 1],
  ]
  for (const head of heads) assert.throws(() => readUriNames(Uint8Array.from(head)), Failure, head.join())
  assert.deepEqual(readUriNames(new Uint8Array(0)), [])
})
