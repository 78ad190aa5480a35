/** L1 from the panel: a touch launches a program, one touch runs it from then on, and whatever goes wrong is told in words. */
import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { type Browser, chromium } from 'playwright-core'
import { startAgent } from './agent-command.ts'
import { chromiumHere } from './browser.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { press, readPanel, wordsOf } from './panel-page.ts'
import type { StartedProcess } from './process.ts'
import { answerForm } from './program-form.ts'
import { openProgramService } from './program-service.ts'
import { until } from './until.ts'

await using building = new AsyncDisposableStack()
const street = building.use(await openNeighbourhood({ relay: ['--webhook-networks', '127.0.0.1'] }))
const host = building.use(await openProgramService())
const lobby = await street.openAgent({
  id: 'lobby',
  driver: 'virtual?location=2nd%20floor',
  agent: ['--listen', '127.0.0.1:0'],
})
const scene = building.move()
after(() => scene.disposeAsync())
const { service } = street
let agent = lobby.process
let page = await pageOf(agent)

const done = { done: { title: 'It is printed', lines: ['Look in the tray.', '<b>Thank you</b>'] } }
beforeEach(() => {
  host.decide = ({ type }) => (type === 'run' ? done : {})
})

async function pageOf(process: StartedProcess): Promise<string> {
  return String((await process.nextEvent('agent.ready'))['url'])
}

async function offer(program: string, more: object = {}): Promise<void> {
  const { status, body } = await service.post('/v1/programs', { program, title: program, url: host.url, ...more })
  assert.equal(status, 201, JSON.stringify(body))
  host.trust(Object(body).secret)
  await tilesChange()
  await until('it has a tile', async () => (await readPanel(page)).includes(`name="program" value="${program}"`))
}

/** The panel asks at most every half minute: a relay that comes back makes it ask at once. */
async function tilesChange(): Promise<void> {
  for (const on of [false, true]) await switchMode(on)
}

async function switchMode(on: boolean): Promise<void> {
  await press(page, '/mode', { mode: on ? 'on' : 'off' })
  const wanted = on ? 'online' : 'off'
  await until(
    `the device is ${wanted}`,
    async () => Object(await (await fetch(`${page}/state`)).json()).state === wanted,
  )
}

const shows = (words: RegExp) => until(`the panel says ${words}`, async () => words.test(await wordsOf(page)) || false)
const runsOf = (program: string) =>
  host.received.flatMap(({ id, call }) => (call.program === program && call.type === 'run' ? [{ id, call }] : []))

test('L1 the first touch shows what the program will be told; the next one runs it; what it says is text', async () => {
  await offer('today', { title: 'Today <i>now</i>', description: 'Prints it', asks: ['model', 'location', 'tray.9'] })
  await shows(/Programs told just now Today <i>now<\/i> Prints it/)
  assert.equal(await press(page, '/program', { program: 'today' }), 303)
  await shows(/Launch Today <i>now<\/i>\? This program will be told: Model .* Location 2nd floor/)
  assert.equal(host.received.length, 0, 'nothing is told before')
  assert.equal(await press(page, '/program-agree'), 303)
  await shows(/It is printed Look in the tray\. <b>Thank you<\/b>/)
  assert.doesNotMatch(await readPanel(page), /<i>now|<b>Thank/)
  const [launched, ran] = host.received.map(({ call }) => call)
  assert.deepEqual([launched?.type, ran?.type], ['launch', 'run'])
  assert.deepEqual(
    Object.keys(launched?.values ?? {}).sort(),
    ['location', 'model'],
    'what it asked for and the device has',
  )
  assert.deepEqual(ran?.values, launched?.values)
  await press(page, '/program-close')

  await press(page, '/program', { program: 'today' })
  await shows(/It is printed/)
  const [first, second] = runsOf('today')
  assert.equal(host.received.length, 3, 'one call, and that is the run')
  assert.deepEqual(second?.call.values, first?.call.values)
  assert.notEqual(Object(second?.call).runId, Object(first?.call).runId)
  await press(page, '/program-close')
  assert.match(await wordsOf(page), /Supplies/)
  assert.match(await readPanel(page, 'ja'), /プログラム/)
})

