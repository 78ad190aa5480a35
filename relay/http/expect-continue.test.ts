/** `Expect: 100-continue` behind an answer that has not ended yet. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { listen } from './listen.ts'

const first = 'GET /first HTTP/1.1\r\nHost: a\r\n\r\n'
const expecting = 'POST /second HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n'

/** Answers of both, by path, and what has been heard; `until` waits for more. */
async function openConversation() {
  const answers = new Map<string | undefined, ServerResponse>()
  const asked = Promise.withResolvers<void>()
  const listener = await listen({
    ...{ host: '127.0.0.1', port: 0, takesUpgrade: () => false, upgrade() {} },
    handle(request, response) {
      request.resume()
      answers.set(request.url, response)
      if (request.url === '/second') asked.resolve()
    },
  })
  const socket = connect(listener.port, '127.0.0.1')
  let heard = ''
  socket.on('data', (chunk) => {
    heard += String(chunk)
  })
  return {
    socket,
    asked: asked.promise,
    answer(path: string, content: string) {
      const response = answers.get(path)
      response?.writeHead(200, { 'content-length': content.length, date: 'today', connection: 'keep-alive' })
      // As bytes, as most answers are: Node writes the head apart from them.
      response?.end(Buffer.from(content))
    },
    async until(end: string) {
      while (!heard.endsWith(end)) await once(socket, 'data')
      return heard
    },
    async [Symbol.asyncDispose]() {
      listener.cut()
      await listener.close()
    },
  }
}

const ok = (content: string) =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${content.length}\r\ndate: today\r\nconnection: keep-alive\r\n\r\n${content}`
const goOn = 'HTTP/1.1 100 Continue\r\n\r\n'

test('N1 who may go on is told so at once, and behind another answer once that has ended', async () => {
  await using conversation = await openConversation()
  const { socket, asked, answer, until } = conversation
  socket.write(first + expecting)
  await asked
  answer('/first', 'one')
  assert.equal(await until(goOn), ok('one') + goOn)
  socket.write('body')
  answer('/second', 'two')
  assert.equal(await until('two'), ok('one') + goOn + ok('two'))
  socket.write(expecting)
  assert.equal(await until(`two${goOn}`), ok('one') + goOn + ok('two') + goOn)
})

test('N1 an answer that is ready before its turn comes whole: nobody is told in the midst of it to go on', async () => {
  await using conversation = await openConversation()
  const { socket, asked, answer, until } = conversation
  socket.write(`${first}${expecting}body`)
  await asked
  answer('/second', 'two')
  answer('/first', 'one')
  assert.equal(await until('two'), ok('one') + ok('two'))
})
