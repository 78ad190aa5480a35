/** TLS and plain HTTP on one port. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get as plainGet } from 'node:http'
import { get, request } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { makeSelfSigned } from './self-signed.ts'
import { openTestDoor, readKey, say } from './test-door.ts'

const tls = makeSelfSigned()

interface Heard {
  status: number | undefined
  headers: Record<string, unknown>
  text: string
}

function ask(url: string, headers: Record<string, string> = {}): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const call = url.startsWith('https') ? get(url, { ca: tls.certificate, headers }) : plainGet(url, { headers })
    call.on('error', reject)
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    })
  })
}

test('with TLS, one port speaks HTTPS', async () => {
  await using relay = await openTestDoor({ config: { tls } })
  const heard = await ask(`https://localhost:${relay.door.port}/v1/devices/a`, { authorization: `Bearer ${readKey}` })
  assert.equal(heard.status, 200)
  assert.equal(JSON.parse(heard.text).address, '127.0.0.1')
})

test('plain HTTP on the port that has TLS: 308 for a GET, and its query is kept', async () => {
  await using relay = await openTestDoor({ config: { tls } })
  const { port } = relay.door
  const moved = await ask(`http://127.0.0.1:${port}/v1/docs?x=1`)
  assert.equal(moved.status, 308)
  assert.equal(moved.headers['location'], `https://localhost:${port}/v1/docs?x=1`)
  const elsewhere = await say(port, 'GET //evil.example/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  assert.match(elsewhere, new RegExp(`308[\\s\\S]*location: https://localhost:${port}/\\r\\n`, 'i'))
})

test('S-W6 a secret in the clear from elsewhere is refused, not sent on to where nobody would notice', async () => {
  await using relay = await openTestDoor({ config: { tls }, trustedProxies: ['127.0.0.1'] })
  const url = `http://127.0.0.1:${relay.door.port}/v1/devices/a`
  const authorization = `Bearer ${readKey}`
  const elsewhere = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'http' }
  const refused = await ask(url, { ...elsewhere, authorization })
  assert.equal(refused.status, 403)
  assert.equal(JSON.parse(refused.text).code, 'insecure-transport')
  assert.equal((await ask(url, elsewhere)).status, 308)
  assert.equal((await ask(url, { authorization })).status, 308, 'on this machine nobody reads along')
})

test('plain HTTP on the port that has TLS: BOSH gets its own answer', async () => {
  await using relay = await openTestDoor({ config: { tls } })
  const heard = await say(
    relay.door.port,
    'POST /http-bind HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\nConnection: close\r\n\r\n<body/>',
  )
  assert.match(heard, /^HTTP\/1\.1 200 [\s\S]*bosh$/)
})

test('behind a trusted proxy that says https, a GET is not sent round and round', async () => {
  await using relay = await openTestDoor({ config: { tls }, trustedProxies: ['127.0.0.1'] })
  const headers = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' }
  assert.equal((await ask(`http://127.0.0.1:${relay.door.port}/healthz`, headers)).status, 200)
})

test('one connection is one language: bodies over TLS arrive whole, in one write or byte by byte', async () => {
  await using relay = await openTestDoor({ config: { tls } })
  const { port } = relay.door
  const sent = await new Promise<number | undefined>((resolve, reject) => {
    const call = request({ port, host: 'localhost', path: '/http-bind', method: 'POST', ca: tls.certificate })
    call.on('error', reject).on('response', (response) => resolve(response.resume().statusCode))
    call.end('x'.repeat(200_000))
  })
  assert.equal(sent, 200)
  const slow = connectTcp(port, '127.0.0.1')
  let heard = ''
  slow.on('data', (chunk) => {
    heard += chunk
  })
  const ended = new Promise((resolve) => slow.once('close', resolve))
  for (const byte of 'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n') {
    await new Promise((resolve) => slow.write(byte, resolve))
    await new Promise(setImmediate)
  }
  await ended
  assert.match(heard, /^HTTP\/1\.1 308 /)
})

test('S-W6 TLS older than 1.2 is refused', async () => {
  await using relay = await openTestDoor({ config: { tls } })
  const { port } = relay.door
  const shake = (maxVersion: 'TLSv1.1' | 'TLSv1.2') =>
    new Promise<string>((resolve) => {
      const socket = connect({
        port,
        host: 'localhost',
        ca: tls.certificate,
        minVersion: 'TLSv1',
        maxVersion,
        ciphers: 'ALL:@SECLEVEL=0',
      })
      socket.once('secureConnect', () => {
        resolve(String(socket.getProtocol()))
        socket.destroy()
      })
      socket.once('error', () => resolve('refused'))
    })
  assert.equal(await shake('TLSv1.1'), 'refused')
  assert.equal(await shake('TLSv1.2'), 'TLSv1.2')
})

test('S-W6 the stronger cipher is taken, whatever the client would rather have', async () => {
  await using relay = await openTestDoor({ config: { tls } })
  const weakFirst = {
    'TLSv1.2':
      'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384',
    'TLSv1.3': 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384',
  } as const
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const versions = { minVersion: version, maxVersion: version }
    const at = { port: relay.door.port, host: 'localhost', ca: tls.certificate }
    const socket = connect({ ...at, ...versions, ciphers: weakFirst[version] })
    await once(socket, 'secureConnect')
    assert.match(socket.getCipher().name, /AES_?256/, version)
    socket.destroy()
  }
})

test('a connection that says nothing sensible to either is ended', async () => {
  await using relay = await openTestDoor({ config: { tls } })
  assert.equal(
    await say(relay.door.port, '\x16\x03\x01\x00\x05hello'.padEnd(64, 'x')).then((heard) => heard.includes('HTTP')),
    false,
  )
})
