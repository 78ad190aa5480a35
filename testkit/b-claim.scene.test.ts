/** B1 to B5 over plain HTTP: a device comes with the code of its label, somebody types it, and the device is theirs. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inGroups, makeFactoryCode } from '@fairlead/protocol/contract'
import { openCluster } from './cluster.ts'
import { openEventStream } from './event-stream.ts'
import { openFolder } from './folder.ts'
import { openHandDevice } from './hand-device.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { runHouseFile, startHouseFile } from './process.ts'
import { createService, type Reply } from './service.ts'
import { until } from './until.ts'

// All of it comes from one address.
const street = await openNeighbourhood({ relay: ['--max-failed-claims-of-network', '1000'] })
after(() => street[Symbol.asyncDispose]())
const { service, url } = street

const newCode = () => makeFactoryCode(randomBytes(10))
const problemOf = ({ status, body }: Reply) => [status, Object(body).code]
const noMatch = [404, 'no-match']

/** What a device does at every activation, with nothing but its ID and its code. */
async function enrol(id: string, code: string, waitSeconds = 0, relayUrl = url) {
  const response = await fetch(`${relayUrl}/device/v1/enrol?wait=${waitSeconds}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id, code }),
  })
  return { status: response.status, headers: response.headers, body: Object(await response.json()) }
}

/** Limits are for those who guess: each who is tried here has a key of its own. */
async function someone(account = 'default') {
  const { body } = await service.post('/v1/keys', { account })
  return createService(url, Object(body).key)
}

test('B1 to B5 a device is claimed by its code: it learns of it at once, its secret is told until it is used, and its instruction is seen', async () => {
  const code = newCode()
  assert.deepEqual((await enrol('lobby', code)).body, { registration: 'first' })
  assert.equal((await service.read('/v1/devices/lobby')).status, 404, 'nobody owns it yet')
  const held = enrol('lobby', code, 30)
  await using stream = await openEventStream({ relayUrl: url, key: street.adminKey, query: 'type=claim.changed' })

  const owner = await someone()
  const startedMs = performance.now()
  const claimed = await owner.post('/v1/claims', { code: inGroups(code).toLowerCase() })
  assert.equal(claimed.status, 201, JSON.stringify(claimed.body))
  const { claimId, device, state, screen } = Object(claimed.body)
  assert.deepEqual([device, state], ['lobby', 'second'])
  assert.ok(screen.title.length > 0 && screen.steps.length > 0)
  const told = await held
  assert.ok(performance.now() - startedMs < 2_000, 'it learns of it at once')
  assert.equal(told.status, 200)
  const { registration, jid, secret, claim } = told.body
  assert.deepEqual([registration, jid, claim], ['second', 'lobby@localhost', claimId])
  assert.match(secret, /^[A-Za-z0-9_-]{43}$/)
  assert.deepEqual((await enrol('lobby', code)).body, told.body, 'the same answer until it is used')
  assert.equal(Object((await owner.read('/v1/devices/lobby')).body).registration, 'second')

  await using hand = await openHandDevice({ relayUrl: url, id: 'lobby', secret })
  await until('the code is dead', async () => (await enrol('lobby', code)).status === 404)
  assert.deepEqual(problemOf(await enrol('lobby', code)), noMatch)
  assert.deepEqual(problemOf(await owner.post('/v1/claims', { code })), noMatch)
  const again = await enrol('lobby', newCode())
  assert.deepEqual([again.status, again.body], [202, { registration: 'first' }], 'another code tells nothing')

  const read = async () => Object((await owner.read(`/v1/claims/${claimId}`)).body)
  assert.equal((await read()).state, 'second')
  const at = new Date().toISOString()
  const instruction = { id: 'i1', type: 'instruction', at, claim: 'another claim' }
  assert.equal((await hand.call('/device/v1/events', { events: [instruction] })).status, 200)
  assert.equal((await read()).state, 'second', 'of another claim')
  const right = { ...instruction, id: 'i2', claim: claimId }
  assert.equal((await hand.call('/device/v1/events', { events: [right] })).status, 200)
  const { state: stateNow, instructedAt } = await read()
  assert.deepEqual([stateNow, typeof instructedAt], ['instructed', 'string'])
  for (const state of ['second', 'instructed']) {
    const { data } = await stream.next('claim.changed')
    assert.deepEqual([data['device'], data['claimId'], data['state']], ['lobby', claimId, state])
  }
})

test('B1 to B6 an agent waits with the code of its label, is claimed by one command, confirmed on its panel, and reached', async () => {
  await using folder = await openFolder()
  const code = newCode()
  const options = [
    '--relay',
    url,
    '--id',
    'desk',
    '--code',
    inGroups(code),
    '--driver',
    'virtual',
    '--data',
    folder.path,
  ]
  await using agent = await startHouseFile('cli/main.ts', ['agent', ...options, '--listen', '127.0.0.1:0'])
  const { url: panelUrl } = await agent.nextEvent('agent.ready')
  const offline = await agent.nextEvent('device.offline')
  assert.equal(offline['reason'], 'unclaimed')
  const page = async () => (await fetch(String(panelUrl))).text()
  assert.match(await page(), /Nobody owns this device yet/)

  const owner = Object((await service.post('/v1/keys', { account: 'default' })).body).key
  const claim = (typed: string) => runHouseFile('cli/main.ts', ['claim', typed, '--relay', url, '--key', owner])
  const mistyped = await claim(code.slice(0, -1) + (code.endsWith('7') ? '8' : '7'))
  assert.deepEqual([mistyped.code, mistyped.stdout], [1, ''])
  assert.match(mistyped.stderr, /no factory code/)
  const claimed = await claim(code)
  assert.equal(claimed.code, 0, claimed.stderr)
  const [, claimId = ''] = /The claim is (\S+)\./.exec(claimed.stdout) ?? []
  await agent.nextEvent('device.online')
  const asked = await service.ask('desk', { get: ['model'] })
  assert.equal(asked.outcome, 'answered')

  const stateOf = async () => Object((await service.read(`/v1/claims/${claimId}`)).body).state
  assert.equal(await stateOf(), 'second')
  const [, token = ''] =
    /action="\/confirm">\s*<input type="hidden" name="token" value="([^"]+)"/.exec(await page()) ?? []
  const pressed = await fetch(`${panelUrl}/confirm`, {
    method: 'POST',
    body: new URLSearchParams({ token }),
    redirect: 'manual',
  })
  assert.equal(pressed.status, 303)
  await until('the relay knows of it', async () => (await stateOf()) === 'instructed')
  assert.ok(!(await page()).includes('/confirm'), 'there is nothing more to press')

  // A folder alone is enough: the secret is there, and the code is dead.
  await agent.stop('SIGKILL')
  await using again = await startHouseFile('cli/main.ts', ['agent', '--data', folder.path])
  await again.nextEvent('device.online')
  // Its owner gives it away: it waits again by itself.
  assert.equal((await service.call('DELETE', '/v1/devices/desk')).status, 204)
  let { reason } = await again.nextEvent('device.offline')
  while (reason !== 'unclaimed') reason = (await again.nextEvent('device.offline'))['reason']
  assert.equal((await claim(code)).code, 0)
  await again.nextEvent('device.online')
  await again.stop()
})

test('S-R3 B4 no failure is told from another, and none is quicker than 400 ms', async () => {
  const owner = await someone()
  const [used, waiting] = [newCode(), newCode()]
  await enrol('used', used)
  assert.equal((await owner.post('/v1/claims', { code: used })).status, 201)
  await service.post('/v1/devices', { id: 'by-hand' })
  await enrol('by-hand', waiting)
  await enrol('twin-1', newCode())
  const shared = newCode()
  for (const id of ['twin-2', 'twin-3']) await enrol(id, shared)
  const answers = []
  for (const code of [newCode(), used, waiting, shared, 'no code at all', `${used.slice(0, -1)}*`]) {
    const startedMs = performance.now()
    const { status, body, headers } = await owner.post('/v1/claims', { code })
    assert.ok(performance.now() - startedMs >= 395, code)
    answers.push(JSON.stringify([status, body, headers.get('content-length'), [...headers.keys()].sort()]))
  }
  assert.equal(new Set(answers).size, 1, answers.join('\n'))
  assert.match(answers[0] ?? '', /^\[404,.*no-match/)
})

test('S-R5 of a hundred claims at once, in several accounts, one has it', async () => {
  const code = newCode()
  await enrol('wanted', code)
  await service.post('/v1/accounts', { id: 'others' })
  const askers = await Promise.all(Array.from({ length: 10 }, (_, at) => someone(at % 2 ? 'others' : 'default')))
  const replies = await Promise.all(
    Array.from({ length: 100 }, (_, at) => askers[at % 10]?.post('/v1/claims', { code }) ?? assert.fail()),
  )
  const statuses = replies.map(({ status }) => status).sort()
  assert.deepEqual(statuses, [201, ...Array(99).fill(404)])
})

test('B1 two enrolments of one ID with different codes are two targets; the claim says which of them it is', async () => {
  const [real, made] = [newCode(), newCode()]
  for (const code of [made, real]) assert.deepEqual((await enrol('doubled', code)).body, { registration: 'first' })
  const owner = await someone()
  assert.equal((await owner.post('/v1/claims', { code: real })).status, 201)
  assert.equal((await enrol('doubled', real)).status, 200)
  assert.deepEqual((await enrol('doubled', made, 0)).body, { registration: 'first' })
  assert.deepEqual(problemOf(await owner.post('/v1/claims', { code: made })), noMatch)
})

test('S-R2 B4 who guesses is slowed down: twenty failed tries an hour, counted before anything is compared', async () => {
  const guesser = await someone()
  const code = newCode()
  await enrol('guessed', code)
  const replies = await Promise.all(Array.from({ length: 20 }, () => guesser.post('/v1/claims', { code: newCode() })))
  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([404]))
  const refused = await guesser.post('/v1/claims', { code })
  assert.deepEqual(problemOf(refused), [429, 'too-many-requests'])
  const seconds = Number(refused.headers.get('retry-after'))
  assert.ok(seconds > 3_500 && seconds <= 3_600, `${seconds} s`)
  assert.equal((await (await someone()).post('/v1/claims', { code })).status, 201, 'somebody else is let')
})

test('what is no code is refused to a device with what is wrong with it', async () => {
  const code = newCode()
  const wrong = code.slice(0, -1) + (code.endsWith('0') ? '1' : '0')
  const { status, body } = await enrol('lobby-2', wrong)
  assert.deepEqual([status, body.code], [400, 'invalid-request'])
  assert.ok(!JSON.stringify(body).includes(wrong), 'it is not repeated')
})

test('a code is not taken over plain HTTP from elsewhere: it would be seen, and the secret after it', async () => {
  const response = await fetch(`${url}/device/v1/enrol`, {
    method: 'POST',
    headers: { 'x-forwarded-for': '192.0.2.7' },
    body: JSON.stringify({ id: 'seen', code: newCode() }),
  })
  assert.deepEqual([response.status, Object(await response.json()).code], [403, 'insecure-transport'])
})

test('S-R4 an owner removes a device: its code is good again, for whoever claims it then', async () => {
  const code = newCode()
  await enrol('sold', code)
  const seller = await someone()
  assert.equal((await seller.post('/v1/claims', { code })).status, 201)
  const { secret } = (await enrol('sold', code)).body
  await using hand = await openHandDevice({ relayUrl: url, id: 'sold', secret })
  await until('the code is dead', async () => (await enrol('sold', code)).status === 404)
  assert.equal((await seller.call('DELETE', '/v1/devices/sold')).status, 204)
  assert.deepEqual((await enrol('sold', code)).body, { registration: 'first' })
  await service.post('/v1/accounts', { id: 'buyers' })
  const buyer = await someone('buyers')
  assert.equal((await buyer.post('/v1/claims', { code })).status, 201)
  const second = (await enrol('sold', code)).body
  assert.equal(second.registration, 'second')
  assert.notEqual(second.secret, secret)
  assert.equal((await seller.read('/v1/devices/sold')).status, 404)
  await hand.leave().catch(() => {})
})

test('S-R1 a relay that is killed between claim and credential goes on: the same claim, the same secret; and no code is on its disk', async () => {
  await using own = await openNeighbourhood()
  const code = newCode()
  await enrol('cut-off', code, 0, own.url)
  const { body } = await own.service.post('/v1/claims', { code })
  const before = (await enrol('cut-off', code, 0, own.url)).body
  await own.restartRelay('SIGKILL')
  for (const file of ['fairlead.db', 'fairlead.db-wal']) {
    const bytes = await readFile(join(own.data, file)).catch(() => Buffer.alloc(0))
    for (const told of [code, inGroups(code), before.secret]) assert.ok(!bytes.includes(told), file)
  }
  assert.deepEqual((await enrol('cut-off', code, 0, own.url)).body, before)
  assert.equal(Object((await own.service.read(`/v1/claims/${Object(body).claimId}`)).body).state, 'second')
})

test('N6 B4 B5 a device waits at one node and is claimed and confirmed by its page at another; a hundred claims everywhere are one', async () => {
  await using cluster = await openCluster({ nodes: 2 })
  const [here, there] = cluster.nodes.map((node) => ({ ...node, service: createService(node.url, cluster.adminKey) }))
  assert.ok(here && there)
  const code = newCode()
  await enrol('shared', code, 0, here.url)
  const held = enrol('shared', code, 30, here.url)
  const keys = await Promise.all(
    Array.from({ length: 10 }, () => there.service.post('/v1/keys', { account: 'default' })),
  )
  const replies = await Promise.all(
    Array.from({ length: 100 }, (_, at) => {
      const { url: nodeUrl } = at % 2 ? here : there
      return createService(nodeUrl, Object(keys[at % 10]?.body).key).post('/v1/claims', { code })
    }),
  )
  assert.deepEqual(replies.map(({ status }) => status).sort(), [201, ...Array(99).fill(404)])
  const claimedMs = performance.now()
  const { status, body } = await held
  assert.equal(status, 200)
  assert.ok(performance.now() - claimedMs < 2_000, 'it learns of it at once')
  assert.deepEqual((await enrol('shared', code, 0, there.url)).body, body)
  await using hand = await openHandDevice({ relayUrl: there.url, id: 'shared', secret: body.secret })
  for (const { url: nodeUrl } of [here, there])
    await until('the code is dead', async () => (await enrol('shared', code, 0, nodeUrl)).status === 404)

  // It can print a page, and is asked for it where it is not.
  const { claim } = body
  const read = async () => Object((await here.service.read(`/v1/claims/${claim}`)).body)
  assert.equal((await read()).canPrintPage, false)
  await hand.call('/device/v1/register', { capabilities: { features: ['confirmation-page'] } })
  const asked: unknown[] = []
  hand.serve(({ request: { command, arguments: args } }) => {
    asked.push([command, args])
    return { result: command === 'print-confirmation' ? { tries: 5 } : { confirmed: false, triesLeft: 1 } }
  })
  await until('the other node knows that it is there, and what it can', async () => {
    return (
      (await read()).canPrintPage && Object((await here.service.read('/v1/devices/shared')).body).state === 'online'
    )
  })
  const printed = await here.service.post(`/v1/claims/${claim}/page`, {})
  assert.deepEqual([printed.status, Object(printed.body).tries], [200, 5], JSON.stringify(printed.body))
  const typed = await here.service.post(`/v1/claims/${claim}/word`, { word: 'Ｒiver 1' })
  assert.deepEqual([typed.status, Object(typed.body).triesLeft], [404, 1])
  assert.deepEqual(asked, [
    ['print-confirmation', { claim }],
    ['confirm-claim', { claim, word: 'Ｒiver 1' }],
  ])
  const event = { id: 'i1', type: 'instruction', at: new Date().toISOString(), claim }
  assert.equal((await hand.call('/device/v1/events', { events: [event] })).status, 200)
  const closed = await here.service.post(`/v1/claims/${claim}/page`, {})
  assert.deepEqual(problemOf(closed), [409, 'claim-closed'])
  await hand.leave()
})

test('--enrolment list: who is not on the maker’s list is told what everybody is told, and can never be claimed', async () => {
  await using own = await openNeighbourhood({ relay: ['--enrolment', 'list'] })
  const [listed, stranger] = [newCode(), newCode()]
  const items = [
    { id: 'listed', code: inGroups(listed), model: 'Lobby 100' },
    { id: 'BAD ID', code: listed },
    { id: 'typo', code: `${listed.slice(0, -1)}~~` },
  ]
  for (const first of ['added', 'known']) {
    const { status, body } = await own.service.post('/v1/factory-list', { items })
    assert.equal(status, 200)
    assert.deepEqual(
      Object(body).items.map((item: { result: string }) => item.result),
      [first, 'refused', 'refused'],
    )
  }
  for (const [id, code] of [
    ['listed', stranger],
    ['stranger', stranger],
    ['stranger', listed],
  ] as const)
    assert.deepEqual((await enrol(id, code, 0, own.url)).body, { registration: 'first' })
  assert.deepEqual(problemOf(await own.service.post('/v1/claims', { code: stranger })), noMatch)
  assert.deepEqual(problemOf(await own.service.post('/v1/claims', { code: listed })), noMatch, 'it has not come yet')
  await enrol('listed', listed, 0, own.url)
  const { status, body } = await own.service.post('/v1/claims', { code: listed })
  assert.deepEqual([status, Object(body).device], [201, 'listed'])
  assert.match(Object(body).screen.title, /Lobby 100/)
})
