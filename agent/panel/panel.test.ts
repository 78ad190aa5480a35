/** The panel page over real HTTP: who may see it, who may switch, and in which language. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { test } from 'node:test'
import { silentLog, systemClock } from '@fairlead/base'
import type { Json } from '@fairlead/protocol/contract'
import { wordsOf } from '../../testkit/panel-page.ts'
import type { DeviceView } from '../device-view.ts'
import type { Pull } from '../pull/pull.ts'
import type { PullOfDevice } from '../pull/pull-view.ts'
import { openPanel } from './panel.ts'

const objects: Record<string, Json> = {
  name: 'Front <b>desk</b>',
  alerts: ['low-toner'],
  pages: { value: 34910, unit: 'impressions' },
  supplies: [
    {
      index: 1,
      description: 'Black',
      type: 'toner',
      color: 'black',
      level: 8,
      capacity: 100,
      unit: 'percent',
      percent: 8,
    },
    {
      index: 2,
      description: 'Waste',
      type: 'waste-toner',
      color: null,
      level: 'some',
      capacity: 'other',
      percent: null,
    },
  ],
}

const nothing: PullOfDevice = { services: [], lacksScanner: false, pulls: [], contents: [] }
const noPull: Pull = {
  touch() {},
  upload: () => '',
  sayOfScan() {},
  find: () => undefined,
  view: () => nothing,
  giveUp() {},
  dismiss() {},
  printContent() {},
  deleteContent() {},
  forget() {},
  start() {},
  stop: async () => {},
}

/** Those have tests of their own, at a device. */
const programs = {
  ...{ view: () => ({ offered: [], ageSeconds: undefined, run: undefined }), look() {} },
  ...noTouch(),
}

function noTouch() {
  const fail = () => assert.fail()
  const touches = { touch: fail, agree: fail, answer: fail, tryAgain: fail, cancel: fail, close: fail, settled: fail }
  return { ...touches, start: fail, hurry: fail, forget: fail, stop: fail }
}

