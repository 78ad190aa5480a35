/** Programs at an agent whose relay lies, hangs or says too much; and with the session maintenance mode OFF. */
import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, beforeEach, test } from 'node:test'
import { press, readPanel, wordsOf } from '../../testkit/panel-page.ts'
import { answerForm } from '../../testkit/program-form.ts'
import { until } from '../../testkit/until.ts'
import { openRunning } from '../for-tests.ts'

type Answer = (response: ServerResponse) => void

/** What the relay says to a call whose path ends so. */
const answers = new Map<string, Answer>()
const calls: { path: string; body: string; authorization: string | undefined }[] = []

function intercept(request: IncomingMessage, response: ServerResponse): boolean {
  const path = request.url ?? ''
  if (!/^\/device\/v1\/(programs|launches)/.test(path)) return false
  text(request).then(
    (body) => {
      calls.push({ path, body, authorization: request.headers.authorization })
      const ending = [...answers.keys()].find((each) => path.endsWith(each))
      answers.get(ending ?? '')?.(response)
    },
    () => {},
  )
  return true
}

const json =
  (status: number, body: unknown): Answer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const running = await openRunning({ intercept }, ['--listen', '127.0.0.1:0'])
after(() => running[Symbol.asyncDispose]())
await running.said('device.online')
const page = running.lines.find(({ event }) => event === 'agent.ready')?.url ?? ''
const { relay } = running
/** As the relay calls itself; the device reaches it by another name. */
const address = 'https://relay.example/device/v1/launches/l1/runs'
const done = { done: { title: 'It is done', lines: [] } }

const shows = (words: RegExp) => until(`the panel says ${words}`, async () => words.test(await wordsOf(page)))
/** Nobody has claimed it otherwise: the list is asked for when the device comes online. */
async function isOnlineAgain(): Promise<void> {
  await press(page, '/mode', { mode: 'off' })
  await press(page, '/mode', { mode: 'on' })
  await until('it is online', async () => /Services can reach/.test(await wordsOf(page)))
}

const offered = { programs: [{ program: 'one', title: 'First one', description: '' }] }
beforeEach(async () => {
  answers.set('/programs', json(200, offered))
  answers.set('/launches', json(201, { launchId: 'l1', program: 'one', asks: [] }))
  answers.set('/information', json(200, { launchId: 'l1', address }))
  answers.set('/runs', json(200, done))
  for (const action of ['/program-cancel', '/program-close']) await press(page, action).catch(() => {})
})

test('a list with what nobody could read shows the others; what is no list leaves the last one', async () => {
  const others = [
    { program: 'long', title: 'x'.repeat(100_000), description: '' },
    { program: 'with space', title: 'A space', description: '' },
    { program: 'control', title: 'A\u0007bell', description: '' },
    ...Array.from({ length: 1_000 }, (_, at) => ({ program: `p${at}`, title: `Tile ${at}`, description: '<br>' })),
  ]
  answers.set('/programs', json(200, { programs: [...offered.programs, ...others] }))
  await isOnlineAgain()
  await shows(/First one/)
  const words = await wordsOf(page)
  assert.doesNotMatch(words, /A space|bell/)
  assert.match(words, /Tile 0 <br> .*Tile 45 /)
  assert.doesNotMatch(words, /Tile 46/)
  for (const answer of [
    json(200, { programs: 'none' }),
    json(500, {}),
    json(200, []),
    (r: ServerResponse) => r.destroy(),
  ]) {
    const before = calls.filter(({ path }) => path.endsWith('/programs')).length
    answers.set('/programs', answer as Answer)
    await isOnlineAgain()
    await until('it was asked for', () => calls.filter(({ path }) => path.endsWith('/programs')).length > before)
    assert.match(await wordsOf(page), /First one/)
  }
  answers.set('/programs', json(200, offered))
  await isOnlineAgain()
  await until('the list is the new one', async () => !/Tile/.test(await wordsOf(page)))
})

test('what is no step, no launch and no address is told as that, and may be tried again', async () => {
  const field = { name: 'a', label: 'A', type: 'text' }
  const cases: [string, unknown][] = [
    ['/launches', { launchId: '../../x', program: 'one', asks: [] }],
    ['/launches', { launchId: 'l1', program: 'one', asks: Array.from({ length: 1_000 }, (_, at) => `object.${at}`) }],
    ['/information', { launchId: 'l1', address: 'ftp://127.0.0.1/x' }],
    ['/information', { launchId: 'l1', address: 'no address' }],
    ['/runs', { ...done, failed: { reason: 'both' } }],
    ['/runs', { done: { title: 'x'.repeat(3_000_000), lines: [] } }],
    ['/runs', { done: { title: 'A\u0000', lines: [] } }],
    [
      '/runs',
      { ask: { title: 'x', fields: Array.from({ length: 1_000 }, (_, at) => ({ ...field, name: `f${at}` })) } },
    ],
    ['/runs', { ask: { title: 'x', fields: [field, field] } }],
    ['/runs', { ask: { title: 'x', fields: [{ ...field, name: '"><script>' }] } }],
    ['/runs', { scan: { title: 'x', to: 'file:///etc/passwd' } }],
    ['/runs', 'done'],
  ]
  await shows(/First one/)
  await press(page, '/program', { program: 'one' })
  await shows(/It is done/)
  for (const [ending, lie] of cases) {
    await press(page, '/program-close').catch(() => {})
    // So that it is launched anew.
    if (ending !== '/runs') answers.set('/runs', json(404, { code: 'not-found' }))
    const honest = answers.get(ending)
    answers.set(ending, json(ending === '/launches' ? 201 : 200, lie))
    await press(page, '/program', { program: 'one' })
    await shows(/cannot be understood by this device|Something else answered/)
    assert.ok(honest)
    answers.set(ending, honest)
    answers.set('/runs', json(200, done))
    await press(page, '/program-again')
    await shows(/It is done/)
  }
})

