/** A14: pages are scanned and sent to a service, on a touch at the panel, and the panel tells what became of it and no more than is known. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startAgent } from './agent-command.ts'
import { openFolder } from './folder.ts'
import { formOf, press, readPanel, wordsOf } from './panel-page.ts'
import type { StartedProcess } from './process.ts'
import { openPullService, type PullServiceOfTest, say } from './pull-service.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
const token = 'Bearer of-the-archive-alone'
let archive: PullServiceOfTest
let partner: PullServiceOfTest
let agent: StartedProcess
let panel = ''
let folder = ''
let sane = ''
const paths = ['/kept', '/forwarded', '/slowly', '/refused', '/silent', '/held', '/down', '/jammed', '/away', '/many']

/** Its relay is nowhere, and its mode is OFF: nothing of this needs one. The scanner is the test one of SANE. */
async function start(): Promise<void> {
  const relay = ['--relay', 'http://127.0.0.1:9', '--id', 'desk', '--driver', 'virtual', '--session-maintenance', 'off']
  const words = [
    ...relay,
    '--data',
    join(folder, 'data'),
    '--config',
    join(folder, 'agent.yaml'),
    '--listen',
    '127.0.0.1:0',
  ]
  agent = scene.use(await startAgent(words, { FAIRLEAD_SECRET: 'a-secret-of-the-desk', SANE_CONFIG_DIR: sane }))
  panel = String((await agent.nextEvent('agent.ready'))['url'])
}

before(async () => {
  archive = scene.use(await openPullService())
  partner = scene.use(await openPullService())
  folder = scene.use(await openFolder()).path
  sane = join(folder, 'sane')
  await mkdir(sane)
  await scanner('Default')
  const services = paths.map((path) => ({
    id: path.slice(1),
    title: `Archive ${path.slice(1)}`,
    upload: archive.url + path,
    authorization: token,
    scan: {
      ...{ resolution: 75, color: 'gray', format: path === '/kept' ? 'image/png' : 'application/pdf' },
      // Of the others nobody is asked where the pages lie.
      ...(path !== '/many' && { source: path === '/kept' ? 'glass' : 'feeder' }),
    },
  }))
  await writeFile(join(folder, 'agent.yaml'), JSON.stringify({ services, scanner: 'test:0' }))
  await start()
})
after(async () => {
  const { stderr } = agent.output()
  await scene.disposeAsync()
  assert.ok(!stderr.includes(token), stderr)
})

/** What the next page meets. Source: sane-test(5) */
async function scanner(status: string, ...more: string[]): Promise<void> {
  await writeFile(join(sane, 'dll.conf'), 'test\n')
  await writeFile(
    join(sane, 'test.conf'),
    ['number_of_devices 1', `read-status-code "${status}"`, ...more, ''].join('\n'),
  )
}

const touch = (service: string) => press(panel, '/pull', { service })
const says = (form: RegExp, language?: string) =>
  until(`it says ${form}`, async () => form.test(await wordsOf(panel, language)))

test('A14 a page of a SANE scanner is sent as what it is, and kept by the service', async () => {
  archive.answer('/kept', say(200, { state: 'stored', message: 'As number 17' }))
  assert.equal(await touch('kept'), 303)
  await says(/Archive kept Kept by Archive kept\. It says: “As number 17”/)
  await says(/Archive kept に保存されました。/, 'ja')
  const [{ headers, body } = assert.fail()] = archive.of('/kept')
  assert.equal(headers['content-type'], 'image/png')
  assert.equal(headers['content-length'], String(body.length))
  assert.match(headers['content-disposition'] ?? '', /^attachment; filename="scan-\d{4}-\d\d-\d\dT[\d-]+\.png"$/)
  assert.match(String(headers['idempotency-key']), /^[\w-]{20,}$/)
  assert.equal(headers.authorization, token)
  assert.deepEqual([...body.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47])
  assert.ok(!(await readPanel(panel)).includes(token))
})

test('A14 a service passes a scan on to a third party, which really gets it, and says so', async () => {
  partner.answer('/in', say(201, {}))
  archive.answer('/forwarded', async (response, request, { body }) => {
    const sent = await fetch(`${partner.url}/in`, { method: 'POST', body: new Uint8Array(body) })
    say(sent.ok ? 200 : 502, { state: 'passed-on', to: 'Registry <of> deeds' })(
      response,
      request,
      archive.asked[0] ?? assert.fail(),
    )
  })
  await touch('forwarded')
  await says(/Passed on to Registry <of> deeds by Archive forwarded\./)
  assert.deepEqual(partner.of('/in')[0]?.body, archive.of('/forwarded')[0]?.body)
  assert.match(String(partner.of('/in')[0]?.body.subarray(0, 5)), /^%PDF-/)
})

