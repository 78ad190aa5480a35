/** The generator's HTTP reader: whole responses, pieces of them, two at once, and what it refuses. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readResponse, renderPost } from './http-reader.ts'

const response = 'HTTP/1.1 200 OK\r\nX-Other: 7\r\ncontent-LENGTH:  5\r\n\r\nhello'

test('a response is read with its status and its body', () => {
  const read = { status: 200, body: 'hello', closes: false, length: response.length }
  assert.deepEqual(readResponse(response), read)
})

test('a response of which a piece is missing is waited for, wherever it is cut', () => {
  for (let length = 0; length < response.length; length++)
    assert.equal(readResponse(response.slice(0, length)), undefined, `${length} characters`)
})

test('what stands behind a response is left for the next one', () => {
  const refused = 'HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'
  const first = readResponse(response + refused)
  assert.equal(first?.length, response.length)
  const second = readResponse((response + refused).slice(first?.length))
  assert.deepEqual(second, { status: 409, body: 'no', closes: true, length: refused.length })
})

test('a header that only ends like the length is not taken for it', () => {
  const text = 'HTTP/1.1 200 OK\r\nX-Content-Length: 1\r\nContent-Length: 3\r\n\r\nabc'
  assert.equal(readResponse(text)?.body, 'abc')
})

test('a response whose length is not told is refused, and so is what is no response', () => {
  assert.throws(() => readResponse('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), /not told/)
  assert.throws(() => readResponse('SSH-2.0\r\nContent-Length: 1\r\n\r\nx'), /not told/)
})

test('a request carries its host, its headers and the length of its body', () => {
  assert.equal(
    renderPost('/path', 'host:1', 'A: b\r\n', 'body'),
    'POST /path HTTP/1.1\r\nHost: host:1\r\nA: b\r\nContent-Length: 4\r\n\r\nbody',
  )
})
