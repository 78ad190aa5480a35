/** Client certificates over real TLS: which count, and whom they name. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:https'
import { test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { createAddresses } from './addresses.ts'
import { type CertificateWish, type MadeCertificate, makeCertificate } from './certificate-for-tests.ts'
import { createClientCertificates } from './client-certificates.ts'
import { makeSelfSigned } from './self-signed.ts'
import { openTestDoor } from './test-door.ts'

const ca = makeCertificate({ subject: 'Our CA', isCa: true })
const server = makeSelfSigned()
const tls = { ...server, clientCa: ca.certificate }
const uri = 'URI:xmpp:mfp-1@relay.example'
const device = made({ names: [uri] })

function made(wish: Partial<CertificateWish>): MadeCertificate {
  return makeCertificate({ subject: 'a device', signer: ca, usage: 'client', ...wish })
}

/** A door that answers BOSH with whom it sees. */
async function openSeeingDoor(options: { tls?: typeof server; wallNow?: () => number; proxies?: string[] } = {}) {
  const certificateOf = createClientCertificates({ domain: 'relay.example', wallNow: options.wallNow ?? Date.now })
  const addresses = createAddresses(options.proxies ?? [], certificateOf)
  return openTestDoor({
    config: { tls: options.tls ?? tls },
    needs: {
      bosh: (request, response) => void response.end(JSON.stringify(addresses.originOf(request).certificate ?? 'none')),
    },
  })
}

type Door = Awaited<ReturnType<typeof openSeeingDoor>>

interface Seen {
  fingerprint: string
  device?: string
}