async function openTestPanel(view: Partial<DeviceView> = {}, told: Record<string, Json> | null = objects) {
  const switched: boolean[] = []
  const pressed: string[] = []
  const shown: DeviceView = {
    id: 'lobby',
    relay: 'https://relay.example',
    sessionMaintenance: true,
    standing: { state: 'online' },
    standingSinceMs: 1_700_000_000_000,
    waitsForConfirmation: false,
    mayPrintPage: false,
    mayPrintPin: false,
    pairing: undefined,
    mayPairAgain: false,
    mayReset: false,
    resetDueAt: undefined,
    hasWalkUps: false,
    refusedKey: undefined,
    jobs: [],
    ...view,
  }
  const device = {
    programs,
    view: () => shown,
    objects: async () => told ?? undefined,
    switchMode: (on: boolean) => void switched.push(on),
    confirm() {
      shown.waitsForConfirmation = false
    },
    async printPage() {
      pressed.push('print-page')
    },
    async printPin() {
      pressed.push('print-pin')
    },
    pageInTray: async () => (pressed.includes('print-page') ? 'RIVER <4827>' : undefined),
    press: () => void pressed.push('press'),
    hand: (code: string) => void pressed.push(code),
    pairAgain: () => void pressed.push('pair-again'),
    walkUps: undefined,
    cancelJob: (id: string) => void pressed.push(`cancel ${id}`),
    async reset() {
      pressed.push('reset')
    },
    pull: noPull,
  }
  const panel = await openPanel('127.0.0.1:0', device, { clock: systemClock, log: silentLog })
  const tokenOf = async (path = '/') =>
    /name="token" value="([^"]+)"/.exec(await (await fetch(panel.url + path)).text())?.[1] ?? ''
  const post = (form: Record<string, string>, headers: Record<string, string> = {}, path = '/mode') =>
    fetch(panel.url + path, { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' })
  const close = () => panel[Symbol.asyncDispose]()
  return { url: panel.url, shown, switched, pressed, post, tokenOf, [Symbol.asyncDispose]: close }
}

/** With a `Host` of its own, which fetch does not let one choose. */
async function statusFor(url: string, host: string): Promise<number | undefined> {
  const request = http.get(url, { headers: { host } })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  response.resume()
  return response.statusCode
}

test('the page says state, relay, supplies and alerts, and what a device says is text', async () => {
  await using panel = await openTestPanel()
  const page = await (await fetch(panel.url)).text()
  for (const words of ['Online', 'https://relay.example', '8 %', 'some left', 'Low toner', '34910'])
    assert.ok(page.includes(words), words)
  assert.ok(page.includes('Front &lt;b&gt;desk&lt;/b&gt;'))
  assert.ok(!page.includes('<b>desk'))
})

test('N7 of a printer with another key the page says what was expected, what is shown and how it is accepted, which is not here', async () => {
  const refusedKey = { at: '<b>host', expected: `SHA256:${'1'.repeat(64)}`, shown: `SHA256:${'2'.repeat(64)}` }
  await using panel = await openTestPanel({ refusedKey: { ...refusedKey, isNamed: false } })
  const words = await wordsOf(panel.url)
  for (const each of [...Object.values(refusedKey), `fairlead agent trust ${refusedKey.shown}`])
    assert.ok(words.includes(each), words)
  assert.match(await wordsOf(panel.url, 'ja'), /プリンターには何も送られていません/)
})

test('the page speaks Japanese to a browser that prefers it, and English once that was chosen', async () => {
  await using panel = await openTestPanel()
  const headers = { 'accept-language': 'de, ja;q=0.8, en;q=0.3' }
  assert.match(await (await fetch(panel.url, { headers })).text(), /<html lang="ja">[\s\S]*セッション維持/)
  const choice = await fetch(`${panel.url}/?lang=en`, { headers, redirect: 'manual' })
  assert.equal(choice.status, 303)
  const cookie = choice.headers.get('set-cookie')?.split(';')[0] ?? ''
  assert.match(await (await fetch(panel.url, { headers: { ...headers, cookie } })).text(), /<html lang="en">/)
})

test('every reason is said in both languages, with what went wrong', async () => {
  const standing = { state: 'offline', reason: 'unreachable', trouble: { kind: 'dns', host: 'relay.example' } } as const
  await using panel = await openTestPanel({ standing: { ...standing, retryInMs: 4000 } })
  assert.match(await (await fetch(panel.url)).text(), /cannot be reached.*relay\.example is not found.*within 4 s/)
  const japanese = await (await fetch(panel.url, { headers: { 'accept-language': 'ja' } })).text()
  assert.match(japanese, /接続できません.*relay\.example が見つかりません.*4秒以内/)
})

test('a device that does not answer is told as that, and the page is there all the same', async () => {
  await using panel = await openTestPanel({}, null)
  assert.match(await (await fetch(panel.url)).text(), /The device does not answer/)
})

test('the switch works with a plain form and no script', async () => {
  await using panel = await openTestPanel()
  const answer = await panel.post({ token: await panel.tokenOf(), mode: 'off' })
  assert.equal(answer.status, 303)
  assert.deepEqual(panel.switched, [false])
})

test('a form without the token, or of another site, switches nothing', async () => {
  await using panel = await openTestPanel()
  const token = await panel.tokenOf()
  const refused = [
    panel.post({ mode: 'off' }),
    panel.post({ token: 'x'.repeat(token.length), mode: 'off' }),
    panel.post({ token, mode: 'off' }, { origin: 'http://evil.example' }),
    panel.post({ token, mode: 'off' }, { 'sec-fetch-site': 'cross-site' }),
  ]
  for (const answer of await Promise.all(refused)) assert.equal(answer.status, 403)
  assert.deepEqual(panel.switched, [])
})

const shownPin = { state: 'waiting', pin: '12345678', doubts: [], refused: 'network', trouble: undefined } as const

test('C1 a device without an owner shows its PIN and why a try did not match, in both languages', async () => {
  const standing = { state: 'connecting', reason: 'unpaired' } as const
  await using panel = await openTestPanel({ standing, pairing: shownPin })
  const page = await (await fetch(panel.url)).text()
  for (const words of ['1234</span> <span>5678', 'https://relay.example', 'in another network'])
    assert.ok(page.includes(words), words)
  const headers = { 'accept-language': 'ja' }
  assert.match(await (await fetch(panel.url, { headers })).text(), /別のネットワークから/)
  assert.doesNotMatch(page, /print-pin/, 'one that cannot be printed has no button for it')
  panel.shown.mayPrintPin = true
  assert.match(await (await fetch(panel.url)).text(), /Print this PIN/)
  assert.equal((await panel.post({ token: await panel.tokenOf() }, {}, '/print-pin')).status, 303)
  assert.deepEqual(panel.pressed, ['print-pin'])
})

test('C1 until the relay knows of a PIN the page says that one is asked for, in both languages, and shows it by itself then', async () => {
  const beginning = { ...shownPin, state: 'beginning', pin: undefined, refused: undefined } as const
  await using panel = await openTestPanel({ pairing: beginning })
  const read = async (headers = {}) => await (await fetch(`${panel.url}/inside`, { headers })).text()
  assert.match(await read(), /<h2>PIN<\/h2>\s*<p>One moment: a PIN is being asked for\.<\/p>/)
  assert.doesNotMatch(await read(), /class="digits"|type this PIN/)
  assert.match(await read({ 'accept-language': 'ja' }), /PINを取得しています/)
  // What the page asks for every 3 seconds.
  panel.shown.pairing = shownPin
  assert.match(await read(), /1234<\/span> <span>5678[\s\S]*type this PIN/)
  panel.shown.pairing = { ...beginning, trouble: { kind: 'dns', host: 'relay.example' } }
  assert.match(await read(), /relay\.example is not found/)
  assert.doesNotMatch(await read(), /One moment/)
})

test('C3 it asks for a press where the evidence is weak, and says why', async () => {
  await using panel = await openTestPanel({ pairing: { ...shownPin, state: 'press-needed', doubts: ['carrier-nat'] } })
  const page = await (await fetch(panel.url)).text()
  assert.match(page, /Is that you\?[\s\S]*Your provider/)
  assert.equal((await panel.post({ token: await panel.tokenOf() }, {}, '/press')).status, 303)
  assert.equal((await panel.post({ token: 'wrong' }, {}, '/press')).status, 403)
  assert.deepEqual(panel.pressed, ['press'])
})

test('C5 the page of the link hands its code to the device after a press, and nobody else’s form does', async () => {
  await using panel = await openTestPanel({ pairing: shownPin })
  const page = await (await fetch(`${panel.url}/pair`)).text()
  assert.match(page, /Connect[\s\S]*https:\/\/relay\.example/)
  const token = await panel.tokenOf('/pair')
  const refused = [
    panel.post({ code: 'c' }, {}, '/pair'),
    panel.post({ token, code: 'c' }, { origin: 'http://evil.example' }, '/pair'),
  ]
  for (const answer of await Promise.all(refused)) assert.equal(answer.status, 403)
  for (const code of ['', 'x'.repeat(129)]) assert.equal((await panel.post({ token, code }, {}, '/pair')).status, 400)
  assert.equal((await panel.post({ token, code: 'one-time' }, {}, '/pair')).status, 303)
  assert.deepEqual(panel.pressed, ['one-time'])
})

test('a page that no terminal could reach says so, and one that has an owner shows no PIN', async () => {
  await using alone = await openTestPanel({ pairing: { state: 'no-address', listen: '[::]' } })
  assert.match(await (await fetch(alone.url)).text(), /--listen \[::\]:PORT/)
  await using exposed = await openTestPanel({ pairing: { state: 'no-local-network' } })
  const page = await (await fetch(exposed.url)).text()
  assert.match(page, /no address of a local network[^<]*--code CODE/)
  assert.doesNotMatch(page, /--listen/)
  await using owned = await openTestPanel()
  assert.match(await (await fetch(`${owned.url}/pair`)).text(), /has an owner already/)
})

test('S-R4 a reset is folded away, says what it takes, and until when its owner may object', async () => {
  await using owned = await openTestPanel({ mayReset: true })
  const page = await (await fetch(owned.url)).text()
  assert.match(page, /<details>[\s\S]*Its owner is told[\s\S]*Reset this device/)
  assert.equal((await owned.post({ token: await owned.tokenOf() }, {}, '/reset')).status, 303)
  assert.deepEqual(owned.pressed, ['reset'])
  await using asked = await openTestPanel({ mayReset: true, resetDueAt: '2026-11-29T12:00:00.000Z' })
  const after = await (await fetch(asked.url)).text()
  assert.ok(after.includes('may object until') && !after.includes('Reset this device'))
  await using nobodys = await openTestPanel()
  assert.ok(!(await (await fetch(nobodys.url)).text()).includes('Factory reset'))
})

test('a foreign name in Host is refused (DNS rebinding)', async () => {
  await using panel = await openTestPanel()
  const port = new URL(panel.url).port
  for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example'])
    assert.ok([400, 421].includes((await statusFor(panel.url, host)) ?? 0), host)
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, '192.0.2.7', '[::1]'])
    assert.equal(await statusFor(panel.url, host), 200, host)
})

