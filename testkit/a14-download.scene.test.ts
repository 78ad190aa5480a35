/** A14: the device asks a service for content, on a touch at its panel, and prints or keeps it; with the mode OFF and ON, over cuts and crashes. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startAgent } from './agent-command.ts'
import { makePdf } from './documents.ts'
import { openFolder } from './folder.ts'
import { type HttpWire, openHttpWire } from './http-wire.ts'
import { type Neighbourhood, openNeighbourhood, type RunningAgent } from './neighbourhood.ts'
import { formOf, press, readPanel, send, wordsOf } from './panel-page.ts'
import { findFreePort } from './ports.ts'
import { type StartedProcess, startProcess } from './process.ts'
import { untilItListens } from './proxy-program.ts'
import { give, openPullService, type PullServiceOfTest } from './pull-service.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
const token = 'Bearer of-the-library-alone'
let street: Neighbourhood
let wire: HttpWire
let library: PullServiceOfTest
let elsewhere: PullServiceOfTest
let lobby: RunningAgent
/** The panels: of a device whose mode is ON, and of one that has never spoken to the relay. */
let [on, off, hallData] = ['', '', '']
const processes: StartedProcess[] = []
const paths = [
  '/forms',
  '/slow',
  '/cut',
  '/huge',
  '/liar',
  '/moved',
  '/word',
  '/broken',
  '/nothing',
  '/plain',
  '/nginx',
]

before(async () => {
  street = scene.use(await openNeighbourhood())
  wire = scene.use(await openHttpWire(street.url))
  library = scene.use(await openPullService())
  elsewhere = scene.use(await openPullService())
  const folder = scene.use(await openFolder())
  const config = join(folder.path, 'agent.yaml')
  const services = paths.map((path) => ({
    id: path.slice(1),
    title: `The ${path.slice(1)} shelf`,
    download: library.url + path,
    authorization: token,
  }))
  await writeFile(config, JSON.stringify({ services }))
  const more = ['--config', config, '--listen', '127.0.0.1:0']
  const driver = 'virtual?secondsPerPage=0.2'
  lobby = await street.openAgent({ id: 'lobby', driver, relayUrl: wire.url, agent: more })
  processes.push(lobby.process)
  on = String((await lobby.process.nextEvent('agent.ready'))['url'])
  const { secret } = await street.enrol('hall')
  const hall = ['--relay', street.url, '--id', 'hall', '--driver', 'virtual', '--session-maintenance', 'off']
  hallData = join(folder.path, 'hall')
  const process = scene.use(await startAgent([...hall, '--data', hallData, ...more], { FAIRLEAD_SECRET: secret }))
  processes.push(process)
  off = String((await process.nextEvent('agent.ready'))['url'])
})
after(async () => {
  await scene.disposeAsync()
  for (const { stderr } of processes.map((process) => process.output())) assert.ok(!stderr.includes(token))
})

/** As the printer itself has counted them. */
const pagesOut = (data: string, id: string): number =>
  JSON.parse(readFileSync(join(data, 'drivers', id, 'virtual-printer.json'), 'utf8')).pages
const says = (page: string, form: RegExp) => until(`it says ${form}`, async () => form.test(await wordsOf(page)))

test('A14 with the mode OFF content is printed and kept, and the relay hears nothing of the device', async () => {
  const form = makePdf(3)
  library.answer('/forms', give(form, 'application/pdf', { 'content-disposition': 'inline; filename="Form 7.pdf"' }))
  assert.equal(await press(off, '/pull', { service: 'forms', kind: 'print' }), 303)
  await says(off, /The forms shelf: Form 7\.pdf Printed: 3 pages\./)
  assert.equal(pagesOut(hallData, 'hall'), 3)
  const [asked] = library.of('/forms')
  assert.match(asked?.headers.accept ?? '', /^application\/pdf, .*image\/png;q=0\./)
  assert.equal(asked?.headers.authorization, token)

  await press(off, '/pull', { service: 'forms', kind: 'keep' })
  await says(off, /Kept here Form 7\.pdf \d.* kB/)
  await press(off, '/print-content')
  await says(off, /Form 7\.pdf Printed: 3 pages\..*Form 7\.pdf Printed: 3 pages\./)
  assert.equal(pagesOut(hallData, 'hall'), 6)
  assert.equal(library.of('/forms').length, 2, 'and not asked for again')
  await press(off, '/delete-content')
  assert.doesNotMatch(await wordsOf(off), /Kept here/)

  const { body } = await street.service.read('/v1/devices/hall')
  assert.deepEqual([Object(body).state, Object(body).reason, Object(body).lastSeenAt], ['offline', 'never-seen', null])
  assert.ok(!(await readPanel(off)).includes(token))
})

