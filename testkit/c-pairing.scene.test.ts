/** C1 to C7 over plain HTTP: a device shows a PIN, somebody types it on the same network, and a link leads to the device. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, test } from 'node:test'
import { openCluster } from './cluster.ts'
import { openEventStream } from './event-stream.ts'
import { openHandDevice } from './hand-device.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { createService, type Reply, type Service } from './service.ts'
import { until } from './until.ts'

// Where somebody comes from is what the proxy says, which is this test.
const street = await openNeighbourhood({
  relay: ['--trusted-proxies', '127.0.0.1', '--max-failed-claims-of-network', '1000'],
})
after(() => street[Symbol.asyncDispose]())
const { service, url } = street

const home = '198.51.100.2'
const elsewhere = '203.0.113.9'
const seenAt = (address: string) => ({ 'x-forwarded-for': address, 'x-forwarded-proto': 'https' })
const problemOf = ({ status, body }: Pick<Reply, 'status' | 'body'>) => [status, Object(body).code]
const noMatch = [404, 'no-match']
const newPin = () => String(randomInt(1e8)).padStart(8, '0')

async function call(path: string, body: object, headers: Record<string, string> = seenAt(home), relayUrl = url) {
  const response = await fetch(relayUrl + path, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, headers: response.headers, body: Object(await response.json()) }
}

/** What a device does that shows a PIN. */
async function announce(id: string, pin: string, from = home, more: object = {}) {
  const addresses = ['192.168.1.20/24', 'fe80::20/64']
  const body = { id, pin, addresses, localUrl: 'http://192.168.1.20:8081/pair', ...more }
  return await call('/device/v1/pairing', body, seenAt(from))
}
const news = (token: string, more: object = {}, wait = 0) => call(`/device/v1/pairing?wait=${wait}`, { token, ...more })
const enrol = (id: string, code: string) => call('/device/v1/enrol', { id, code })

/** Limits are for those who guess: each who is tried here has a key of its own. */
async function someone(account = 'default'): Promise<Service> {
  const { body } = await service.post('/v1/keys', { account })
  return createService(url, Object(body).key)
}

const type = (by: Service, pin: string, from = home, addresses: string[] | undefined = ['192.168.1.33/24']) =>
  by.post('/v1/pairings', { pin, ...(addresses.length > 0 && { addresses }) }, seenAt(from))

const codeOf = (body: unknown) => new URL(Object(body).sendingRequest.url).hash.slice(1)

test('C1 to C6 the PIN on the same network: a link to the device’s own page, whose code the device spends once; then it is theirs', async () => {
  const pin = newPin()
  const announced = await announce('lobby', pin)
  assert.equal(announced.status, 201, JSON.stringify(announced.body))
  const { token, expiresAt } = announced.body
  assert.ok(Math.abs(Date.parse(expiresAt) - Date.now() - 600_000) < 5_000)
  const before = (await news(token)).body
  assert.deepEqual([before.state, before.refused], ['waiting', null])
  const held = news(token, { known: before.version }, 30)
  await using stream = await openEventStream({ relayUrl: url, key: street.adminKey, query: 'type=pairing.changed' })

  const owner = await someone()
  const typed = await type(owner, `${pin.slice(0, 4)} ${pin.slice(4)}`)
  assert.equal(typed.status, 201, JSON.stringify(typed.body))
  const { pairingId, sendingRequest, device } = Object(typed.body)
  assert.equal(device, 'lobby')
  assert.equal(sendingRequest.method, 'GET')
  const link = new URL(sendingRequest.url)
  assert.equal(link.origin + link.pathname + link.search, 'http://192.168.1.20:8081/pair')
  assert.equal((await held).body.state, 'sending', 'the device learns of it at once')
  assert.equal((await service.read('/v1/devices/lobby')).status, 404, 'it is nobody’s until it comes with the code')
  assert.equal((await stream.next('pairing.changed')).data['state'], 'sending')

  const code = codeOf(typed.body)
  assert.deepEqual(problemOf(await enrol('another', code)), noMatch, 'it is good for that device alone')
  const spent = await enrol('lobby', code)
  assert.equal(spent.status, 200)
  const { registration, jid, secret, claim } = spent.body
  assert.deepEqual([registration, jid, claim], ['second', 'lobby@localhost', pairingId])
  assert.deepEqual((await enrol('lobby', code)).body, spent.body, 'an answer that got lost is told again')
  assert.equal(Object((await owner.read(`/v1/pairings/${pairingId}`)).body).state, 'sending', 'it has not come yet')

  await using hand = await openHandDevice({ relayUrl: url, id: 'lobby', secret })
  await until('both say so', async () => {
    const { body } = await owner.read(`/v1/pairings/${pairingId}`)
    return Object(body).state === 'connected' && (await news(token)).body.state === 'connected'
  })
  assert.deepEqual(problemOf(await enrol('lobby', code)), noMatch, 'the code is dead')
  assert.equal((await stream.next('pairing.changed')).data['state'], 'connected')
  const { body: owned } = await owner.read('/v1/devices/lobby')
  assert.deepEqual([Object(owned).account, Object(owned).registration], ['default', 'second'])
  await hand.leave()
})

