/** M1 N6: documents in an S3-compatible storage: printed from it, resumed after a cut, refused while it is away, and reached by every node. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { after, before, test } from 'node:test'
import { createServer } from 'node:tls'
import { makeCertificate } from './certificate.ts'
import { openCluster } from './cluster.ts'
import { makePdf } from './documents.ts'
import { openFolder } from './folder.ts'
import { listenOnFreePort } from './listen.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { findJob, mustSendJob, pagesOf, sendJob, untilJob } from './print-jobs.ts'
import { runHouseFile, startHouseFile } from './process.ts'
import { assertRefusal } from './refusal.ts'
import { createService } from './service.ts'
import { openSwift, type Swift } from './swift.ts'
import { until } from './until.ts'
import { openWire } from './wire.ts'

const scene = new AsyncDisposableStack()
let folder: string
let swift: Swift
let street: Neighbourhood

before(async () => {
  folder = scene.use(await openFolder()).path
  swift = scene.use(await openSwift())
  street = scene.use(await openNeighbourhood({ relay: ['--config', await configOf('relay/a')] }))
  await street.openAgent({ id: 'lobby' })
})
after(async () => {
  const logs = street?.relay().output().stderr ?? ''
  await scene.disposeAsync()
  assert.ok(!logs.includes(swift.secretKey), 'the secret of the storage stands in a log')
})

/** @returns a file for `--config` with where the storage is, and its secret */
async function configOf(prefix: string, more: Record<string, string> = {}): Promise<string> {
  const { endpoint, accessKey, secretKey, bucket } = swift
  const file = join(folder, `${prefix.replace('/', '-')}.yaml`)
  const url = `s3://${bucket}/${prefix}`
  const settings = {
    ...{ spoolUrl: url, spoolEndpoint: endpoint, spoolAccessKey: accessKey, spoolSecretKey: secretKey },
    ...more,
  }
  await writeFile(file, JSON.stringify(settings))
  return file
}

async function keptBelow(prefix: string): Promise<string[]> {
  return (await swift.objects()).filter((name) => name.startsWith(`${prefix}/`))
}

test('M1 a document is in the storage as long as it is needed, comes out of there, and is gone then', async () => {
  const held = await mustSendJob(street, 'lobby', makePdf(3, 5_000_000), 'hold=true')
  assert.equal((await keptBelow('relay/a')).length, 2, 'in parts')
  await street.service.call('PATCH', `/v1/jobs/${held}`, { hold: false })
  assert.equal((await untilJob(street, held, 'done')).pagesDone, 3)
  assert.equal(await pagesOf(street, 'lobby'), 3)
  await until('nothing of it is left', async () => (await keptBelow('relay/a')).length === 0)
})

test('M1 a document that somebody else removed from the storage ends its job with that reason', async () => {
  const document = makePdf(3, 5_000_000)
  const held = await mustSendJob(street, 'lobby', document, 'hold=true')
  const [, second = ''] = await keptBelow('relay/a')
  await swift.remove(second)
  await street.service.call('PATCH', `/v1/jobs/${held}`, { hold: false })
  const { reason } = await untilJob(street, held, 'failed')
  assert.equal(reason, 'The relay has lost the document: send it again.')
  assert.match(street.relay().output().stderr, /"spool\.storage-failed".*something else has removed it/)
  assert.equal((await untilJob(street, await mustSendJob(street, 'lobby', document), 'done')).pagesDone, 3)
})