test('the page may load nothing from elsewhere, run no inline script, and be framed by nobody', async () => {
  await using panel = await openTestPanel()
  const answer = await fetch(panel.url)
  const policy = answer.headers.get('content-security-policy') ?? ''
  for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"])
    assert.ok(policy.includes(rule))
  const page = await answer.text()
  assert.doesNotMatch(page, /<script(?![^>]*src=)|\sstyle=|\son\w+=/)
  assert.equal((await fetch(`${panel.url}/panel.js`)).headers.get('content-type'), 'text/javascript; charset=utf-8')
})

test('/state is the same as JSON', async () => {
  await using panel = await openTestPanel({ sessionMaintenance: false, standing: { state: 'off' } })
  const state = (await (await fetch(`${panel.url}/state`)).json()) as Record<string, unknown>
  assert.deepEqual(
    { ...state, objectsAgeSeconds: 0 },
    {
      id: 'lobby',
      relay: 'https://relay.example',
      sessionMaintenance: false,
      state: 'off',
      reason: null,
      stateSinceAt: '2023-11-14T22:13:20.000Z',
      objects,
      objectsAgeSeconds: 0,
    },
  )
})

test('B5 who is claimed and can print has a button for the page, which lies in the tray then; what is on it is text', async () => {
  await using cannot = await openTestPanel({ waitsForConfirmation: true })
  assert.ok(!(await (await fetch(cannot.url)).text()).includes('/print-page'))
  await using panel = await openTestPanel({ waitsForConfirmation: true, mayPrintPage: true })
  assert.match(await (await fetch(panel.url)).text(), /Print the confirmation page/)
  assert.equal((await panel.post({ token: await panel.tokenOf() }, {}, '/print-page')).status, 303)
  assert.deepEqual(panel.pressed, ['print-page'])
  assert.match(await (await fetch(panel.url)).text(), /In the tray<\/h2><pre[^>]*>RIVER &lt;4827&gt;/)
})