test('C7 nothing is sent and nothing stored for the right PIN from another network, a wrong one on the same, and for a PIN that was used', async () => {
  const pin = newPin()
  const { token } = (await announce('guarded', pin)).body
  const guesser = await someone()
  const answers = [
    await type(guesser, pin, elsewhere),
    await type(guesser, newPin()),
    await type(guesser, newPin(), elsewhere),
    await type(guesser, 'not a PIN'),
  ]
  for (const answer of answers) assert.deepEqual(problemOf(answer), noMatch)
  const [first] = answers
  for (const answer of answers) {
    assert.deepEqual(answer.body, first?.body, 'a terminal without a match learns nothing')
    assert.equal(answer.headers.get('content-length'), first?.headers.get('content-length'))
  }
  const told = (await news(token)).body
  assert.deepEqual([told.state, told.refused.check], ['waiting', 'pin'], 'the device alone is told which check failed')
  const owner = await someone()
  assert.equal((await type(owner, pin)).status, 201)
  assert.deepEqual(problemOf(await type(owner, pin)), noMatch, 'it has been used')
})

test('the device learns that somebody has typed its PIN in another network, wherever it is', async () => {
  const pin = newPin()
  const { token } = (await announce('watching', pin)).body
  const { version } = (await news(token)).body
  const held = news(token, { known: version }, 30)
  await type(await someone(), pin, elsewhere)
  assert.equal((await held).body.refused.check, 'network')
})

test('S-R2 five tries end a PIN; the tries of a key are counted with its claims', async () => {
  const pin = newPin()
  const { token } = (await announce('tried', pin)).body
  const guesser = await someone()
  for (let tries = 0; tries < 5; tries++) assert.deepEqual(problemOf(await type(guesser, pin, elsewhere)), noMatch)
  const told = (await news(token)).body
  assert.deepEqual([told.state, told.refused.check], ['expired', 'tries'])
  assert.deepEqual(problemOf(await type(guesser, pin)), noMatch, 'it is good for nobody any more')
  for (let tries = 6; tries < 20; tries++) await guesser.post('/v1/claims', { code: 'wrong' }, seenAt(elsewhere))
  assert.equal((await type(guesser, newPin(), elsewhere)).status, 429)
  await until('the failed tries are in the audit log', async () => {
    const { items } = Object((await guesser.read('/v1/audit?action=pairing.refused')).body)
    const results = items.flatMap(({ result, address }: Record<string, string>) =>
      address === elsewhere ? result : [],
    )
    return results.filter((result: string) => result === 'no-match').length >= 5 && results[0] === 'too-many-requests'
  })
  assert.equal((await type(await someone(), newPin(), elsewhere)).status, 404, 'others may go on')
})

test('after ten failed tries in a day only somebody who stands before the device goes on', async () => {
  const guesser = await someone()
  for (let tries = 0; tries < 10; tries++) {
    const pin = newPin()
    if (tries % 5 === 0) await announce('guessed-at', pin)
    await type(guesser, newPin())
  }
  const pin = newPin()
  await announce('guessed-at', pin)
  const typed = await type(await someone(), pin)
  assert.equal(typed.status, 202)
  assert.deepEqual(Object(typed.body).doubts, ['many-tries'])
})

