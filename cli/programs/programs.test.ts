/** L1: the two programs that come with it, as a process of their own: launched and run by devices of a real relay, mail at a real SMTP server. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { makePdf } from '../../testkit/documents.ts'
import { openFolder } from '../../testkit/folder.ts'
import { openMailServer } from '../../testkit/mail-server.ts'
import { openNeighbourhood } from '../../testkit/neighbourhood.ts'
import { findFreePort } from '../../testkit/ports.ts'
import { untilJob } from '../../testkit/print-jobs.ts'
import { type StartedProcess, startHouseFile } from '../../testkit/process.ts'
import { runCli } from '../../testkit/run-cli.ts'
import { callRelay } from '../../testkit/service.ts'
import { until } from '../../testkit/until.ts'

await using building = new AsyncDisposableStack()
const street = building.use(await openNeighbourhood({ relay: ['--webhook-networks', '127.0.0.1'] }))
const mail = building.use(await openMailServer())
const folder = building.use(await openFolder())
const port = await findFreePort()
const scene = building.move()
after(() => scene.disposeAsync())
const { service, url, adminKey } = street
const hostUrl = `http://127.0.0.1:${port}`
const data = join(folder.path, 'programs')

async function startPrograms(): Promise<StartedProcess> {
  const options = ['--relay', url, '--listen', `127.0.0.1:${port}`, '--from', 'scans@firm.example', '--data', data]
  const environment = { FAIRLEAD_KEY: adminKey, FAIRLEAD_SMTP: mail.url }
  const started = await startHouseFile('cli/main.ts', ['programs', ...options, '--zone', 'Asia/Tokyo'], { environment })
  scene.use(started)
  const { url: told, programs } = await started.nextEvent('programs.ready')
  assert.deepEqual([told, programs], [hostUrl, ['scan-to-email', 'print-today']])
  return started
}

let programs: StartedProcess
let device: Awaited<ReturnType<typeof openDevice>>
before(async () => {
  programs = await startPrograms()
  device = await openDevice()
})

/** Its agent prints; its panel is played here, over plain HTTP. */
async function openDevice() {
  const { secret } = await street.openAgent({ id: 'lobby', driver: 'virtual?toner.black=12' })
  const authorization = `Basic ${Buffer.from(`lobby:${secret}`).toString('base64')}`
  const call = (method: string, path: string, body?: unknown) =>
    callRelay(url, method, path, body, { authorization }).then((reply) => ({ ...reply, body: Object(reply.body) }))
  const launch = async (program: string, values: object = {}) => {
    const { launchId } = (await call('POST', '/device/v1/launches', { program })).body
    const told = await call('POST', `/device/v1/launches/${launchId}/information`, { values })
    assert.equal(told.status, 200, JSON.stringify(told.body))
    const { pathname } = new URL(told.body.address)
    return async (runId: string, answers?: object, language?: string) => {
      const more = { ...(answers && { answers }), ...(language && { language }) }
      const { status, body } = await call('POST', pathname, { runId, values, ...more })
      assert.equal(status, 200, JSON.stringify(body))
      return body
    }
  }
  return { call, launch }
}

interface ScanStep {
  to: string
  authorization: string
}

async function upload({ to, authorization }: ScanStep, document: Uint8Array<ArrayBuffer>, type = 'application/pdf') {
  const headers = { authorization, 'content-type': type, 'idempotency-key': 'k' }
  const answer = await fetch(to, { method: 'POST', headers, body: document })
  return { status: answer.status, headers: answer.headers, body: Object(await answer.json()) }
}