test('A14 with the mode ON the session is the very same, and a GET in the middle is answered', async () => {
  const before = Object((await street.service.read('/v1/devices/lobby')).body)
  const registered = () => wire.visits.filter(({ path }) => path === '/device/v1/register').length
  const registers = registered()
  const held = Promise.withResolvers<ServerResponse>()
  const content = makePdf(2)
  library.answer('/slow', (response) => {
    response.writeHead(200, { 'content-type': 'application/pdf', 'content-length': content.length })
    response.write(content.subarray(0, 100))
    held.resolve(response)
  })
  await press(on, '/pull', { service: 'slow', kind: 'print' })
  const response = await held.promise
  assert.match(await wordsOf(on), /The slow shelf Is being fetched|The slow shelf: slow Is being fetched/)
  assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200)
  assert.ok(!response.writableEnded)
  response.end(content.subarray(100))
  await says(on, /The slow shelf: slow Printed: 2 pages\./)
  const { stateSinceAt, state } = Object((await street.service.read('/v1/devices/lobby')).body)
  assert.deepEqual([state, stateSinceAt], ['online', before.stateSinceAt])
  assert.equal(registered(), registers)
})

test('A14 one touch is one, whatever a browser repeats', async () => {
  library.answer('/plain', give(Buffer.from('one line\n'), 'text/plain'))
  const before = pagesOut(hallData, 'hall')
  const form = await formOf(off, '/pull', { service: 'plain', kind: 'print' })
  const answers = await Promise.all([1, 2, 3].map(() => send(off, '/pull', form)))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [303, 303, 303],
  )
  await says(off, /The plain shelf: plain Printed: 1 page\./)
  assert.equal(library.of('/plain').length, 1)
  assert.equal(pagesOut(hallData, 'hall'), before + 1)
})

test('A14 killed in the middle of a download, and again in the middle of printing it: nothing is lost, fetched or printed twice', async () => {
  const content = makePdf(8, 400_000)
  const etag = '"as-it-was-first"'
  const first = 200_000
  let isCut = true
  library.answer('/cut', (response, request, asked) => {
    if (!isCut) return give(content, 'application/pdf', { etag })(response, request, asked)
    response.writeHead(200, { 'content-type': 'application/pdf', 'content-length': content.length, etag })
    response.write(content.subarray(0, first))
  })
  const before = pagesOut(lobby.data, 'lobby')
  await press(on, '/pull', { service: 'cut', kind: 'print' })
  const folder = join(lobby.data, 'pulls', 'lobby')
  const arrived = () => readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  await until('half of it is on the disk', () => arrived() === first)
  await lobby.process.kill()
  isCut = false
  const again = await lobby.startAgain()
  processes.push(again)
  on = String((await again.nextEvent('agent.ready'))['url'])
  const outOf = async () => Number(/cut .*?(\d+) pages? out/.exec(await wordsOf(on))?.[1] ?? 0)
  await until('it is being printed', async () => (await outOf()) > 1)
  assert.equal(library.of('/cut').at(-1)?.headers.range, `bytes=${first}-`)
  assert.equal(library.of('/cut').at(-1)?.headers['if-range'], etag)
  await again.kill()
  const third = await lobby.startAgain()
  processes.push(third)
  on = String((await third.nextEvent('agent.ready'))['url'])
  await says(on, /The cut shelf: cut Printed: 8 pages\./)
  assert.equal(pagesOut(lobby.data, 'lobby'), before + 8)
  assert.equal(library.of('/cut').length, 2)
})

test('A14 what is printed so can be cancelled like any other document', async () => {
  await press(on, '/pull', { service: 'cut', kind: 'print' })
  await until('it is being printed', async () => /pages? out/.test(await wordsOf(on)))
  await press(on, '/cancel-job')
  await says(on, /The cut shelf: cut Its printing was cancelled\./)
})

