/** The doctor names each obstacle between this machine and the relay. */
import assert from 'node:assert/strict'
import { get } from 'node:http'
import { test } from 'node:test'
import { openSmallRelay } from '../../testkit/small-relay.ts'
import { runDoctor } from './doctor.ts'
import { examine, openStranger } from './for-tests.ts'

const everything = ['proxy', 'name', 'connection', 'certificate', 'relay', 'clock', 'buffering', 'hold']

test('on a good way everything is looked at and nothing is found', async () => {
  await using relay = await openSmallRelay()
  const { status, report, of } = await examine(relay.url)
  assert.equal(status, 0)
  assert.equal(report.ok, true)
  assert.deepEqual(
    report.findings.map(({ check, state }) => `${check} ${state}`),
    everything.map((check) => `${check} ok`),
  )
  assert.match(of('relay').says, /Fairlead 0\.1\.0 answers, and sees you at 127\.0\.0\.1/)
})

test('a relay below a path is asked there', async () => {
  await using relay = await openSmallRelay()
  await using front = await openStranger((asked, response) => {
    const path = /^\/printers(\/.*)/.exec(asked.url ?? '')?.[1]
    if (path === undefined) return void response.writeHead(404).end()
    get(relay.url + path, (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)))
  })
  assert.equal((await examine(`${front.url}/printers`)).status, 0)
  assert.deepEqual((await examine(front.url)).troubles, ['relay'])
})

test('people get a line for each finding, what to do, and a summary', async () => {
  await using relay = await openStranger((_, response) => void response.end('hello'))
  const lines: string[] = []
  const options = { relayUrl: relay.url, holdSeconds: 1, json: false, environment: {} }
  assert.equal(await runDoctor(options, (line) => lines.push(line)), 1)
  assert.equal(lines.length, everything.length + 2)
  assert.match(lines[0] ?? '', /^Needed: from here TCP to 127\.0\.0\.1 port \d+; nothing else, and nothing inbound\.$/)
  assert.match(lines[5] ?? '', /^TROUBLE {2}relay .*not a Fairlead relay\.\n +→ Check the address/)
  assert.match(lines.at(-1) ?? '', /^In the way to http:\/\/127\.0\.0\.1:\d+\/: relay\.$/)
})

test('what lies behind an obstacle is unknown, never ok', async () => {
  const { status, report, troubles } = await examine('http://no-such-host.invalid')
  assert.equal(status, 1)
  assert.deepEqual(troubles, ['name'])
  assert.deepEqual(
    report.findings.slice(2).map(({ state }) => state),
    ['unknown', 'unknown', 'unknown', 'unknown', 'unknown', 'unknown'],
  )
})

test('a port on which nothing listens is named', async () => {
  const gone = await openSmallRelay()
  await gone[Symbol.asyncDispose]()
  const { troubles, of } = await examine(gone.url)
  assert.deepEqual(troubles, ['connection'])
  assert.match(of('connection').says, new RegExp(`refuses connections on port ${gone.port}`))
})

test('every host and port that is needed is listed, for the proxy too, and no password of it', async () => {
  const environment = { HTTPS_PROXY: 'http://ann:canary@proxy.invalid:3128' }
  const { report } = await examine('https://relay.invalid', { environment })
  assert.deepEqual(report.needs, [
    { from: 'here', host: 'proxy.invalid', port: 3128, isName: true },
    { from: 'proxy', host: 'relay.invalid', port: 443, isName: true },
  ])
  const lines: string[] = []
  const options = { relayUrl: 'https://relay.invalid', holdSeconds: 0, json: false, environment }
  await runDoctor(options, (line) => lines.push(line))
  assert.equal(
    lines[0],
    'Needed: from here TCP to proxy.invalid port 3128, and DNS for that name; from the proxy TCP to relay.invalid port 443, and DNS for that name; nothing else, and nothing inbound.',
  )
  assert.ok(!lines.join('').includes('canary'))
})

test('a URL or a number that makes no sense is wrong usage', async () => {
  const write = () => {}
  const options = { relayUrl: 'relay.example', holdSeconds: 1, json: false, environment: {} }
  await assert.rejects(runDoctor(options, write), { name: 'UsageError' })
  const ftp = { ...options, relayUrl: 'ftp://relay.example' }
  await assert.rejects(runDoctor(ftp, write), { name: 'UsageError' })
  for (const holdSeconds of [-1, 121, 1.5, Number.NaN]) {
    const odd = { ...options, relayUrl: 'http://127.0.0.1', holdSeconds }
    await assert.rejects(runDoctor(odd, write), { name: 'UsageError' }, String(holdSeconds))
  }
})

const strangers = {
  'a sign-in page of a guest network': [
    { status: 200, type: 'text/html', text: '<html>Welcome' },
    /with a web page \(200\)/,
  ],
  'another JSON server': [{ status: 200, type: 'application/json', text: '{"name":"other"}' }, /not a Fairlead relay/],
  'a server that knows no such path': [
    { status: 404, type: 'text/plain', text: 'no' },
    /\(404\), but it is not a Fairlead/,
  ],
  'a server in front without a relay behind': [
    { status: 502, type: 'text/html', text: '<html>' },
    /in place of the relay: 502/,
  ],
  'a relay from before there was a doctor': [
    {
      status: 404,
      type: 'application/problem+json',
      text: '{"type":"urn:fairlead:problem:not-found","code":"not-found","status":404}',
    },
    /A Fairlead relay answers .* \(404\): it is older than this command/,
  ],
  'an address that has moved': [
    { status: 301, location: 'https://new.example/' },
    /has moved to https:\/\/new\.example/,
  ],
} as const
for (const [name, [answer, words]] of Object.entries(strangers)) {
  test(`${name} is not taken for a relay`, async () => {
    await using server = await openStranger((_, response) => {
      const headers = 'location' in answer ? { location: answer.location } : { 'content-type': answer.type }
      response.writeHead(answer.status, headers).end('text' in answer ? answer.text : '')
    })
    const { status, troubles, of } = await examine(server.url)
    assert.equal(status, 1)
    assert.deepEqual(troubles, ['relay'])
    assert.match(of('relay').says, words)
  })
}

test('a server that hangs up without a word is named', async () => {
  await using server = await openStranger((request) => void request.socket.destroy())
  assert.match((await examine(server.url)).of('relay').says, /ends without an answer \(ECONNRESET\)/)
})

test('clocks that differ are named, with by how much and which way', async () => {
  await using behind = await openSmallRelay({ wallNow: () => Date.now() - 600_000 })
  const { troubles, of } = await examine(behind.url, { holdSeconds: 0 })
  assert.deepEqual(troubles, ['clock'])
  assert.match(of('clock').says, /This machine's clock is (599\.9|600|600\.1) s ahead of the relay's/)
  await using ahead = await openSmallRelay({ wallNow: () => Date.now() + 600_000 })
  assert.match((await examine(ahead.url, { holdSeconds: 0 })).of('clock').says, /behind the relay's/)
})