/** What a mail has with it. */
function attachmentOf({ text }: { text: string }): Buffer {
  const [, encoded = ''] =
    /Content-Disposition: attachment.*?\r\n\r\n([A-Za-z0-9+/=\r\n]+?)\r\n\r?\n?--/s.exec(text) ?? []
  return Buffer.from(encoded, 'base64')
}

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('L1 scan to e-mail asks to whom, takes the scan once, and sends it as an attachment', async () => {
  const { programs: offered } = (await device.call('GET', '/device/v1/programs')).body
  assert.deepEqual(
    offered.map(({ program }: { program: string }) => program),
    ['print-today', 'scan-to-email'],
  )
  const run = await device.launch('scan-to-email')
  const { ask } = await run('1')
  assert.deepEqual(ask.fields, [{ name: 'to', label: 'E-mail address', type: 'email' }])
  const wrong = await run('1', { to: 'ann@firm.example, eve@else.example' })
  assert.match(wrong.ask.title, /no e-mail address/)
  const { scan } = await run('1', { to: 'ann@firm.example' })
  assert.ok(scan.to.startsWith(`${hostUrl}/scans/`))
  assert.deepEqual((await run('1', { to: 'ann@firm.example' })).scan, scan, 'a repeat is the same place')

  const document = makePdf(2, 200_000)
  assert.equal((await upload({ ...scan, authorization: 'Bearer guessed' }, document)).status, 401)
  assert.equal((await upload(scan, document, 'text/html')).status, 415)
  const taken = await upload(scan, document)
  assert.deepEqual([taken.status, taken.body], [200, { state: 'passed-on', to: 'ann@firm.example' }])
  const [sent] = mail.mails
  assert.ok(sent)
  assert.deepEqual([mail.mails.length, sent.to, sent.from], [1, ['ann@firm.example'], 'scans@firm.example'])
  assert.match(sent.text, /^Subject: Scan from lobby\r$/m)
  assert.equal(hash(attachmentOf(sent)), hash(document))

  const again = await upload(scan, document)
  assert.deepEqual([again.status, again.body], [200, taken.body])
  assert.equal(mail.mails.length, 1, 'a repeat is not another e-mail')
  const next = await run('2')
  assert.equal(next.ask.fields[0].value, 'ann@firm.example', 'the last one is offered')
})

test('L1 whoever reads Japanese is asked in Japanese, and so is the e-mail; of another language it is English', async () => {
  const run = await device.launch('scan-to-email')
  const { ask } = await run('ja', undefined, 'ja-JP')
  assert.deepEqual([ask.title, ask.fields[0].label], ['スキャンの送信先を入力してください', 'メールアドレス'])
  const { scan } = await run('ja', { to: 'ken@firm.example' }, 'ja-JP')
  assert.equal(scan.title, 'ken@firm.example 宛てのスキャン')
  const before = mail.mails.length
  assert.equal((await upload(scan, makePdf(1))).body.state, 'passed-on')
  const [, subject = ''] = /^Subject: =\?UTF-8\?B\?([^?]+)\?=\r$/m.exec(mail.mails[before]?.text ?? '') ?? []
  assert.equal(Buffer.from(subject, 'base64').toString(), 'lobby からのスキャン')
  assert.match((await run('de', undefined, 'de')).ask.title, /Who is to get/)
})

test('L1 while SMTP is away the scan is on its way; a kill loses nothing, and it is sent once when SMTP is back', async () => {
  const run = await device.launch('scan-to-email')
  const { scan } = await run('away', { to: 'bob@firm.example' })
  const before = mail.mails.length
  await mail.close()
  const document = makePdf(1)
  const taken = await upload(scan, document)
  assert.deepEqual([taken.status, taken.body.state, taken.body.to], [202, 'passing-on', 'bob@firm.example'])
  assert.ok(taken.headers.get('retry-after'))
  const location = taken.headers.get('location') ?? ''
  await programs.kill()
  await mail.open()
  programs = await startPrograms()
  const ended = await until('it is passed on', async () => {
    const body = Object(await (await fetch(location)).json())
    return body.state === 'passed-on' && body
  })
  assert.equal(ended.to, 'bob@firm.example')
  assert.equal(mail.mails.length, before + 1)
  assert.equal(hash(attachmentOf(mail.mails.at(-1) ?? { text: '' })), hash(document))
  assert.equal(
    (await device.launch('scan-to-email').then((again) => again('x'))).ask.fields.length,
    1,
    'signed as before',
  )
})

test('L1 what the SMTP server refuses for good is told in its words', async () => {
  const run = await device.launch('scan-to-email')
  const { scan } = await run('refused', { to: 'nobody@firm.example' })
  mail.refusal = { code: 550, words: 'No such mailbox here' }
  const { status, body } = await upload(scan, makePdf(1))
  mail.refusal = undefined
  assert.deepEqual([status, body.state], [200, 'refused'])
  assert.match(body.message, /No such mailbox here/)
})

