/** The bytes of a frame, and that they are believed only whole, from a node and on their subject. */
import assert from 'node:assert/strict'
import { createHmac, hkdfSync } from 'node:crypto'
import { test } from 'node:test'
import { createSeal, decodePart, frameHeadLength, writePartHead } from './frame.ts'

const key = Buffer.alloc(32, 7)
const self = 'AAAAAAAAAAAAAAAAAAAAAA'
const seal = createSeal(key, self)

function closed(subject: string, payload: Buffer, kind: 'batch' | 'part' = 'batch'): Buffer {
  const frame = Buffer.concat([Buffer.alloc(frameHeadLength), payload])
  seal.close(frame, subject, kind, 0x010203040506, 0x0a0b0c0d0e0f)
  return frame
}

test('a frame is laid out as the document says', () => {
  const frame = closed('ns.say.presence', Buffer.from('payload'))
  const signed = `0101${Buffer.from(self).toString('hex')}0102030405060a0b0c0d0e0f${Buffer.from('payload').toString('hex')}`
  assert.equal(frame.subarray(32).toString('hex'), signed)
  const derived = Buffer.from(hkdfSync('sha256', key, '', 'fairlead bus 1', 32))
  const signature = createHmac('sha256', derived)
    .update('ns.say.presence\n')
    .update(Buffer.from(signed, 'hex'))
    .digest()
  assert.deepEqual(frame.subarray(0, 32), signature)
})

test('it is read as it was written', () => {
  const { payload, ...head } = seal.open(closed('ns.x', Buffer.from('payload'), 'part'), 'ns.x') ?? assert.fail()
  assert.deepEqual(head, {
    subject: 'ns.x',
    kind: 'part',
    sender: self,
    counter: 0x010203040506,
    time: 0x0a0b0c0d0e0f,
  })
  assert.equal(payload.toString(), 'payload')
})

test('every shorter frame, every altered byte, another subject and another key are not believed', () => {
  const frame = closed('ns.x', Buffer.from('payload'))
  for (let length = 0; length < frame.length; length++)
    assert.equal(seal.open(frame.subarray(0, length), 'ns.x'), undefined)
  for (let at = 0; at < frame.length; at++) {
    const altered = Buffer.from(frame)
    altered[at] = (altered[at] ?? 0) ^ 0x80
    assert.equal(seal.open(altered, 'ns.x'), undefined, `byte ${at}`)
  }
  for (const subject of ['ns.y', 'ns.x\n', 'ns', '']) assert.equal(seal.open(frame, subject), undefined)
  assert.equal(createSeal(Buffer.alloc(32, 8), self).open(frame, 'ns.x'), undefined)
})

test('a part is read as it was written', () => {
  const frame = Buffer.concat([Buffer.alloc(frameHeadLength + 12), Buffer.from('bytes')])
  writePartHead(frame, { transfer: 1, totalBytes: 2, offset: 3 })
  const { bytes, ...head } = decodePart(frame.subarray(frameHeadLength))
  assert.deepEqual([head, bytes.toString()], [{ transfer: 1, totalBytes: 2, offset: 3 }, 'bytes'])
})

test('a key that is no cluster key is a bug', () => {
  assert.throws(() => createSeal(Buffer.alloc(31), self), RangeError)
  assert.throws(() => createSeal(key, 'short'), RangeError)
})
