/** Rows B-050 to B-065: what a client may ask for at creation. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ns } from '@fairlead/protocol/xmpp'
import { bodyText } from './bosh-play.ts'
import { logInPayload, openStand, overTls, ping, until } from './bosh-stand.ts'
import { strangerBase } from './bosh-strangers.ts'

test('B-050 without an address a session is refused as improper-addressing', async () => {
  await using stand = await openStand()
  for (const to of [undefined, ''])
    assert.equal((await stand.create({ to })).attribute('condition'), 'improper-addressing')
  assert.equal(stand.bosh.sessions, 0)
})

test('B-050 a body with payload and no address makes no session either', async () => {
  await using stand = await openStand()
  assert.equal((await stand.create({ to: undefined }, logInPayload)).attribute('condition'), 'improper-addressing')
  assert.equal(stand.streams.length, 0)
})

test('B-051 an unknown domain is host-unknown, and no session is left behind', async () => {
  await using stand = await openStand()
  assert.equal((await stand.create({ to: 'nope.example' })).attribute('condition'), 'host-unknown')
  assert.equal(stand.bosh.sessions, 0)
})

test('B-052 the domain is compared without regard to case, width and a trailing dot', async () => {
  await using stand = await openStand()
  for (const to of ['LOCALHOST', 'localhost.', 'Ｌocalhost'])
    assert.ok((await stand.create({ to })).attribute('sid'), to)
})

test('B-053 the language is handed to the stream', async () => {
  const langs: (string | undefined)[] = []
  await using stand = await openStand({
    openStream: () => ({
      open: ({ lang }) => void langs.push(lang),
      receive() {},
      alive() {},
      waiting() {},
      written() {},
      acknowledged() {},
      ended() {},
    }),
  })
  const held = stand.create({ 'xml:lang': 'fr' })
  await until(() => langs.length > 0)
  assert.deepEqual(langs, ['fr'])
  stand.bosh.drain()
  await held
})

test('B-054 the lower version is answered, its parts compared as numbers', async () => {
  await using stand = await openStand()
  const pairs = [
    ['1.6', '1.6'],
    ['1.10', '1.10'],
    ['1.11', '1.11'],
    ['1.12', '1.11'],
    ['2.0', '1.11'],
    ['0.20', '0.20'],
  ]
  for (const [asked, answered] of pairs) assert.equal((await stand.create({ ver: asked })).attribute('ver'), answered)
})

test('B-055 a malformed version is a bad request', async () => {
  await using stand = await openStand()
  for (const ver of ['1', '1.', 'x', '1.6.1', '-1.6', ''])
    assert.equal((await stand.create({ ver })).attribute('condition'), 'bad-request', ver)
})

test('B-056 wait is never more than asked for, nor more than ours, and ours by default', async () => {
  await using stand = await openStand()
  const answered = async (wait: string | undefined) => (await stand.create({ wait })).attribute('wait')
  assert.equal(await answered('5'), '5')
  assert.equal(await answered('999999'), '30')
  assert.equal(await answered('99999999999999999999'), '30')
  assert.equal(await answered(undefined), '30')
})

test('B-056 a wait that is no number is a bad request', async () => {
  await using stand = await openStand()
  for (const wait of ['-1', 'abc', '1.5', ''])
    assert.equal((await stand.create({ wait })).attribute('condition'), 'bad-request', wait)
})

test('B-057 one request is held, however many were offered', async () => {
  await using stand = await openStand()
  for (const hold of [1, 2, 10, undefined]) assert.equal((await stand.create({ hold })).attribute('hold'), '1')
})

test('B-058 who will not wait, or not be held, gets a polling session', async () => {
  await using stand = await openStand()
  for (const asked of [{ hold: 0 }, { wait: 0 }, { wait: 0, hold: 0 }]) {
    const created = await stand.create(asked)
    assert.equal(created.attribute('hold'), '0')
    const sid = created.attribute('sid') ?? ''
    // Answered at once: the clock stands still here.
    assert.equal((await stand.post(bodyText({ sid, rid: 1001 }))).status, 200)
  }
})

test('B-059 a route is not looked at', async () => {
  await using stand = await openStand()
  for (const route of ['xmpp:127.0.0.1:22', 'nonsense', '']) assert.ok((await stand.create({ route })).attribute('sid'))
})

test('B-060 from is a hint and no more', async () => {
  await using stand = await openStand()
  assert.ok((await stand.create({ from: 'other@localhost' })).attribute('sid'))
})

test('B-061 only ack=1 means that the client acknowledges', async () => {
  await using stand = await openStand()
  assert.equal((await stand.create({ ack: 1 })).attribute('ack'), '1000')
  for (const ack of [0, 2, 'x']) assert.equal((await stand.create({ ack })).attribute('ack'), undefined)
})

test('B-062 a newkey of 40 hexadecimal digits is taken, any other refused', async () => {
  await using stand = await openStand()
  assert.ok((await stand.create({ newkey: 'aB'.repeat(20) })).attribute('sid'))
  for (const newkey of ['', 'x'.repeat(40), 'a'.repeat(39)])
    assert.equal((await stand.create({ newkey })).attribute('condition'), 'bad-request')
})

test('B-063 the XMPP version is taken with any prefix, and with xmpp: even where that is not declared', async () => {
  const versions: (string | undefined)[] = []
  await using stand = await openStand({
    openStream: (carrier) => ({
      open(header) {
        versions.push(header.version)
        carrier.send('<features/>', 0)
      },
      receive() {},
      alive() {},
      waiting() {},
      written() {},
      acknowledged() {},
      ended() {},
    }),
  })
  const start = `<body xmlns='${ns.body}' to='localhost' rid='1' wait='30' hold='1'`
  await stand.post(`${start} xmlns:x='${ns.xbosh}' x:version='1.0'/>`)
  await stand.post(`${start} xmpp:version='1.0'/>`)
  assert.deepEqual(versions, ['1.0', '1.0'])
})

test('B-064 payload of the creation request is processed once the stream is open', async () => {
  await using stand = await openStand()
  const created = await stand.create({}, logInPayload)
  assert.match(created.text, /<stream:features[\s\S]*<success[\s\S]*<jid>/)
  assert.deepEqual(stand.streams[0]?.events.slice(0, 2), ['alive', 'open localhost'])
})

test('B-065 abandoned log-ins use up what an address may, done ones do not', async () => {
  let origin = overTls
  await using stand = await openStand({ originOf: () => origin })
  for (let index = 0; index < 50; index++) {
    const { sid, rid } = await stand.logIn()
    await stand.post(bodyText({ sid, rid, type: 'terminate' }))
  }
  for (let index = 0; index < 1000; index++) {
    const sid = (await stand.create()).attribute('sid') ?? ''
    await stand.post(bodyText({ sid, rid: 1001, type: 'terminate' }))
  }
  assert.equal((await stand.create()).attribute('condition'), 'policy-violation')
  origin = { ...overTls, address: '192.0.2.8' }
  assert.ok((await stand.create()).attribute('sid'), 'another address may')
  origin = overTls
  stand.clock.pass(10_000)
  assert.ok((await stand.create()).attribute('sid'), 'it comes back with time')
})

test('B-065 a stranger is let go after 15 s, or 15 s more if authentication has started', async () => {
  await using stand = await openStand()
  const sid = (await stand.create()).attribute('sid') ?? ''
  const started = (await stand.create({}, `<auth xmlns='${ns.sasl}' mechanism='X'/>`)).attribute('sid') ?? ''
  await stand.logIn()
  const isThere = async (which: string, rid: number) =>
    (await stand.post(bodyText({ sid: which, rid, type: 'x' }, "<message xmlns='jabber:client'/>"))).attribute(
      'type',
    ) === undefined
  assert.equal(stand.bosh.sessions, 3)
  stand.clock.pass(14_000)
  assert.equal(await isThere(sid, 1001), true)
  stand.clock.pass(2000)
  assert.equal(await isThere(sid, 1002), false)
  assert.equal(await isThere(started, 1001), true)
  stand.clock.pass(15_000)
  assert.equal(stand.bosh.sessions, 1)
})

test('B-065 a stranger may cost 64 KiB and no more', async () => {
  await using stand = await openStand()
  const long = `<x xmlns='u'>${'a'.repeat(40_000)}</x>`
  const sid = (await stand.create({}, long)).attribute('sid') ?? ''
  assert.equal((await stand.post(bodyText({ sid, rid: 1001 }, long))).attribute('type'), 'terminate')
  assert.equal((await stand.create({}, long + long)).attribute('condition'), 'policy-violation')
})

test('B-065 under a flood the oldest that says nothing makes room, and who is at its log-in has longer', async () => {
  const strangers = { maxBytes: 2 * (strangerBase + 1024), maxWaiting: 0, maxWaitingBytes: 4096 }
  await using stand = await openStand({ options: { strangers } })
  const conditionOf = (answer: { attribute(name: string): string | undefined }) => answer.attribute('condition')
  const sidOf = (answer: { attribute(name: string): string | undefined }) => answer.attribute('sid') ?? ''
  const beginning = sidOf(await stand.create())
  const silent = sidOf(await stand.create())
  // Their first response is here, so each has had its time from now on.
  void stand
    .post(bodyText({ sid: beginning, rid: 1001 }, `<auth xmlns='${ns.sasl}' mechanism='WAIT'/>`))
    .catch(() => {})
  await until(() => stand.bosh.open === 0)
  assert.equal(conditionOf(await stand.create()), 'internal-server-error')
  stand.clock.pass(600)
  assert.equal(conditionOf(await stand.create()), undefined)
  assert.equal(conditionOf(await stand.post(bodyText({ sid: silent, rid: 1001 }))), 'item-not-found')
  assert.equal(stand.bosh.sessions, 2)
  // The newest has not had its time yet, and the one that has begun has more of it.
  assert.equal(conditionOf(await stand.create()), 'internal-server-error')
  stand.clock.pass(1500)
  assert.equal(conditionOf(await stand.create()), undefined)
  assert.equal(conditionOf(await stand.create()), undefined)
  assert.equal(conditionOf(await stand.post(bodyText({ sid: beginning, rid: 1002 }))), 'item-not-found')
})

test('B-065 when strangers have used up their memory, more of them wait until one is logged in', async () => {
  const strangers = { maxBytes: 2 * (strangerBase + 1024), maxWaiting: 1, maxWaitingBytes: 4096 }
  await using stand = await openStand({ options: { strangers } })
  const first = (await stand.create()).attribute('sid') ?? ''
  await stand.create()
  let isAnswered = false
  const third = stand.create().finally(() => {
    isAnswered = true
  })
  // The third waits, so a fourth finds no room even to wait.
  await until(() => stand.bosh.waiting === 1)
  assert.equal((await stand.create()).attribute('condition'), 'internal-server-error')
  assert.equal(isAnswered, false)
  await stand.post(bodyText({ sid: first, rid: 1001 }, logInPayload))
  assert.ok((await third).attribute('sid'))
})

test('S-D3 more than 64 KiB is not even read of who is not logged in', async () => {
  await using stand = await openStand()
  const malformed = `<x>${'a'.repeat(70_000)}</y>`
  const conditionFor = async (attributes: Parameters<typeof bodyText>[0]) =>
    (await stand.post(bodyText(attributes, malformed))).attribute('condition')
  const stranger = (await stand.create()).attribute('sid') ?? ''
  for (const sid of [undefined, stranger])
    assert.equal(await conditionFor({ sid, rid: 1001, to: 'localhost' }), 'policy-violation', `${sid}`)
  // A client whose session is over has to hear just that.
  assert.equal(await conditionFor({ sid: 'nobody', rid: 1001 }), 'item-not-found')
  const device = await stand.logIn()
  assert.equal(await conditionFor({ sid: device.sid, rid: device.rid }), 'bad-request')
  const long = `<message xmlns='jabber:client'><body>${'a'.repeat(70_000)}</body></message>`
  assert.ok((await stand.post(bodyText({ ...device }, long + ping('1')))).text.includes("id='1'"))
})

test('S-D3 a queue that has formed does not outlast what made it: who waits gets room as soon as somebody has to make it', async () => {
  const strangers = { maxBytes: 2 * (strangerBase + 1024), maxWaiting: 9, maxWaitingBytes: 16 * 1024 }
  await using stand = await openStand({ options: { strangers } })
  await stand.create()
  await stand.create()
  const waiting = stand.create()
  await until(() => stand.bosh.waiting === 1)
  stand.clock.pass(1000)
  const later = stand.create()
  assert.ok((await waiting).attribute('sid'))
  assert.ok((await later).attribute('sid'))
  assert.equal(stand.bosh.waiting, 0)
})