/** What the door sees of who shows this certificate. */
async function seen(relay: Door, shown?: MadeCertificate, agent?: Agent): Promise<Seen | 'none'> {
  const call = request({
    port: relay.door.port,
    host: 'localhost',
    path: '/http-bind',
    method: 'POST',
    agent: agent ?? new Agent(),
    ...secured(shown),
  })
  const [response] = await once(call.end(), 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return JSON.parse(text)
}

function secured(shown?: MadeCertificate): ConnectionOptions {
  return { ca: server.certificate, ...(shown && { cert: shown.certificate, key: shown.key }) }
}

test('S-A5 a certificate signed by a CA of ours names its device, and has a fingerprint of its own', async () => {
  await using relay = await openSeeingDoor()
  const first = await seen(relay, device)
  const second = await seen(relay, made({ names: [uri] }))
  assert.ok(first !== 'none' && second !== 'none')
  assert.deepEqual([first.device, second.device], ['mfp-1', 'mfp-1'])
  assert.match(first.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
  assert.notEqual(first.fingerprint, second.fingerprint)
})

test('who shows no certificate is served like before', async () => {
  await using relay = await openSeeingDoor()
  assert.equal(await seen(relay), 'none')
})

const otherCa = makeCertificate({ subject: 'Our CA', isCa: true })
const noCertificates = {
  'of a foreign CA that bears our name': made({ names: [uri], signer: otherCa }),
  'signed by itself': makeCertificate({ subject: 'a device', names: [uri] }),
  'signed by another device': made({ names: [uri], signer: device }),
  'that has expired': made({ names: [uri], to: '210101000000Z' }),
  'that is not good yet': made({ names: [uri], from: '480101000000Z' }),
  'of a server': made({ names: [uri], usage: 'server' }),
}

for (const [which, shown] of Object.entries(noCertificates))
  test(`a certificate ${which} is none`, async () => {
    await using relay = await openSeeingDoor()
    assert.equal(await seen(relay, shown), 'none')
  })

const namesOf: Record<string, [names: string[], device: string | undefined]> = {
  'in capital letters': [['URI:XMPP:MFP-1@Relay.Example'], 'mfp-1'],
  'beside names of other kinds and domains': [['DNS:a.example', 'URI:xmpp:b@other.example', uri], 'mfp-1'],
  'twice, differently': [[uri, 'URI:xmpp:mfp-2@relay.example'], undefined],
  'twice, the second of them no ID': [[uri, 'URI:xmpp:mfp!@relay.example'], undefined],
  'of another domain': [['URI:xmpp:mfp-1@other.example'], undefined],
  'of a domain that ours is part of': [['URI:xmpp:mfp-1@relay.example.evil.example'], undefined],
  'with a resource': [['URI:xmpp:mfp-1@relay.example/panel'], undefined],
  'with a query': [['URI:xmpp:mfp-1@relay.example?message'], undefined],
  'with a second domain': [['URI:xmpp:mfp-1@relay.example@other.example'], undefined],
  'with an authority': [['URI:xmpp://mfp-1@relay.example'], undefined],
  escaped: [['URI:xmpp:mfp%2d1@relay.example'], undefined],
  'without an ID': [['URI:xmpp:@relay.example', 'URI:xmpp:relay.example'], undefined],
  'as a host': [['DNS:xmpp:mfp-1@relay.example'], undefined],
  'hidden in a host': [['DNS:a, URI:xmpp:mfp-1@relay.example'], undefined],
}

for (const [how, [names, expected]] of Object.entries(namesOf))
  test(`CVE-2025-59154 a name ${how}: ${expected ?? 'nobody'}`, async () => {
    await using relay = await openSeeingDoor()
    const found = await seen(relay, made({ names }))
    assert.ok(found !== 'none')
    assert.equal(found.device, expected)
  })

test('CVE-2025-59154 what the subject says names nobody', async () => {
  await using relay = await openSeeingDoor()
  for (const subject of [uri, 'mfp-1', 'xmpp:mfp-1@relay.example', `x, subjectAltName=${uri}`]) {
    const found = await seen(relay, made({ subject }))
    assert.ok(found !== 'none')
    assert.equal(found.device, undefined, subject)
  }
})

test('S-A5 a certificate that expires on an open connection is none from then on', async () => {
  let nowMs = Date.now()
  await using relay = await openSeeingDoor({ wallNow: () => nowMs })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  assert.notEqual(await seen(relay, device, agent), 'none')
  nowMs = Date.UTC(2049, 11, 31, 23, 59, 58)
  assert.notEqual(await seen(relay, device, agent), 'none')
  nowMs += 1000
  assert.equal(await seen(relay, device, agent), 'none')
  agent.destroy()
})

test('S-A5 a certificate shown by a trusted proxy is of none of those behind it', async () => {
  await using relay = await openSeeingDoor({ proxies: ['127.0.0.1', '::1'] })
  assert.equal(await seen(relay, device), 'none')
})

test('without --tls-client-ca nobody is asked for a certificate', async () => {
  await using relay = await openSeeingDoor({ tls: server })
  assert.equal(await seen(relay, device), 'none')
})

async function open(
  relay: Door,
  options: ConnectionOptions,
  takeTicket: (ticket: Buffer) => void = () => {},
): Promise<TLSSocket> {
  const socket = connect({ port: relay.door.port, host: 'localhost', ...options })
  socket.on('session', takeTicket)
  await once(socket, 'secureConnect')
  return socket
}

async function askOn(socket: TLSSocket): Promise<string> {
  socket.write('POST /http-bind HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += chunk
  return text
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
  test(`${version}: a resumed session is of the certificate that it was made with, or of none`, async () => {
    await using relay = await openSeeingDoor()
    for (const shown of [device, undefined]) {
      const options = { ...secured(shown), maxVersion: version, minVersion: version }
      const tickets: Buffer[] = []
      const first = await open(relay, options, (ticket) => tickets.push(ticket))
      const told = (await askOn(first)).split('\r\n\r\n')[1]
      const session = tickets.at(-1)
      assert.ok(session && told !== undefined)
      const again = await open(relay, { ...options, session })
      assert.equal(again.isSessionReused(), true)
      const resumed = (await askOn(again)).split('\r\n\r\n')[1]
      assert.equal(resumed, told)
      assert.equal(told.includes('mfp-1'), shown === device, told)
    }
  })

test('S-W6 nobody becomes somebody else by renegotiation', async () => {
  await using relay = await openSeeingDoor()
  const socket = await open(relay, { ...secured(device), maxVersion: 'TLSv1.2' })
  const refusal = new Promise<Error | null>((resolve) => {
    socket.on('error', resolve)
    socket.renegotiate({}, resolve)
  })
  assert.match(String(await refusal), /renegotiation/i)
  socket.destroy()
})