test('M1 what came of an upload before a cut and a crash of the relay is kept, and it goes on from there', async () => {
  const document = makePdf(2, 6_000_000)
  const begun = await street.service.post('/v1/uploads', { bytes: document.length, contentType: 'application/pdf' })
  const { uploadId } = Object(begun.body)
  await using wire = await openWire(street.url, { bytesPerSecond: 20_000_000 })
  const send = (url: string, offset: number) =>
    fetch(`${url}/v1/uploads/${uploadId}`, {
      method: 'PATCH',
      headers: {
        ...{ authorization: `Bearer ${street.adminKey}`, 'content-type': 'application/octet-stream' },
        'upload-offset': String(offset),
      },
      body: document.subarray(offset),
    })
  const there = async () => Object((await street.service.read(`/v1/uploads/${uploadId}`)).body).offset as number
  const cut = assert.rejects(send(wire.url, 0))
  await until('its first part is stored', async () => (await there()) > 0)
  wire.cutAll()
  await cut
  await street.restartRelay('SIGKILL')
  const offset = await until('it is known how much is there', there)
  assert.ok(offset > 0 && offset < document.length, `${offset} of ${document.length}`)
  assert.equal((await send(street.url, offset)).status, 200)
  const { status, body } = await street.service.post(`/v1/devices/lobby/jobs?upload=${uploadId}`, undefined)
  assert.equal(status, 201, JSON.stringify(body))
  assert.equal((await untilJob(street, Object(body).jobId, 'done')).pagesDone, 2)
})

test('M1 a relay whose storage refuses it does not start, and says what to do', async () => {
  const file = await configOf('refused', { spoolSecretKey: 'canary-of-the-storage' })
  const settings = ['--listen', '127.0.0.1:0', '--data', join(folder, 'refused'), '--config', file]
  const { code, stderr } = await runHouseFile('cli/main.ts', ['relay', ...settings])
  assert.notEqual(code, 0)
  assert.match(stderr, /s3:\/\/documents\/refused\/ at .*403 SignatureDoesNotMatch\): correct --spool-access-key/)
  assert.doesNotMatch(stderr, /canary/)
})

test('M1 over HTTPS the storage needs a certificate of a CA that the relay knows', async () => {
  const { certPath, keyPath } = await makeCertificate(folder)
  const port = Number(new URL(swift.endpoint).port)
  const tls = createServer({ cert: await readFile(certPath), key: await readFile(keyPath) }, (socket) => {
    const inner = connect(port, '127.0.0.1')
    // Whoever breaks off, both ends are over.
    pipeline(socket, inner, socket).catch(() => {})
  })
  await using listening = await listenOnFreePort(tls, '127.0.0.1', 'https')
  const file = await configOf('secret', { spoolEndpoint: listening.url })
  const settings = ['--listen', '127.0.0.1:0', '--data', join(folder, 'secret'), '--config', file]
  const { code, stderr } = await runHouseFile('cli/main.ts', ['relay', ...settings])
  assert.notEqual(code, 0)
  assert.match(stderr, /name the CA of its certificate in NODE_EXTRA_CA_CERTS/)
  const environment = { NODE_EXTRA_CA_CERTS: certPath }
  await using relay = await startHouseFile('cli/main.ts', ['relay', ...settings], { environment })
  await relay.nextEvent('relay.ready', 60_000)
  assert.doesNotMatch(relay.output().stderr, /spool\.storage/)
})

test('M1 N6 a document that one node took is fetched from another', async () => {
  await using cluster = await openCluster({ nodes: 2, relay: ['--config', await configOf('nodes')] })
  const [first, second] = cluster.nodes
  assert.ok(first && second)
  const at = (url: string) => ({ url, adminKey: cluster.adminKey, service: createService(url, cluster.adminKey) })
  const { body } = await at(first.url).service.post('/v1/devices', { id: 'hall' })
  const settings = ['--relay', second.url, '--id', 'hall', '--driver', 'virtual', '--data', join(folder, 'hall')]
  await using agent = await startHouseFile('cli/main.ts', ['agent', ...settings], {
    environment: { FAIRLEAD_SECRET: Object(body).secret },
  })
  await agent.nextEvent('device.online', 60_000)
  const jobId = await mustSendJob(at(first.url), 'hall', makePdf(5), 'hold=true')
  assert.equal((await keptBelow('nodes')).length, 1)
  const rows = await cluster.servers.postgres.run('select count(*) as parts from blob_part', cluster.databaseUrl)
  assert.equal(Number(rows[0]?.['parts']), 0, 'the record has none of it')
  await first.stop('SIGKILL')
  await at(second.url).service.call('PATCH', `/v1/jobs/${jobId}`, { hold: false })
  assert.equal((await untilJob(at(second.url), jobId, 'done')).pagesDone, 5)
})