test('C3 weak evidence: nothing is sent before somebody presses at the device, and why is said in words', async () => {
  const pin = newPin()
  const { token } = (await announce('doubtful', pin)).body
  const owner = await someone()
  const typed = await type(owner, pin, home, [])
  assert.equal(typed.status, 202)
  const { pairingId, state, sendingRequest, device, why } = Object(typed.body)
  assert.deepEqual([state, sendingRequest, device], ['press-needed', undefined, undefined])
  assert.match(why[0], /does not tell its address/)
  const asked = (await news(token)).body
  assert.deepEqual([asked.state, asked.doubts], ['press-needed', ['no-local-address']])
  assert.equal(Object((await owner.read(`/v1/pairings/${pairingId}`)).body).state, 'press-needed')
  assert.equal((await news(token, { pressed: true })).status, 200)
  const { body } = await owner.read(`/v1/pairings/${pairingId}`)
  assert.equal(Object(body).state, 'sending')
  assert.equal((await enrol('doubtful', codeOf(body))).status, 200)

  // S-M4: how it came to be theirs; and not which device it is before that is certain.
  const entries = Object((await owner.read('/v1/audit')).body).items
  const told = entries.filter((entry: Record<string, unknown>) => entry['subject'] === pairingId)
  assert.deepEqual(
    told.map(({ action, device, actor, address }: Record<string, unknown>) => [
      ...[action, device, Object(actor).kind, address],
    ]),
    [
      ['pairing.spent', 'doubtful', 'device', home],
      ['pairing.pressed', 'doubtful', 'device', home],
      ['pairing.made', undefined, 'key', home],
    ],
  )
})

test('S-M1 a pairing is seen by the account that made it, and by the admin', async () => {
  await service.post('/v1/accounts', { id: 'others' })
  const pin = newPin()
  await announce('mine', pin)
  const { pairingId } = Object((await type(await someone(), pin)).body)
  assert.equal((await (await someone('others')).read(`/v1/pairings/${pairingId}`)).status, 404)
  assert.equal((await (await someone()).read(`/v1/pairings/${pairingId}`)).status, 200)
  assert.equal((await service.read(`/v1/pairings/${pairingId}`)).status, 200)
})

test('a device that has an owner, or a code of its own, is not paired; and nothing tells that apart', async () => {
  await street.enrol('owned')
  await service.post('/v1/factory-list', { items: [{ id: 'coded', code: '0000-0000-0000-0000-0' }] })
  for (const id of ['owned', 'coded']) {
    const pin = newPin()
    const announced = await announce(id, pin)
    assert.equal(announced.status, 201)
    assert.deepEqual(problemOf(await type(await someone(), pin)), noMatch)
    assert.equal((await news(announced.body.token)).body.refused.check, 'owner')
  }
})

test('two devices with one PIN: the second on one network is told to make another, one on another network is another', async () => {
  const pin = newPin()
  await announce('first', pin)
  assert.deepEqual(problemOf(await announce('second', pin)), [409, 'pin-taken'])
  assert.equal((await announce('third', pin, elsewhere)).status, 201)
  assert.equal(Object((await type(await someone(), pin)).body).device, 'first')
})

test('what a device must not announce is refused with a reason', async () => {
  const pin = newPin()
  const wrong = [
    { localUrl: 'http://203.0.113.9/pair' },
    { localUrl: 'http://192.168.1.21/pair' },
    { localUrl: 'http://printer.local/pair' },
    { localUrl: 'http://127.0.0.1:8081/' },
    { localUrl: 'ftp://192.168.1.20/' },
    { localUrl: 'javascript:alert(1)' },
    { localUrl: 'http://user:pass@192.168.1.20/' },
    { addresses: [] },
    { addresses: ['here'] },
    { pin: '1234' },
    { id: 'NOT AN ID' },
  ]
  for (const more of wrong)
    assert.deepEqual(
      problemOf(await announce('wrong', pin, home, more)),
      [400, 'invalid-request'],
      JSON.stringify(more),
    )
  assert.equal((await announce('right', pin, home, { localUrl: 'http://[fe80::20]:8081/' })).status, 201)
  assert.deepEqual(problemOf(await news('no-such-token')), [404, 'not-found'])
})