test('L1 it asks, and is answered; not now and cancel leave nothing; after a restart from its folder alone one touch is enough', async () => {
  await offer('ask', { asks: ['serial'] })
  const fields = [
    { name: 'to', label: 'Address', type: 'email', value: 'ann@example.com' },
    { name: 'paper', label: 'Paper', type: 'choice', choices: ['A4', 'A3'], value: 'A3' },
    { name: 'place', label: 'Place', type: 'choice', choices: ['a', 'b', 'c', 'd', 'e'] },
  ]
  host.decide = (call) => {
    if (call.type === 'launch') return {}
    return call.answers['to'] === 'bob@example.com' ? done : { ask: { title: 'To whom?', fields } }
  }
  await press(page, '/program', { program: 'ask' })
  await press(page, '/program-cancel')
  assert.match(await wordsOf(page), /Programs/)
  await press(page, '/program', { program: 'ask' })
  await press(page, '/program-agree')
  await shows(/To whom\? Address Paper A4 A3 Place Choose one a b c d e/)
  const asking = await readPanel(page)
  assert.match(asking, /type="email"[^>]*value="ann@example\.com"/)
  assert.match(asking, /value="A3" checked/)
  assert.doesNotMatch(asking, /http-equiv="refresh"/, 'nobody who types is interrupted, without script as well')
  const stale = await answerForm(page, { to: 'carol@example.com', paper: 'A4' })
  await shows(/To whom\?/)
  assert.match(await readPanel(page), /value="carol@example\.com"/, 'what was typed stands there')
  await stale.again()
  assert.equal(runsOf('ask').length, 2, 'a form that is sent twice is one answer')
  await answerForm(page, { to: 'bob@example.com', paper: 'A4', place: 'e' })
  await shows(/It is printed/)
  const runs = runsOf('ask').map(({ call }) => Object(call))
  assert.deepEqual(new Set(runs.map(({ runId }) => runId)).size, 1)
  assert.deepEqual(runs.at(-1).answers, { to: 'bob@example.com', paper: 'A4', place: 'e' })

  await agent.stop()
  agent = scene.use(await startAgent(['--data', lobby.data]))
  page = await pageOf(agent)
  host.decide = () => done
  await shows(/It is printed/)
  await press(page, '/program-close')
  await press(page, '/program', { program: 'ask' })
  await shows(/It is printed/)
  await press(page, '/program-close')
})

test('L1 a program that is away, and a relay that is away, are told in words, and the same run goes on after them', async () => {
  await offer('away')
  await press(page, '/program', { program: 'away' })
  await shows(/It is printed/)
  await press(page, '/program-close')
  host.decide = (_call, response) => void response.writeHead(500).end()
  await press(page, '/program', { program: 'away' })
  await shows(/The program does not answer at the moment/)
  host.decide = () => ({ failed: { reason: 'No paper <here>.' } })
  await press(page, '/program-again')
  await shows(/No paper <here>\./)
  const [, before, after] = runsOf('away')
  assert.deepEqual(before?.id, after?.id, 'to the program it is the same call')
  await press(page, '/program-close')

  await street.relay().stop()
  await press(page, '/program', { program: 'away' })
  await shows(/The relay cannot be reached\. .*(Nothing listens|was cut)/)
  assert.match(await readPanel(page, 'ja'), /中継サーバーに接続できません/)
  host.decide = () => done
  await street.restartRelay('SIGKILL')
  await press(page, '/program-again')
  await shows(/It is printed/)
  await press(page, '/program-close')
})