test('M1 a relay that would look for documents elsewhere does not start, until they are needed no more or given up', async () => {
  const adminKey = 'the-key-of-the-operator'
  const args = ['relay', '--listen', '127.0.0.1:0', '--data', join(folder, 'moved'), '--admin-key', adminKey]
  const config = ['--config', await configOf('moved')]
  async function start(...more: string[]) {
    const relay = await startHouseFile('cli/main.ts', [...args, ...more])
    const url = String((await relay.nextEvent('relay.ready', 60_000))['url'])
    return { ...relay, at: { url, adminKey, service: createService(url, adminKey) } }
  }
  let [jobId, secret] = ['', '']
  {
    await using relay = await start(...config)
    secret = Object((await relay.at.service.post('/v1/devices', { id: 'hall' })).body).secret
    jobId = await mustSendJob(relay.at, 'hall', makePdf(2), 'hold=true')
  }
  // A storage that cannot be used is no place: nothing is given up for it.
  const wrong = ['--give-up-documents', '--config', await configOf('elsewhere', { spoolSecretKey: 'another' })]
  assert.match((await runHouseFile('cli/main.ts', [...args, ...wrong])).stderr, /SignatureDoesNotMatch/)
  const { code, stderr } = await runHouseFile('cli/main.ts', args)
  assert.notEqual(code, 0)
  assert.match(
    stderr,
    /of 1 job that has not ended are in s3:\/\/documents\/moved\/, and this relay would look in the data folder/,
  )
  await using relay = await start('--give-up-documents')
  assert.match(relay.output().stderr, /"spool\.moved".*"jobsWithoutDocument":1/)
  const agentSays = [
    'agent',
    '--relay',
    relay.at.url,
    '--id',
    'hall',
    '--driver',
    'virtual',
    '--data',
    join(folder, 'at'),
  ]
  await using agent = await startHouseFile('cli/main.ts', agentSays, { environment: { FAIRLEAD_SECRET: secret } })
  await agent.nextEvent('device.online', 60_000)
  await relay.at.service.call('PATCH', `/v1/jobs/${jobId}`, { hold: false })
  assert.equal((await untilJob(relay.at, jobId, 'failed')).reason, 'The relay has lost the document: send it again.')
  assert.equal((await untilJob(relay.at, await mustSendJob(relay.at, 'hall', makePdf(2)), 'done')).pagesDone, 2)
})

test('M1 while the storage is away documents are refused with when to come back, and nothing that was stored is lost', async () => {
  const held = await mustSendJob(street, 'lobby', makePdf(4), 'hold=true')
  await swift.kill()
  const refused = await sendJob(street, 'lobby', makePdf(1))
  assertRefusal(refused, { status: 503, code: 'unavailable' })
  assert.equal(refused.headers.get('retry-after'), '30')
  assert.doesNotMatch(JSON.stringify(refused.body), /s3:|127\.0\.0\.1/, 'tenants are not told where')
  assert.match(street.relay().output().stderr, /"spool\.storage-failed".*no server listens there/)
  assert.match(
    await (await fetch(`${street.url}/metrics`, { headers: { authorization: `Bearer ${street.adminKey}` } })).text(),
    /^fairlead_storage_failures_total [1-9]/m,
  )
  await street.restartRelay()
  assert.match(street.relay().output().stderr, /"spool\.storage-away".*documents are refused until it does/)
  assert.equal((await findJob(street, held)).state, 'waiting')
  await swift.restart()
  await street.service.call('PATCH', `/v1/jobs/${held}`, { hold: false })
  assert.equal((await untilJob(street, held, 'done')).pagesDone, 4)
  assert.equal((await untilJob(street, await mustSendJob(street, 'lobby', makePdf(1)), 'done')).pagesDone, 1)
})