test('A14 what is hostile or broken is told in words, and touches neither disk nor anybody else', async () => {
  library.answer('/huge', (response) => {
    response.writeHead(200, { 'content-type': 'application/pdf', 'content-length': 10_000_000_000 }).write('%PDF')
  })
  const name = "attachment; filename*=UTF-8''..%2F..%2F%E2%80%AEetc%2Fpass%00wd"
  library.answer('/liar', give(makePdf(1), 'application/pdf', { 'content-disposition': name }))
  library.answer('/moved', (response) => {
    response.writeHead(302, { location: `${elsewhere.url}/there` }).end()
  })
  elsewhere.answer('/there', give(makePdf(1), 'application/pdf'))
  library.answer('/word', give(Buffer.from('PK'), 'application/msword'))
  let isDown = true
  library.answer('/broken', (response, request, asked) => {
    if (!isDown) return give(makePdf(1), 'application/pdf')(response, request, asked)
    response.writeHead(500, { 'retry-after': '1', 'content-type': 'application/json' })
    response.end('{"message": "Come <b>back</b> later"}')
  })
  library.answer('/nothing', (response) => {
    response.writeHead(204).end()
  })
  const cases: [string, RegExp][] = [
    ['huge', /The huge shelf It did not work\. It is larger than 268 MB/],
    [
      'word',
      /The word shelf It did not work\. The service sent application\/msword, which this device does not print\./,
    ],
    ['nothing', /The nothing shelf There is nothing for this device\./],
    [
      'broken',
      /The broken shelf Is being fetched The service answered HTTP 500\. It says: “Come <b>back<\/b> later” It is tried again/,
    ],
  ]
  for (const [service, words] of cases) {
    await press(off, '/pull', { service, kind: 'keep' })
    await says(off, words)
  }
  isDown = false
  for (const service of ['liar', 'moved']) await press(off, '/pull', { service, kind: 'keep' })
  await says(off, /Kept here.* pass wd /)
  await says(off, /Kept here.* there /)
  await says(off, /Kept here.* broken /)
  assert.equal(elsewhere.of('/there').length, 1)
  assert.equal(elsewhere.of('/there')[0]?.headers.authorization, undefined)
})

test('A14 killed in the middle of a file of nginx, as anybody has it: the rest is asked for, and it is kept whole', async () => {
  const folder = scene.use(await openFolder())
  const port = await findFreePort()
  const content = makePdf(1, 1_000_000)
  await writeFile(join(folder.path, 'large.pdf'), content)
  await writeFile(
    join(folder.path, 'nginx.conf'),
    `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${folder.path}/nginx.pid; events {}
     http {
       log_format served '$status $http_range';
       access_log ${folder.path}/access.log served;
       client_body_temp_path ${folder.path}/body; proxy_temp_path ${folder.path}/proxy;
       fastcgi_temp_path ${folder.path}/f; uwsgi_temp_path ${folder.path}/u; scgi_temp_path ${folder.path}/s;
       types { application/pdf pdf; }
       server { listen 127.0.0.1:${port}; root ${folder.path}; limit_rate 400k; }
     }`,
  )
  const nginx = ['-p', folder.path, '-c', join(folder.path, 'nginx.conf'), '-e', join(folder.path, 'error.log')]
  const server = scene.use(await startProcess('/usr/sbin/nginx', nginx))
  await untilItListens('nginx', server, port)
  library.answer('/nginx', (response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${port}/large.pdf` }).end()
  })
  const started = processes.at(-1) ?? assert.fail()
  await press(on, '/pull', { service: 'nginx', kind: 'keep' })
  const work = join(lobby.data, 'pulls', 'lobby')
  const arrived = () => readdirSync(work).reduce((sum, name) => sum + statSync(join(work, name)).size, 0)
  await until('some of it is there', () => arrived() > 100_000)
  await started.kill()
  const again = await lobby.startAgain()
  processes.push(again)
  on = String((await again.nextEvent('agent.ready'))['url'])
  await says(on, /Kept here large\.pdf 1\.0 MB/)
  const [kept = ''] = readdirSync(join(lobby.data, 'content', 'lobby'))
  assert.deepEqual(readFileSync(join(lobby.data, 'content', 'lobby', kept)), Buffer.from(content))
  assert.match(readFileSync(join(folder.path, 'access.log'), 'utf8'), /^206 bytes=\d{6,}-$/m)
})