test('M1 documents in hand are shown by their names, as text, and each can be given up at the device', async () => {
  const job = { user: 'ann', pages: 3, isUnwanted: false, reason: 'The printer cannot go on: all trays are empty.' }
  const jobs = [
    { ...job, id: 'a1', name: '<b>Report</b>.pdf', state: 'executing' as const },
    { ...job, id: 'b2', name: undefined, state: 'waiting' as const, pages: undefined, reason: undefined },
    { ...job, id: 'c3', name: 'given up', state: 'executing' as const, isUnwanted: true },
  ]
  await using panel = await openTestPanel({ jobs })
  const page = await (await fetch(panel.url)).text()
  for (const words of ['&lt;b&gt;Report&lt;/b&gt;.pdf', 'ann · printing · 3 pages out', 'all trays are empty', 'b2'])
    assert.ok(page.includes(words), words)
  assert.equal(page.match(/action="\/cancel-job"/g)?.length, 2)
  assert.equal((await panel.post({ token: 'wrong', job: 'a1' }, {}, '/cancel-job')).status, 403)
  assert.equal((await panel.post({ token: await panel.tokenOf(), job: 'a1' }, {}, '/cancel-job')).status, 303)
  assert.deepEqual(panel.pressed, ['cancel a1'])
})

test('a taken address is told in one sentence', async () => {
  await using panel = await openTestPanel()
  const listen = new URL(panel.url).host
  const fail = () => assert.fail()
  const device = {
    programs,
    view: fail,
    objects: fail,
    switchMode: fail,
    confirm: fail,
    printPage: fail,
    printPin: fail,
    pageInTray: fail,
    press: fail,
    hand: fail,
    pairAgain: fail,
    reset: fail,
    cancelJob: fail,
    pull: noPull,
    walkUps: undefined,
  }
  await assert.rejects(openPanel(listen, device, { clock: systemClock, log: silentLog }), /another program has it/)
})
