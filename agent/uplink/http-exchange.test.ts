/** Exchanges with real servers: what is sent, what is read, and every way in which one ends too soon. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { systemClock } from '@fairlead/base'
import { openFolder } from '../../testkit/folder.ts'
import { listenOnFreePort } from '../../testkit/listen.ts'
import { until } from '../../testkit/until.ts'
import { createHttpClient } from './http-client.ts'
import type { Exchange, ExchangeRequest } from './http-exchange.ts'

async function openExchanges(answer: RequestListener) {
  await using building = new AsyncDisposableStack()
  const { url } = building.use(await listenOnFreePort(createServer(answer)))
  const http = building.use(createHttpClient(systemClock, {}))
  const built = building.move()
  return {
    exchange: (more: Partial<ExchangeRequest> = {}) =>
      http.exchange(url, {
        ...{ method: 'GET', headers: {}, silenceMs: 20_000, signal: new AbortController().signal },
        ...more,
      }),
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

function mustAnswer(answer: Awaited<ReturnType<ReturnType<typeof createHttpClient>['exchange']>>): Exchange {
  if ('trouble' in answer) assert.fail(JSON.stringify(answer.trouble))
  return answer
}

test('a file is sent as it is, and the answer is read in pieces; the connection is used again', async () => {
  const ports = new Set<number | undefined>()
  await using folder = await openFolder()
  const file = join(folder.path, 'file')
  await writeFile(file, Buffer.alloc(3_000_000, 'x'))
  await using there = await openExchanges(async (request, response) => {
    ports.add(request.socket.remotePort)
    const { length } = await buffer(request)
    response.writeHead(201, { 'x-came': String(length) }).end(Buffer.alloc(2_000_000))
  })
  for (let round = 0; round < 2; round++) {
    const headers = { 'content-length': '3000000' }
    const answer = mustAnswer(await there.exchange({ method: 'POST', headers, file }))
    assert.deepEqual([answer.status, answer.headers['x-came']], [201, '3000000'])
    let bytes = 0
    const trouble = await answer.read((piece) => {
      bytes += piece.length
    })
    assert.deepEqual([trouble, bytes], [undefined, 2_000_000])
  }
  assert.equal(ports.size, 1)
})

test('silence before the answer and in the middle of it, a cut, and a file that is not there are told apart', async () => {
  await using silent = await openExchanges(() => {})
  assert.deepEqual(await silent.exchange({ silenceMs: 300 }), { trouble: { kind: 'timeout', seconds: 0 } })
  await using half = await openExchanges((_request, response) => void response.write('half'))
  const slow = mustAnswer(await half.exchange({ silenceMs: 1000 }))
  assert.deepEqual(await slow.read(() => {}), { kind: 'timeout', seconds: 1 })
  await using cut = await openExchanges((_request, response) => void response.write('half', () => response.destroy()))
  assert.deepEqual(await mustAnswer(await cut.exchange()).read(() => {}), { kind: 'cut' })
  const gone = await silent.exchange({ method: 'POST', file: '/nowhere/at/all', headers: { 'content-length': '1' } })
  assert.match(JSON.stringify(gone), /"kind":"other".*ENOENT/)
})

test('what whoever reads throws is theirs, and giving up ends it, before and in the middle', async () => {
  let ended = 0
  await using there = await openExchanges((_request, response) => {
    response.on('close', () => ended++)
    response.write('a piece')
  })
  const answer = mustAnswer(await there.exchange())
  await assert.rejects(
    answer.read(() => {
      throw new Error('The disk is full.')
    }),
    /The disk is full/,
  )
  const givenUp = new AbortController()
  const reading = mustAnswer(await there.exchange({ signal: givenUp.signal }))
  const read = reading.read(() => givenUp.abort())
  assert.deepEqual(await read, { kind: 'cut' })
  assert.deepEqual(await there.exchange({ signal: givenUp.signal }), { trouble: { kind: 'cut' } })
  mustAnswer(await there.exchange()).drop()
  await until('each connection has ended', () => ended === 3)
})

test('a server that refuses before all of it has come is heard', async () => {
  await using folder = await openFolder()
  const file = join(folder.path, 'file')
  await writeFile(file, Buffer.alloc(8_000_000))
  await using there = await openExchanges((request, response) => {
    response.writeHead(413).end('too much')
    request.resume()
  })
  const headers = { 'content-length': '8000000' }
  const answer = mustAnswer(await there.exchange({ method: 'POST', headers, file }))
  assert.equal(answer.status, 413)
  assert.equal(await answer.read(() => {}), undefined)
})
