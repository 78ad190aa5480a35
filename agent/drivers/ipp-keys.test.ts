/** Printers over TLS whose keys change: who is another one gets no byte of a question, a password or a document. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createServer, getCACertificates, type Server, setDefaultCACertificates } from 'node:tls'
import { Failure, silentLog, systemClock } from '@fairlead/base'
import { attributesFrom, encodeResponse, ipp } from '@fairlead/protocol/ipp'
import { type Certificate, type CertificateOptions, makeCertificate } from '../../testkit/certificate.ts'
import { openFolder } from '../../testkit/folder.ts'
import type { Driver } from './driver.ts'
import { openDriver } from './drivers.ts'
import { createKeyStore, fingerprintOf, type KeptKey, type KeyStore } from './printer-key.ts'

const stack = new AsyncDisposableStack()
let folder: string
let own: Certificate
let renewed: Certificate
let other: Certificate
/** An authority of this machine vouches for it. */
let vouched: Certificate
/** And for this one, at another host. */
let elsewhere: Certificate
let server: Server
let port: number
/** What came through TLS. */
let heard = ''

before(async () => {
  folder = stack.use(await openFolder()).path
  own = await certificate('own')
  renewed = await certificate('renewed', { keyOf: own, commonName: 'As before' })
  other = await certificate('other')
  vouched = await certificate('vouched', { commonName: 'Vouched for' })
  elsewhere = await certificate('elsewhere', { commonName: 'Elsewhere', names: ['DNS:elsewhere.example'] })
  setDefaultCACertificates([...getCACertificates('default'), vouched.cert, elsewhere.cert])
  server = createServer(await keyAndCert(own), (socket) => {
    // Who finds the wrong key leaves at once.
    socket.on('error', () => {})
    socket.on('data', (piece) => {
      heard += piece.toString('latin1')
      socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${model.length}\r\n\r\n`), model]))
    })
  })
  server.on('tlsClientError', () => {})
  server.listen(0, 'localhost')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  stack.defer(() => void server.close())
})
after(() => stack.disposeAsync())

const model = encodeResponse({
  version: { major: 1, minor: 1 },
  status: 0,
  requestId: 1,
  groups: [
    { kind: 'operation', attributes: new Map() },
    { kind: 'printer', attributes: attributesFrom({ 'printer-make-and-model': ipp.text('Ardea') }) },
  ],
})

async function certificate(name: string, options?: CertificateOptions): Promise<Certificate> {
  const inside = join(folder, name)
  await mkdir(inside)
  return makeCertificate(inside, options)
}

const keyAndCert = async ({ keyPath, cert }: Certificate) => ({ key: await readFile(keyPath), cert })
const shows = async (shown: Certificate) => server.setSecureContext(await keyAndCert(shown))
const keyOf = ({ cert }: Certificate) => fingerprintOf(new X509Certificate(cert))

function open(keys: KeyStore, more = '', address = 'localhost'): Promise<Driver> {
  return openDriver(`ipps://ann:hidden@${address}:${port}${more}`, { clock: systemClock, log: silentLog, keys })
}

async function isTaken(driver: Driver, shown: Certificate): Promise<void> {
  await shows(shown)
  assert.equal((await driver.get(['model'])).values['model'], 'Ardea')
  assert.equal(driver.refusedKey?.(), undefined)
}

/** Nothing of it leaves, whatever it is that was to be sent. */
async function isRefused(driver: Driver, expected: Certificate, shown: Certificate): Promise<string> {
  await shows(shown)
  heard = ''
  const file = join(folder, 'document')
  await writeFile(file, 'of great importance')
  const { errors } = await driver.get(['model'])
  const said = errors['model']?.message ?? ''
  assert.ok(said.includes(keyOf(expected)) && said.includes(keyOf(shown)), said)
  assert.deepEqual(await driver.look(), { alerts: ['service-requested'] })
  const signal = new AbortController().signal
  const never = () => assert.fail('the printer has nothing of it')
  const job = { id: '1', name: 'x', user: 'ann', format: 'text/plain', file, bytes: 19, ticket: {} }
  const follow = { mark: never, pages: never, waits: never, cancelled: signal, stopping: signal }
  const printing = driver.printing ?? assert.fail('it prints')
  await assert.rejects(printing.print(job, undefined, follow), { code: 'device-offline', message: said })
  // Of one that was handed over before, too.
  await assert.rejects(driver.command('identify', {}), { code: 'device-offline', message: said })
  assert.equal(heard, '')
  assert.equal(driver.refusedKey?.()?.shown, keyOf(shown))
  return said
}

test('N7 the key that a printer shows first is kept before it is asked anything, and another one is refused until it is kept instead', async () => {
  const keys = createKeyStore()
  const driver = await open(keys)
  await isTaken(driver, own)
  assert.deepEqual(keys.kept(), { at: `localhost:${port}`, fingerprint: keyOf(own) })
  await isTaken(driver, renewed)
  const said = await isRefused(driver, own, other)
  assert.match(said, new RegExp(`fairlead agent trust ${keyOf(other)}`))
  // It was somebody else's, and the printer itself is there again.
  await isTaken(driver, own)
  await isRefused(driver, own, other)
  keys.keep({ at: `localhost:${port}`, fingerprint: keyOf(other) })
  await isTaken(driver, other)
  await isRefused(driver, other, own)
  // After a restart as well; at another address another printer is expected.
  const restarted = await open(keys)
  await isRefused(restarted, other, own)
  await isTaken(await open(keys, '', '127.0.0.1'), own)
})

test('N7 a key that the driver names is the only one, also at the first connection and where an authority vouches for another', async () => {
  const keys = createKeyStore()
  const driver = await open(keys, `?fingerprint=${keyOf(own)}`)
  const said = await isRefused(driver, own, other)
  assert.match(said, /in the driver's address/)
  await isRefused(driver, own, vouched)
  await isTaken(driver, own)
  assert.equal(keys.kept(), undefined)
})

test('N7 one for which an authority of this machine vouches, by this host name, is taken whatever was before; from then on no other is', async () => {
  const keys = createKeyStore()
  const driver = await open(keys)
  await isTaken(driver, own)
  await isTaken(driver, vouched)
  await isRefused(driver, vouched, own)
  await isRefused(driver, vouched, elsewhere)
  await isRefused(driver, vouched, other)
})

test('N7 a key that cannot be kept on disk opens nothing', async () => {
  let kept: KeptKey | undefined
  const full: KeyStore = {
    kept: () => kept,
    keep() {
      throw new Error('ENOSPC')
    },
  }
  const driver = await open(full)
  await shows(own)
  heard = ''
  await assert.rejects(driver.all(), (error) => error instanceof Failure && /could not be kept/.test(error.message))
  assert.equal(heard, '')
  kept = { at: `localhost:${port}`, fingerprint: keyOf(own) }
  await isTaken(driver, own)
})
