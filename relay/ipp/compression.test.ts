/** Documents that come compressed: what was sent comes out, a little at a time, and whatever else comes ends in words. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { unpacked } from './compression.ts'

/** What is asked for is counted. */
function comingIn(bytes: Uint8Array, pieceBytes: number, ends = true) {
  const seen = { pieces: 0, isLeft: false }
  async function* pieces() {
    try {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        seen.pieces++
        yield bytes.subarray(at, at + pieceBytes)
      }
      if (!ends) await new Promise<never>(() => {})
    } finally {
      seen.isLeft = true
    }
  }
  return Object.assign(pieces(), { seen })
}

async function all(document: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of unpacked(document)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const plain = Buffer.concat([randomBytes(200_000), Buffer.alloc(3_000_000, 'page '), randomBytes(1000)])
const packed = gzipSync(plain)

test('N1 what was compressed comes out as it was, in whatever pieces it came', async () => {
  for (const pieceBytes of [61, 1024, packed.length]) assert.deepEqual(await all(comingIn(packed, pieceBytes)), plain)
  const inTwo = Buffer.concat([packed, gzipSync('and more'), Buffer.alloc(600)])
  assert.deepEqual(await all(comingIn(inTwo, 5000)), Buffer.concat([plain, Buffer.from('and more')]))
})

const empty = gzipSync('')
const flipped = Buffer.from(packed)
flipped[packed.length - 6] = (flipped[packed.length - 6] ?? 0) ^ 1
const wrong: [what: string, bytes: Uint8Array][] = [
  ['nothing', Buffer.alloc(0)],
  ['no gzip', Buffer.from('%PDF-1.7 of some length')],
  ['cut off', packed.subarray(0, packed.length - 3)],
  ['cut off in its head', packed.subarray(0, 5)],
  ['damaged', flipped],
  ['with something behind it', Buffer.concat([packed, Buffer.from('x')])],
  ['members without end that hold nothing', Buffer.concat(Array.from({ length: 20_000 }, () => empty))],
  [
    'a name without end',
    Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]), Buffer.alloc(400_000, 'name')]),
  ],
  [
    'blocks without end that hold nothing',
    Buffer.concat([empty.subarray(0, 10), Buffer.from('000000ffff'.repeat(80_000), 'hex')]),
  ],
]

for (const [what, bytes] of wrong)
  test(`S-D5 N1 ${what} is a compression-error`, async () => {
    await assert.rejects(all(comingIn(bytes, 4096)), { status: 'client-error-compression-error' })
  })

test('S-D5 N1 whoever breaks off has made no more than they took, and waits for nobody who sends', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20))
  const document = comingIn(bomb, 8192, false)
  let bytes = 0
  for await (const piece of unpacked(document)) {
    bytes += piece.length
    assert.ok(piece.length <= 256 * 1024, 'a piece is small')
    if (bytes > 2 ** 20) break
  }
  assert.deepEqual(document.seen, { pieces: 1, isLeft: true })
})

test('N1 what its sender broke off is told as that', async () => {
  async function* broken() {
    yield packed.subarray(0, 1000)
    throw new Error('broken off')
  }
  await assert.rejects(all(broken()), /broken off/)
})