test('a code that nobody gave is no match, whatever it looks like', async () => {
  for (const code of [`${'a'.repeat(22)}.${'b'.repeat(43)}`, `${'a'.repeat(22)}.${'é'.repeat(20)}`])
    assert.ok([404, 400].includes((await enrol('lobby', code)).status))
})

test('a secret crosses the network: from elsewhere only over TLS', async () => {
  const { 'x-forwarded-for': _, ...rest } = seenAt(home)
  const plain = { 'x-forwarded-for': elsewhere }
  assert.deepEqual(problemOf(await call('/device/v1/pairing', { token: 'x' }, plain)), [403, 'insecure-transport'])
  assert.deepEqual(problemOf(await call('/device/v1/pairing', { token: 'x' }, rest)), [404, 'not-found'])
})

test('a relay that is killed between match, code and first use goes on with the same pairing', async () => {
  await using own = await openNeighbourhood()
  const pin = newPin()
  const here = (path: string, body: object) => call(path, body, {}, own.url)
  const body = { id: 'cut-off', pin, addresses: ['192.168.1.20/24'], localUrl: 'http://192.168.1.20/' }
  const { token } = (await here('/device/v1/pairing', body)).body
  await own.restartRelay('SIGKILL')
  const typed = await own.service.post('/v1/pairings', { pin, addresses: ['192.168.1.33/24'] })
  assert.equal(typed.status, 201)
  await own.restartRelay('SIGKILL')
  const { pairingId } = Object(typed.body)
  assert.deepEqual((await own.service.read(`/v1/pairings/${pairingId}`)).body, typed.body)
  const code = codeOf(typed.body)
  const spent = await here('/device/v1/enrol', { id: 'cut-off', code })
  await own.restartRelay('SIGKILL')
  assert.deepEqual((await here('/device/v1/enrol', { id: 'cut-off', code })).body, spent.body)
  await using hand = await openHandDevice({ relayUrl: own.url, id: 'cut-off', secret: spent.body.secret })
  await until('connected', async () => (await here('/device/v1/pairing', { token })).body.state === 'connected')
  assert.deepEqual(problemOf(await here('/device/v1/enrol', { id: 'cut-off', code })), noMatch)
  await hand.leave()
})

test('N6 a device waits at one node, the PIN is typed at another, the code is spent at the first: it is one pairing, and of many tries at once one is a match', async () => {
  await using cluster = await openCluster({ nodes: 2 })
  const [here, there] = cluster.nodes.map((node) => ({ ...node, service: createService(node.url, cluster.adminKey) }))
  assert.ok(here && there)
  const pin = newPin()
  const body = { id: 'shared', pin, addresses: ['192.168.1.20/24'], localUrl: 'http://192.168.1.20/' }
  const { token } = (await call('/device/v1/pairing', body, {}, here.url)).body
  const { version } = (await call('/device/v1/pairing', { token }, {}, here.url)).body
  const held = call('/device/v1/pairing?wait=30', { token, known: version }, {}, here.url)
  const typed = await Promise.all(
    Array.from({ length: 10 }, (_, at) =>
      (at % 2 ? here : there).service.post('/v1/pairings', { pin, addresses: ['192.168.1.33/24'] }),
    ),
  )
  assert.deepEqual(typed.map(({ status }) => status).sort(), [201, ...Array(9).fill(404)])
  const startedMs = performance.now()
  assert.equal((await held).body.state, 'sending')
  assert.ok(performance.now() - startedMs < 2_000)
  const match = typed.find(({ status }) => status === 201)
  const spent = await call('/device/v1/enrol', { id: 'shared', code: codeOf(match?.body) }, {}, here.url)
  assert.equal(spent.status, 200)
  await using hand = await openHandDevice({ relayUrl: there.url, id: 'shared', secret: spent.body.secret })
  const path = `/v1/pairings/${Object(match?.body).pairingId}`
  for (const { service: at } of [here, there])
    await until('connected', async () => Object((await at.read(path)).body).state === 'connected')
  await hand.leave()
})
