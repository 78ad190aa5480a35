/** H1 at the device: it sleeps for real, wakes when somebody comes, asks who they are, and only then what waits for them. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import decodeQR from 'qr/decode.js'
import { untilState } from './device-look.ts'
import { makePdf } from './documents.ts'
import { openMosquitto } from './mosquitto.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { invite, tokenOf } from './person.ts'
import { findFreePort } from './ports.ts'
import { findJob, mustSendJob, pagesOf, untilJob } from './print-jobs.ts'
import { openRecordingDoor } from './recording-door.ts'
import { until } from './until.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const { url, service } = street
const { person: ann } = await invite(url, service, { email: 'ann@example.com', role: 'operator' })
const { person: ben } = await invite(url, service, { email: 'ben@example.com', role: 'operator' })
const pinOf = async (person: typeof ann) =>
  Object((await person.post('/v1/release-codes', { kind: 'pin' })).body).pin as string
const door = await openRecordingDoor(url)
after(() => door[Symbol.asyncDispose]())
const sensorPort = await findFreePort()
const sensor = `http://127.0.0.1:${sensorPort}/somebody`
const agent = await street.openAgent({
  id: 'hall',
  relayUrl: door.url,
  agent: ['--listen', '127.0.0.1:0', '--walk-up', sensor, '--sleep-after', '2'],
})
let { process } = agent
let { pid, url: panelUrl } = readyOf(process.output().stdout)

function readyOf(stdout: string): { pid: number; url: string } {
  const line = stdout.split('\n').find((each) => each.includes('"agent.ready"')) ?? '{}'
  return JSON.parse(line)
}

/** The TCP and UDP sockets that the process really has, by their local port. */
function portsOf(id: number): number[] {
  const own = new Set(
    readdirSync(`/proc/${id}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${id}/fd/${fd}`))?.[1] ?? []
      } catch {
        // Closed since it was listed.
        return []
      }
    }),
  )
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((kind) =>
    readFileSync(`/proc/${id}/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => own.has(fields[9] ?? ''))
      .map((fields) => Number.parseInt(fields[1]?.split(':').at(-1) ?? '', 16)),
  )
}

const controlPort = (): number => JSON.parse(readFileSync(`${agent.data}/control.json`, 'utf8')).port

const approach = () => fetch(sensor, { method: 'POST' })

/** What somebody at the panel does: a browser without script, with its cookie. */
function openVisitor(page = () => panelUrl) {
  let cookie = ''
  const look = async () => {
    const answer = await fetch(`${page()}/walk-up`, { headers: { cookie } })
    return await answer.text()
  }
  const press = async (path: string, form: [string, string][]) => {
    const token = /name="token" value="([^"]+)"/.exec(await look())?.[1] ?? ''
    const body = new URLSearchParams([['token', token], ...form])
    const answer = await fetch(page() + path, { method: 'POST', headers: { cookie }, body, redirect: 'manual' })
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    return await answer.text()
  }
  const untilShown = (words: RegExp) =>
    until(`the panel says ${words}`, async () => {
      const page = await look()
      return words.test(page) && page
    })
  return { look, press, untilShown }
}

async function untilAsleep(): Promise<void> {
  await untilState(service, 'hall', 'asleep')
  await until('only the sensor is open', () => portsOf(pid).length === 2)
}

test('H1 with nothing to do it sleeps: the relay knows, and no socket is open but that of its sensor', async () => {
  const { reason } = await process.nextEvent('device.offline')
  assert.equal(reason, 'asleep')
  await untilAsleep()
  // The agent's orders come over loopback from this machine alone; nothing of the network is left.
  assert.deepEqual(new Set(portsOf(pid)), new Set([sensorPort, controlPort()]))
  await assert.rejects(fetch(panelUrl))
  const before = door.calls.length
  // Longer than counters are looked at, survival notifications sent and answers waited for when they are this short.
  const enoughAt = Date.now() + 1500
  await until('a while is over', () => Date.now() > enoughAt)
  assert.deepEqual(door.calls.slice(before), [])
})

test('H1 whoever comes gets a page at once and, by their PIN, their documents and nobody else’s', async (t) => {
  const forAnn = (name: string) =>
    mustSendJob(street, 'hall', makePdf(2), `release=person&for=ann@example.com&name=${name}`)
  const [letter, draft] = [await forAnn('letter'), await forAnn('draft')]
  const secretJob = await mustSendJob(street, 'hall', makePdf(1), 'release=person&for=ben@example.com&name=for-ben')
  const [annsPin, bensPin] = [await pinOf(ann), await pinOf(ben)]
  const callsBefore = door.calls.length
  const approachedAt = performance.now()
  assert.equal((await approach()).status, 202)
  const visitor = openVisitor()
  assert.match(await until('the page', () => visitor.look().catch(() => undefined)), /Your documents/)
  const approachToPanelMs = Math.round(performance.now() - approachedAt)
  t.diagnostic(JSON.stringify({ approachToPanelMs }))
  assert.ok(approachToPanelMs < 15_000)
  assert.equal((await approach()).status, 202, 'a second one does no harm')

  // At once, most likely before the session is there: it goes on by itself.
  await visitor.press('/walk-up', [['code', '00000000']])
  await visitor.untilShown(/not known here/)
  await process.nextEvent('device.online')
  const asked = (calls: readonly string[]) =>
    calls.filter((call) => /walk-ups\/.*\/jobs$|\/device\/v1\/jobs/.test(call))
  assert.deepEqual(asked(door.calls.slice(callsBefore)), [], 'nobody is known, and nothing is asked for')

  await visitor.press('/walk-up', [['code', annsPin]])
  const page = await visitor.untilShown(/letter/)
  assert.match(page, /ann@example\.com/)
  assert.equal(page.match(/type="checkbox"[^>]*checked/g)?.length, 2)
  assert.ok(!page.includes('for-ben'))
  const other = openVisitor()
  assert.ok(!(await other.look()).includes('letter'), 'another browser sees nothing of it')
  assert.match(await other.press('/walk-up', [['code', bensPin]]), /Somebody else is using/)

  assert.match(
    await visitor.press('/walk-up/choose', [
      ['do', 'ask'],
      ['job', draft],
    ]),
    /Delete this document\?/,
  )
  assert.equal((await findJob(street, draft)).state, 'waiting')
  await visitor.press('/walk-up/choose', [
    ['do', 'delete'],
    ['job', draft],
  ])
  assert.equal((await findJob(street, draft)).state, 'cancelled')
  await visitor.press('/walk-up/choose', [
    ['do', 'print'],
    ['job', letter],
    ['job', secretJob],
  ])
  await visitor.untilShown(/is being printed/)
  assert.equal((await untilJob(street, letter, 'done')).pagesDone, 2)
  assert.equal((await findJob(street, secretJob)).state, 'waiting')
  await visitor.press('/walk-up/choose', [['do', 'leave']])
  assert.ok(!/ann@example/.test(await visitor.look()))

  await other.press('/walk-up', [['code', bensPin]])
  await other.untilShown(/for-ben/)
  await other.press('/walk-up/choose', [['do', 'leave']])
})

test('H1 it sleeps again, and what comes then waits; killed meanwhile it starts awake, and says so', async () => {
  await untilAsleep()
  const jobId = await mustSendJob(street, 'hall', makePdf(1), 'name=later')
  assert.equal((await findJob(street, jobId)).state, 'waiting')
  const connection = connect(Number(new URL(panelUrl).port), '127.0.0.1')
  await new Promise((refused) => connection.once('error', refused))
  await process.kill()
  assert.equal((await untilState(service, 'hall', 'asleep')).state, 'asleep')
  process = await agent.startAgain()
  await process.nextEvent('device.online')
  ;({ pid, url: panelUrl } = readyOf(process.output().stdout))
  await untilState(service, 'hall', 'online')
  await untilJob(street, jobId, 'done')
  // It may be about to sleep again.
  await approach()
  const phone = openVisitor()
  await phone.press('/walk-up', [['phone', 'yes']])
  assert.match(await phone.untilShown(/Scan this/), /<svg class="qr"/)
  await phone.press('/walk-up/choose', [['do', 'leave']])
  await untilAsleep()
})

/** As a telephone's camera sees it. */
function readQr(page: string): string {
  const [, side = '', path = ''] = /<svg class="qr"[^>]*viewBox="0 0 (\d+) \d+".*?<path d="([^"]+)"/s.exec(page) ?? []
  const [scale, modules] = [4, Number(side)]
  const width = modules * scale
  const data = new Uint8Array(width * width * 4).fill(255)
  for (const [, x = '', y = ''] of path.matchAll(/M(\d+) (\d+)h1v1h-1z/g))
    for (let row = 0; row < scale; row++)
      for (let column = 0; column < scale; column++)
        data.set([0, 0, 0], ((Number(y) * scale + row) * width + Number(x) * scale + column) * 4)
  return decodeQR({ width, height: width, data })
}

test('H1 a telephone reads the code that the panel shows, says who it is, and what waited is on paper', async () => {
  const jobId = await mustSendJob(street, 'hall', makePdf(2), 'release=person&for=ann@example.com&name=contract')
  await approach()
  const visitor = openVisitor()
  await untilState(service, 'hall', 'online')
  const pagesBefore = await pagesOf(street, 'hall')
  await visitor.press('/walk-up', [['phone', 'yes']])
  const shown = readQr(await visitor.untilShown(/Scan this/))
  // What the console does there, in the calls that it makes.
  const token = tokenOf(shown)
  assert.equal(Object((await ann.post('/v1/walk-ups/look', { token })).body).device, 'hall')
  assert.equal((await findJob(street, jobId)).state, 'waiting')
  assert.equal((await ann.post('/v1/walk-ups/confirm', { token })).status, 200)
  assert.match(await visitor.untilShown(/contract/), /ann@example\.com/)
  await visitor.press('/walk-up/choose', [
    ['do', 'print'],
    ['job', jobId],
  ])
  assert.equal((await untilJob(street, jobId, 'done')).pagesDone, 2)
  assert.equal(await pagesOf(street, 'hall'), pagesBefore + 2)
  await visitor.press('/walk-up/choose', [['do', 'leave']])
})

test('H1 the relay is away while it falls asleep: it sleeps all the same, and is asleep there once the relay is back', async () => {
  // It may be about to sleep already.
  await approach()
  await untilState(service, 'hall', 'online')
  await street.relay().kill()
  await until('it sleeps', () => process.output().stdout.trim().split('\n').at(-1)?.includes('"asleep"'))
  await until('only the sensor is open', () => portsOf(pid).length === 2)
  assert.match(process.output().stderr, /"power\.not-said"/)
  await street.restartRelay('SIGKILL')
  await untilAsleep()
  // Once it is heard it is silent.
  const before = door.calls.length
  const enoughAt = Date.now() + 1500
  await until('a while is over', () => Date.now() > enoughAt)
  assert.deepEqual(door.calls.slice(before), [])
  await approach()
  await untilState(service, 'hall', 'online')
})

test('H1 an MQTT sensor sees somebody, whose badge is read: from its sleep to the first page on paper; left alone it forgets them', async (t) => {
  await using broker = await openMosquitto()
  const cellar = await street.openAgent({
    id: 'cellar',
    relayUrl: door.url,
    agent: [
      '--listen',
      '127.0.0.1:0',
      '--walk-up',
      `${broker.url}/cellar/presence`,
      '--sleep-after',
      '2',
      '--leave-after',
      '8',
    ],
  })
  const { url: page } = readyOf(cellar.process.output().stdout)
  const { status } = await ann.post('/v1/release-codes', { kind: 'badge', badge: 'CARD-0042' })
  assert.equal(status, 201)
  const jobId = await mustSendJob(street, 'cellar', makePdf(3), 'release=person&for=ann@example.com&name=invoice')
  await untilState(service, 'cellar', 'asleep')
  await until('the page is dark', () =>
    fetch(page).then(
      () => false,
      () => true,
    ),
  )

  const approachedAt = performance.now()
  await broker.say('cellar/presence', '{"presence": true}')
  const visitor = openVisitor(() => page)
  await until('the page', () => visitor.look().catch(() => undefined))
  await visitor.press('/walk-up', [['code', 'CARD-0042']])
  await visitor.untilShown(/invoice/)
  await visitor.press('/walk-up/choose', [
    ['do', 'print'],
    ['job', jobId],
  ])
  await until('the first page', async () => ((await findJob(street, jobId)).pagesDone ?? 0) > 0)
  const approachToFirstPageMs = Math.round(performance.now() - approachedAt)
  t.diagnostic(JSON.stringify({ approachToFirstPageMs }))
  assert.ok(approachToFirstPageMs < 15_000)
  assert.equal((await untilJob(street, jobId, 'done')).pagesDone, 3)

  // They go, and press nothing: their page is loaded again by itself when they have left, and says nothing of them.
  const calls = door.calls.length
  assert.match(await visitor.untilShown(/ann@example/), /<meta http-equiv="refresh" content="9;url=\/walk-up">/)
  await until('they have left', async () => !/ann@example/.test(await visitor.look().catch(() => '')))
  await until('the relay knows', () =>
    door.calls.slice(calls).some((call) => call.startsWith('DELETE /device/v1/walk-ups/')),
  )
  await untilState(service, 'cellar', 'asleep')
})