test('A14 a service that is still passing it on is asked until it knows, and a lost job is never called done', async () => {
  let isThere = false
  archive.answer(
    '/slowly',
    say(202, { state: 'passing-on', to: 'Registry' }, { location: '/fate', 'retry-after': '1' }),
  )
  archive.answer('/fate', (...all) =>
    say(200, { state: isThere ? 'passed-on' : 'passing-on', to: 'Registry' }, { 'retry-after': '1' })(...all),
  )
  await touch('slowly')
  await says(/Archive slowly has it, and is passing it on to Registry\./)
  await until('it is asked again', () => archive.of('/fate').length > 1)
  isThere = true
  await says(/Passed on to Registry by Archive slowly\./)
  assert.ok(archive.of('/fate').every(({ headers }) => headers.authorization === token))

  archive.answer(
    '/slowly',
    say(202, { state: 'passing-on', to: 'Registry' }, { location: '/lost', 'retry-after': '1' }),
  )
  await touch('slowly')
  await until('it is asked', () => archive.of('/lost').length > 0 || undefined, 30_000)
  await says(
    /Archive slowly has it\. Whether it came to Registry is not known\. The service has nothing at this address \(HTTP 404\)\./,
  )
})

test('A14 what a service refuses is told with its words, and one that says nothing is not called done', async () => {
  archive.answer('/refused', say(422, { detail: 'Too pale' }))
  archive.answer('/silent', (response) => void response.writeHead(204).end())
  archive.answer('/away', (response) => void response.writeHead(302, { location: `${partner.url}/stolen` }).end())
  for (const service of ['refused', 'silent', 'away']) await touch(service)
  await says(/Refused by Archive refused\. The service answered HTTP 422\. It says: “Too pale”/)
  await says(/Taken by Archive silent, which does not say what became of it\./)
  await says(/Refused by Archive away\. The service answered HTTP 302\./)
  assert.equal(partner.of('/stolen').length, 0)
  for (let left = 8; left > 0; left--) if (/\/pull-seen/.test(await readPanel(panel))) await press(panel, '/pull-seen')
  assert.doesNotMatch(await wordsOf(panel), /Refused by|Taken by/, 'what was seen is gone')
})

test('A14 killed when the service has all of it and has not answered: it is sent again under the same key, and scanned once', async () => {
  const held = Promise.withResolvers<ServerResponse>()
  archive.answer('/held', (response) => held.resolve(response))
  await touch('held')
  await held.promise
  await agent.kill()
  // Another scan would fail, and tell.
  await scanner('SANE_STATUS_NO_DOCS')
  archive.answer('/held', say(200, { state: 'stored' }))
  await start()
  await says(/Kept by Archive held\./)
  const [first, again, ...more] = archive.of('/held')
  assert.deepEqual(more, [])
  assert.deepEqual(first?.body, again?.body)
  assert.equal(first?.headers['idempotency-key'], again?.headers['idempotency-key'])
})

/** Of the last document that came there. */
async function pagesAt(path: string): Promise<number> {
  const file = join(folder, 'came.pdf')
  await writeFile(file, archive.of(path).at(-1)?.body ?? '')
  return Number(/Pages: +(\d+)/.exec(execFileSync('pdfinfo', [file]).toString())?.[1])
}

test('A14 a person says where the pages lie: all of the feeder in one go, or page after page from the glass', async () => {
  archive.answer('/many', say(200, { state: 'stored' }))
  await scanner('Default')
  await touch('many')
  await says(/Where do the pages lie\? On the glass In the feeder Give up/)
  await says(/原稿はどこにありますか？/, 'ja')
  await press(panel, '/pull-scan', { word: 'feeder' })
  await says(/Kept by Archive many\./)
  // It is empty after ten (sane-test(5)).
  assert.equal(await pagesAt('/many'), 10)
  await press(panel, '/pull-seen')

  await touch('many')
  await says(/Where do the pages lie/)
  await press(panel, '/pull-scan', { word: 'glass' })
  await says(/1 page scanned\. Is there another one\? Put it on the glass first\./)
  await press(panel, '/pull-scan', { word: 'another' })
  await says(/2 pages scanned\./)
  await press(panel, '/pull-scan', { word: 'finished' })
  await says(/Kept by Archive many\./)
  assert.equal(await pagesAt('/many'), 2)
  await press(panel, '/pull-seen')
})

test('A14 killed in the middle of the feeder: what was scanned is there, and the person says what becomes of it', async () => {
  await scanner('Default', 'read-delay true', 'read-delay-duration 200000')
  await touch('many')
  await says(/Where do the pages lie/)
  await press(panel, '/pull-scan', { word: 'feeder' })
  await says(/Is being scanned: 2 pages so far/)
  await agent.kill()
  await scanner('Default')
  await start()
  await says(/The agent was stopped while it scanned\. .* scanned\. Go on, or send what there is\?/)
  await press(panel, '/pull-scan', { word: 'finished' })
  await says(/Kept by Archive many\./)
  const pages = await pagesAt('/many')
  assert.ok(pages >= 2 && pages < 10, `${pages} pages`)
})

test('A14 what a scanner says is told, and what is under way can be given up', async () => {
  await scanner('SANE_STATUS_NO_DOCS')
  await touch('jammed')
  await says(/Archive jammed It did not work\. There is no paper in the feeder\. Put it in, and touch again\./)
  await scanner('Default')
  archive.answer('/down', say(503, {}))
  await touch('down')
  await says(/Archive down Is being sent The service is busy \(HTTP 503\)\. It is tried again by itself\./)
  await press(panel, '/pull-give-up')
  await says(/Archive down Given up\. Archive down may have it already\./)
  await assert.rejects(formOf(panel, '/pull-give-up', {}), /no button/)
})