test('markup of a program is text in every place, and a name of what all objects have is a name', async () => {
  const evil = '"><img src=x onerror=alert(1)>'
  const fields = [
    { name: 'constructor', label: evil, type: 'text', value: evil },
    { name: 'toString', label: evil, type: 'choice', choices: [evil, 'b'] },
    { name: 'c', label: evil, type: 'choice', value: evil, choices: [evil, 'b', 'c', 'd', 'e'] },
  ]
  for (const step of [
    { ask: { title: evil, fields } },
    { done: { title: evil, lines: [evil] } },
    { failed: { reason: evil } },
  ]) {
    await press(page, '/program-cancel').catch(() => {})
    await press(page, '/program-close').catch(() => {})
    answers.set('/runs', json(200, step))
    await press(page, '/program', { program: 'one' })
    await shows(/"><img src=x onerror=alert\(1\)>/)
    for (const language of ['en', 'ja']) assert.doesNotMatch(await readPanel(page, language), /<img/)
    if ('ask' in step) await answerForm(page, { c: 'x'.repeat(5_000) })
  }
  const sent = calls.map(({ body }) => body).findLast((body) => body.includes('answers":{"con'))
  const { answers: said } = JSON.parse(sent ?? '{}')
  assert.deepEqual([said.constructor, said.toString, said.c.length], ['', '', 1024], 'no more than the contract takes')
  await press(page, '/program-cancel').catch(() => {})
})

test('what hangs is left at once, and what it says later is nobody’s', async () => {
  let late: ServerResponse | undefined
  answers.set('/runs', (response) => {
    late = response
  })
  await press(page, '/program', { program: 'one' })
  await shows(/The program is at work/)
  await until('it is asked', () => late)
  await press(page, '/program-cancel')
  if (late) json(200, { done: { title: 'Too late', lines: [] } })(late)
  answers.set('/runs', json(200, done))
  await press(page, '/program', { program: 'one' })
  await shows(/It is done/)
  assert.doesNotMatch(await wordsOf(page), /Too late/)
})

test('a connection that was cut is tried once more by itself, under the same ID', async () => {
  let cuts = 0
  answers.set('/runs', (response) => {
    if (cuts++ === 0) response.destroy()
    else json(200, done)(response)
  })
  const before = calls.length
  await press(page, '/program', { program: 'one' })
  await shows(/It is done/)
  const [first, second] = calls.slice(before).filter(({ path }) => path.endsWith('/runs'))
  assert.ok(first && first.body === second?.body)
})

test('the relay’s refusals are told in words: of the program, of the secret, of too much at once', async () => {
  for (const [answer, words] of [
    [json(401, { code: 'unauthorized' }), /does not accept this device’s ID and secret/],
    [json(429, { code: 'too-many-requests' }), /Too much is going on/],
    [json(502, { code: 'program-unreachable', detail: 'x' }), /The program does not answer/],
    [json(418, {}), /The answer was HTTP 418/],
  ] as const) {
    answers.set('/runs', answer)
    await press(page, '/program', { program: 'one' })
    await shows(words)
    await press(page, '/program-cancel')
  }
  answers.set('/runs', json(404, { code: 'not-found' }))
  answers.set('/information', json(422, { code: 'program-refused', detail: 'Only for\u0000 <others>.' }))
  await press(page, '/program', { program: 'one' })
  await shows(/Only for <others>\. Close/)
})

test('A1 L1 with the session maintenance mode OFF a touch works, and nothing else is called', async () => {
  await press(page, '/mode', { mode: 'off' })
  await shows(/session maintenance is off/)
  await until('the session is over', () => relay.events.at(-1)?.startsWith('ended'))
  const [events, before, others] = [relay.events.length, calls.length, relay.calls.length]
  await press(page, '/program', { program: 'one' })
  await shows(/It is done/)
  assert.deepEqual(
    calls.slice(before).map(({ path }) => path.split('/').at(-1)),
    ['launches', 'information', 'runs'],
  )
  assert.ok(calls.slice(before).every(({ authorization }) => authorization?.startsWith('Basic ')))
  assert.deepEqual([relay.events.length, relay.calls.length], [events, others])
})
