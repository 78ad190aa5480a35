/** The body of an answer that is read piece by piece into the same memory: whole for a slow reader, let go of by one who leaves. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { listenOnFreePort } from '../../testkit/listen.ts'
import { until } from '../../testkit/until.ts'
import { sendBody } from './body.ts'

const pieceBytes = 256 * 1024
const pieceCount = 64

/** All pieces lie in the same memory, one after the other, as those of a document on disk do. */
async function* piecesIn(memory: Buffer, left: () => void): AsyncGenerator<Uint8Array> {
  try {
    for (let count = 0; count < pieceCount; count++) yield memory.fill(count)
  } finally {
    left()
  }
}

const ask = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

test('M1 a piece is not written over before it has left, however slowly it is read', async () => {
  let left = 0
  const server = createServer((_request, response) => {
    response.writeHead(200, { connection: 'close', 'content-length': pieceBytes * pieceCount })
    void sendBody(
      response,
      piecesIn(Buffer.alloc(pieceBytes), () => left++),
    )
  })
  await using relay = await listenOnFreePort(server)
  const socket = connect(relay.port, '127.0.0.1')
  socket.write(ask)
  // What the sockets of both sides hold is full before anything is read.
  await until('all room is taken', () => socket.readableLength >= socket.readableHighWaterMark)
  const answer = await buffer(socket)
  const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4)
  assert.equal(body.length, pieceBytes * pieceCount)
  for (let count = 0; count < pieceCount; count++) {
    const piece = body.subarray(count * pieceBytes, (count + 1) * pieceBytes)
    assert.ok(piece.equals(Buffer.alloc(pieceBytes, count)), `piece ${count}`)
  }
  assert.equal(left, 1)
})

test('M1 who hangs up holds no document open: not while it is looked for, nor where its turn has not come', async () => {
  let [begun, hungUp, left] = [0, 0, 0]
  const found = Promise.withResolvers<void>()
  const server = createServer(async (_request, response) => {
    response.once('close', () => hungUp++)
    // The first one is never answered: those behind it wait for their turn.
    const turn = ++begun
    if (turn === 1) return
    if (turn === 3) await found.promise
    await sendBody(
      response,
      piecesIn(Buffer.alloc(pieceBytes), () => left++),
    )
  })
  await using relay = await listenOnFreePort(server)
  const socket = connect(relay.port, '127.0.0.1')
  socket.write(ask.repeat(3))
  await until('all are there', () => begun === 3)
  socket.destroy()
  await until('the one that waits for its turn is let go of', () => left === 1)
  await until('all have heard of it', () => hungUp === 3)
  found.resolve()
  await until('the one that was looked for is, too', () => left === 2)
})