test('L1 a program that was taken away is told as that; one that came again is launched anew by itself, and asks only for more', async () => {
  await offer('gone', { asks: ['model'] })
  await press(page, '/program', { program: 'gone' })
  await press(page, '/program-agree')
  await shows(/It is printed/)
  await press(page, '/program-close')
  await service.call('DELETE', '/v1/programs/gone')
  await offer('gone', { asks: ['model'] })
  await press(page, '/program', { program: 'gone' })
  await shows(/It is printed/)
  await press(page, '/program-close')
  await service.call('DELETE', '/v1/programs/gone')
  await offer('gone', { asks: ['model', 'serial'] })
  await press(page, '/program', { program: 'gone' })
  await shows(/Launch gone\? .* Serial number/)
  await press(page, '/program-cancel')
  await service.call('DELETE', '/v1/programs/gone')
  await press(page, '/program', { program: 'gone' })
  await shows(/This program is not offered any more/)
  await press(page, '/program-close')
  await until('its tile is gone', async () => !(await readPanel(page)).includes('value="gone"'))
})

test('L1 whoever owns the device next finds nothing of the owner before, and is asked anew', async () => {
  await offer('shared', { title: 'Ours', asks: ['model'] })
  await press(page, '/program', { program: 'shared' })
  await press(page, '/program-agree')
  await shows(/It is printed/)
  await press(page, '/program-close')
  await service.post('/v1/accounts', { id: 'others' })
  await service.call('DELETE', '/v1/devices/lobby')
  const { secret } = Object((await service.post('/v1/devices', { id: 'lobby', account: 'others' })).body)
  await agent.stop()
  const options = ['--relay', street.url, '--id', 'lobby', '--driver', 'virtual', '--data', lobby.data]
  agent = scene.use(await startAgent(options, { FAIRLEAD_SECRET: secret }))
  page = await pageOf(agent)
  await agent.nextEvent('device.online')
  assert.doesNotMatch(await wordsOf(page), /Ours|Programs/)
  await offer('shared', { title: 'Theirs', asks: ['model'], account: 'others' })
  await shows(/Theirs/)
  assert.doesNotMatch(await wordsOf(page), /Ours/)
  await press(page, '/program', { program: 'shared' })
  await shows(/Launch Theirs\? This program will be told: Model/)
  await press(page, '/program-cancel')
})

test('L1 in a browser a program that takes its time is waited for, and nothing that is typed is lost', async () => {
  await offer('browser', { title: 'Slow one', asks: ['model'], account: 'others' })
  const held = Promise.withResolvers<void>()
  host.decide = (call, response) => {
    if (call.type === 'launch') return {}
    void held.promise.then(() =>
      response.writeHead(200).end(
        JSON.stringify({
          ask: { title: 'To whom?', fields: [{ name: 'to', label: 'Address', type: 'text' }] },
        }),
      ),
    )
    return undefined
  }
  const browser: Browser = await chromium.launch(chromiumHere)
  try {
    const context = await browser.newContext({ viewport: { width: 800, height: 480 }, locale: 'en' })
    const tab = await context.newPage()
    const violations: string[] = []
    tab.on('console', (line) => void (line.type() === 'error' && violations.push(line.text())))
    await tab.goto(page)
    await tab.getByRole('button', { name: 'Slow one' }).click()
    await tab.getByRole('button', { name: 'Launch' }).click()
    await tab.getByText('The program is at work.').waitFor()
    held.resolve()
    const field = tab.getByLabel('Address')
    await field.fill('half an addr')
    await tab.getByRole('heading', { name: 'Session maintenance' }).click()
    const asked: string[] = []
    tab.on('request', (request) => void asked.push(new URL(request.url()).pathname))
    await tab.evaluate(async () => {
      // What makes the page ask at once; and behind that something that it does ask.
      document.dispatchEvent(new Event('visibilitychange'))
      await fetch('/state')
    })
    assert.deepEqual(asked, ['/state'], 'while something is typed the page stays as it is')
    assert.equal(await field.inputValue(), 'half an addr')
    host.decide = () => done
    await tab.getByRole('button', { name: 'Continue' }).click()
    await tab.getByRole('heading', { name: 'It is printed' }).waitFor()
    await tab.getByRole('button', { name: 'Close' }).click()
    await tab.getByRole('heading', { name: 'Programs' }).waitFor()
    assert.deepEqual(violations, [])
  } finally {
    await browser.close()
  }
})
