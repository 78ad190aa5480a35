/** Messages of multicast DNS: those that Avahi writes, and those that nobody should. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readResponse, writeQueries } from './dns-message.ts'
import { addressRecord, serviceRecords, types, writeName, writeResponse } from './fixture-announcements.ts'

/** Recorded: what Avahi 0.8 answers to somebody who asks from another port than 5353 for printers with IPP over TLS. */
const fromAvahi = Buffer.from(
  'AAGEAAABAAYAAAAABV9pcHBzBF90Y3AFbG9jYWwAAAwAAcAMAAwAAQAAAAoAFhNEci4gV2hvJ3MgTGFzZXIgNC4wwAzALgAQAAEAAAAKAF4McnA9aXBwL3ByaW50F3R5PUFyZGVhIExhc2VyV3JpdGVyIDQwDm5vdGU9Mm5kIGZsb29yKVVVSUQ9YTRiMWMwZGUtMDAwMC0xMDAwLTgwMDAtMDAwMDAwMDAwMDAxwC4AIQABAAAACgAVAAAAAAJ3DG9mZmljZS1sYXNlcsAXwMAAHAABAAAACgAQ/oAAAAAAAADYJtP//uDUB8DAAAEAAQAAAAoABMCoTRbAwAABAAEAAAAKAATAqE0V',
  'base64',
)
const kind = ['_ipps', '_tcp', 'local']
const instance = ["Dr. Who's Laser 4.0", ...kind]
const host = ['office-laser', 'local']

test('what Avahi answers is read, with the dots that are in the name of a printer', () => {
  const texts = [
    'rp=ipp/print',
    'ty=Ardea LaserWriter 40',
    'note=2nd floor',
    'UUID=a4b1c0de-0000-1000-8000-000000000001',
  ].map((text) => Buffer.from(text))
  assert.deepEqual(readResponse(fromAvahi), [
    { type: 'PTR', name: kind, target: instance },
    { type: 'TXT', name: instance, texts },
    { type: 'SRV', name: instance, target: host, port: 631 },
    { type: 'AAAA', name: host, address: 'fe80::d826:d3ff:fee0:d407' },
    { type: 'A', name: host, address: '192.168.77.22' },
    { type: 'A', name: host, address: '192.168.77.21' },
  ])
})

test('a question is written as RFC 1035 has it, and many go out in packets that a network takes', () => {
  const [query] = writeQueries([{ name: ['Büro 1.2', ...kind], type: 'SRV' }])
  assert.equal(
    Buffer.from(query ?? []).toString('latin1'),
    '\0\0\0\0\0\x01\0\0\0\0\0\0\x09B\xc3\xbcro 1.2\x05_ipps\x04_tcp\x05local\0\0\x21\0\x01',
  )
  const many = Array.from({ length: 100 }, (_, i) => ({ name: [`printer ${i}`, ...kind], type: 'TXT' as const }))
  const queries = writeQueries(many)
  assert.ok(queries.every(({ length }) => length <= 1400))
  const questions = queries.map((each) => Buffer.from(each).readUInt16BE(4))
  assert.equal(
    questions.reduce((sum, count) => sum + count, 0),
    100,
  )
  assert.deepEqual(writeQueries([]), [])
})

test('a message that was cut off tells what was whole', () => {
  const whole = readResponse(fromAvahi)
  for (let length = 0; length < fromAvahi.length; length++) {
    const read = readResponse(fromAvahi.subarray(0, length))
    assert.ok(read.length < whole.length, `${length} octets`)
    assert.deepEqual(read, whole.slice(0, read.length), `${length} octets`)
  }
})

test('queries, errors, other classes and what is taken back tell nothing', () => {
  const records = [addressRecord('printer', '192.168.1.20')]
  const response = writeResponse(records)
  assert.equal(readResponse(response).length, 1)
  const withFlags = (flags: number) => {
    const other = Buffer.from(response)
    other.writeUInt16BE(flags, 2)
    return readResponse(other)
  }
  for (const flags of [0x0000, 0x8403, 0xa400]) assert.deepEqual(withFlags(flags), [], flags.toString(16))
  assert.deepEqual(readResponse(writeResponse(records.map((record) => ({ ...record, ttlSeconds: 0 })))), [])
  const ofChaos = Buffer.from(response)
  ofChaos.writeUInt16BE(3, response.length - 12)
  assert.deepEqual(readResponse(ofChaos), [])
})

test('names that go round in circles, point ahead or are too long end the reading, and data of the wrong length tells nothing', () => {
  const good = addressRecord('printer', '192.168.1.20')
  const at = 12
  const pointerTo = (to: number) => Buffer.of(0xc0, to)
  const raw = (name: Buffer) =>
    Buffer.concat([
      writeResponse([], 2),
      name,
      Buffer.from('000100010000007800040a000001', 'hex'),
      writeResponse([good]).subarray(12),
    ])
  assert.equal(readResponse(raw(writeName(['other', 'local']))).length, 2)
  for (const name of [pointerTo(at), pointerTo(at + 40), Buffer.of(0x41, 0x41), writeName(Array(64).fill('aaa'))])
    assert.deepEqual(readResponse(raw(name)), [], name.toString('hex'))

  const wrong = { name: ['printer', 'local'], data: Buffer.of(9, 2, 3) }
  const records = Object.values(types).map((type) => ({ ...wrong, type }))
  assert.deepEqual(readResponse(writeResponse([...records, good])), [
    { type: 'TXT', name: ['printer', 'local'], texts: [] },
    { type: 'A', name: ['printer', 'local'], address: '192.168.1.20' },
  ])
})

test('whatever comes is read to an end: no message throws, and none tells more than it has room for', () => {
  const good = writeResponse([
    ...serviceRecords({ type: '_ipp', instance: 'a', host: 'b', texts: ['rp=x'] }),
    addressRecord('b', '192.168.1.20'),
  ])
  const base = fc.constantFrom(good, fromAvahi)
  const changes = fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 0, max: 255 })), { maxLength: 12 })
  fc.assert(
    fc.property(base, changes, fc.uint8Array({ maxLength: 64 }), (message, octets, more) => {
      const changed = Buffer.concat([message, more])
      for (const [at, octet] of octets) if (at < changed.length) changed[at] = octet
      assert.ok(readResponse(changed).length <= changed.length / 12)
    }),
    { numRuns: 2000 },
  )
  assert.deepEqual(readResponse(writeResponse(Array(900).fill(addressRecord('printer', '192.168.1.20')))), [])
})