test('L1 a scan that is cut off is no scan; one that is too large is refused', async () => {
  const run = await device.launch('scan-to-email')
  const { scan } = await run('cut', { to: 'ann@firm.example' })
  const before = mail.mails.length
  const cut = new AbortController()
  const endless = new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(64 * 1024))
      cut.abort()
    },
  })
  const headers = { authorization: scan.authorization, 'content-type': 'application/pdf' }
  const half = { method: 'POST', headers, body: endless, duplex: 'half', signal: cut.signal }
  await assert.rejects(fetch(scan.to, half))
  const large = await fetch(scan.to, { method: 'POST', headers, body: new Uint8Array(50 * 1024 * 1024 + 1) }).catch(
    () => undefined,
  )
  // Who sends on may see the connection end before the answer.
  if (large) assert.equal(large.status, 413)
  assert.equal((await fetch(scan.to)).status, 404, 'nothing has come')
  assert.equal((await upload(scan, makePdf(1))).body.state, 'passed-on')
  assert.equal(mail.mails.length, before + 1)
})

test('L1 today’s page comes out of the device, once for one run', async () => {
  const run = await device.launch('print-today', { name: '受付', location: '2nd floor', timezone: 'Europe/Berlin' })
  const { done } = await run('page')
  assert.match(done.title, /Today/)
  const [jobId] = done.jobs
  assert.deepEqual((await run('page')).done.jobs, [jobId], 'the same run is the same job')
  const job = await untilJob(street, jobId, 'done')
  assert.equal(job.pagesDone, 1)
  const { items } = Object((await service.read('/v1/jobs?device=lobby')).body)
  assert.equal(items.length, 1)
  assert.notDeepEqual((await run('another')).done.jobs, [jobId])
})

test('L1 a call that the relay did not sign is refused', async () => {
  const body = JSON.stringify({
    type: 'run',
    program: 'print-today',
    account: 'default',
    device: 'lobby',
    launchId: 'x',
    runId: 'x',
    values: {},
    answers: {},
  })
  const post = (headers: Record<string, string>) =>
    fetch(`${hostUrl}/programs/print-today`, { method: 'POST', body, headers })
  assert.equal((await post({})).status, 401)
  const now = String(Math.floor(Date.now() / 1000))
  const forged = {
    'webhook-id': 'x',
    'webhook-timestamp': now,
    'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}`,
  }
  assert.equal((await post(forged)).status, 401)
})

test('signing secrets are for this user alone, and registering again changes nothing', async () => {
  const file = join(data, 'secrets.json')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const kept = readFileSync(file, 'utf8')
  const { launches } = Object((await service.read('/v1/programs/print-today')).body)
  assert.equal((await programs.stop()).code, 0)
  programs = await startPrograms()
  assert.equal(readFileSync(file, 'utf8'), kept)
  assert.equal(Object((await service.read('/v1/programs/print-today')).body).launches, launches)
})

test('a folder that is new to a relay which has the programs gets new secrets, and what somebody changed is put right', async () => {
  assert.equal((await programs.stop()).code, 0)
  rmSync(join(data, 'secrets.json'))
  await service.call('PATCH', '/v1/programs/scan-to-email', { title: 'Changed', asks: ['model'] })
  programs = await startPrograms()
  const { title, asks } = Object((await service.read('/v1/programs/scan-to-email')).body)
  assert.deepEqual([title, asks], ['Scan to e-mail', []])
  const run = await device.launch('scan-to-email')
  assert.equal((await run('x')).ask.fields.length, 1)
})

test('what is missing or wrong is said in one sentence, and no password with it', async () => {
  const options = ['programs', '--relay', url, '--key', adminKey, '--from', 'a@b.example', '--data', data]
  for (const [more, words, code] of [
    [[], /^Which SMTP server\? /, 2],
    [['--smtp', 'http://u:secret@x'], /^--smtp must be smtp\[s\]:/, 2],
    [['--smtp', mail.url, '--zone', 'Mars/Base'], /no time zone/, 2],
    [['--smtp', mail.url, '--listen', `127.0.0.1:${port}`], /^Nothing can listen on /, 1],
  ] as const) {
    const ran = await runCli([...options, ...more])
    assert.equal(ran.code, code, ran.stderr)
    assert.match(ran.stderr, words)
    assert.doesNotMatch(ran.stderr, /secret/)
  }
})
