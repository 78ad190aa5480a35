/** Printers that answer with anything, or nothing: a failure in words within its time, and no end of memory. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { createHandClock, silentLog } from '@fairlead/base'
import { until } from '../../testkit/until.ts'
import { openIppDriver } from './ipp.ts'
import { readIppUrl } from './ipp-target.ts'

async function printerThat(does: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    // It goes when the driver leaves.
    socket.on('error', () => {})
    does(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const clock = createHandClock()
  const driver = openIppDriver(readIppUrl(`ipp://ann:hidden@127.0.0.1:${address.port}`), { clock, log: silentLog })
  return {
    clock,
    driver,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

const http = (status: string, ...more: string[]) => `HTTP/1.1 ${status}\r\n${more.join('\r\n')}\r\n\r\n`

const answers: [what: string, bytes: string | Buffer, code: string, said: RegExp][] = [
  ['is no HTTP', 'SSH-2.0-x\r\n', 'device-timeout', /has not answered/],
  ['is no IPP', `${http('200 OK', 'Content-Length: 5')}hello`, 'device-timeout', /no IPP: The message ends before/],
  ['wants a password', http('401 Unauthorized', 'Content-Length: 0'), 'device-refused', /other ones: put them into/],
  ['wants TLS', http('426 Upgrade Required', 'Content-Length: 0'), 'device-refused', /ipps:/],
  ['has another path', http('404 Not Found', 'Content-Length: 0'), 'device-refused', /no IPP at this path/],
  ['is too busy', http('503 Service Unavailable', 'Content-Length: 0'), 'device-offline', /busy/],
  ['ends at once', '', 'device-timeout', /has not answered/],
]

for (const [what, bytes, code, said] of answers)
  test(`N7 a printer that ${what} is told of in words, without the password`, async () => {
    await using printer = await printerThat((socket) => socket.end(bytes))
    await assert.rejects(printer.driver.all(), (error) => {
      const { code: given, message } = Object(error)
      assert.equal(given, code, message)
      assert.match(message, said)
      assert.doesNotMatch(message, /hidden/)
      return true
    })
    const { errors } = await printer.driver.get(['model'])
    assert.equal(errors['model']?.code, 'no-answer')
  })

test('N7 one that never ends its attributes is given up after 256 KiB', async () => {
  const attribute = Buffer.from([0x44, 0, 1, 0x61, 0x10, 0, ...Buffer.alloc(0x1000, 0x62)])
  await using printer = await printerThat((socket) => {
    socket.write(http('200 OK', 'Transfer-Encoding: chunked'))
    const chunk = Buffer.concat([Buffer.from(`${attribute.length.toString(16)}\r\n`), attribute, Buffer.from('\r\n')])
    socket.write(`8\r\n\x01\x01\x00\x00\x00\x00\x00\x01\r\n1\r\n\x04\r\n`)
    const go = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', go)
    go()
  })
  await assert.rejects(printer.driver.all(), { code: 'device-timeout', message: /more than 262144 bytes/ })
})

test('N7 one that is silent, or tells a byte now and then, is waited for half a minute', async () => {
  await using printer = await printerThat((socket) => {
    socket.once('data', () => socket.write(http('200 OK', 'Transfer-Encoding: chunked')))
  })
  const asked = printer.driver.all()
  const failed = assert.rejects(asked, { code: 'device-timeout', message: /has not answered \(in time\)/ })
  await until('it is asked', () => [...printer.sockets].some((socket) => socket.bytesWritten > 0))
  for (let second = 0; second < 31; second++) {
    for (const socket of printer.sockets) if (!socket.destroyed) socket.write('1\r\n\x01\r\n')
    printer.clock.pass(1000)
  }
  await failed
})
