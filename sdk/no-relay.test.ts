/** NoRelayError: nobody there, somebody else there, and a relay that is gone in the middle of its answer. */
import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { test } from 'node:test'
import { listenOnFreePort } from '../testkit/listen.ts'
import { createClient, NoRelayError } from './index.ts'

/** What `devices.list` throws when `answer` is what answers. */
async function thrownBy(answer: RequestListener): Promise<unknown> {
  await using server = await listenOnFreePort(createServer(answer))
  const client = createClient({ url: server.url, key: 'a-key' })
  return await client.devices.list().then(
    () => assert.fail('It was not refused.'),
    (error: unknown) => error,
  )
}

test('nobody at the address', async () => {
  const gone = await listenOnFreePort(createServer())
  await gone[Symbol.asyncDispose]()
  await assert.rejects(createClient({ url: gone.url, key: 'a-key' }).devices.list(), (error) => {
    assert.ok(error instanceof NoRelayError)
    assert.match(error.message, /^No relay answers at http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED.*\.$/)
    return true
  })
})

const strangers: [string, RequestListener][] = [
  ['a web page', (_, response) => response.end('<!doctype html><title>Router</title>')],
  ['a web server without such a page', (_, response) => response.writeHead(404).end('Not found')],
  ['another API that refuses', (_, response) => response.writeHead(403).end('{"error":"no"}')],
]

for (const [name, answer] of strangers)
  test(`${name} is no relay`, async () => {
    const error = await thrownBy(answer)
    assert.ok(error instanceof NoRelayError)
    assert.match(error.message, /^What answers at .* is not a Fairlead relay \(HTTP \d{3}\)\.$/)
  })

test('a relay that is gone in the middle of its answer', async () => {
  const error = await thrownBy((_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"items":', () => response.destroy())
  })
  assert.ok(error instanceof NoRelayError, String(error))
})

test('a key that no header can carry is not blamed on the relay', async () => {
  await using server = await listenOnFreePort(createServer((_, response) => response.end('{"items":[]}')))
  await assert.rejects(createClient({ url: server.url, key: 'sch\u30ad' }).devices.list(), TypeError)
})
