/** What a session, an address or a guess may cost (S-D4, S-D6, S-A1, S-A2), and pushes taken back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyText, message, openPlay } from './bosh-play.ts'
import { openStand, ping, until } from './bosh-stand.ts'

test('S-D4 256 stanzas may wait for a device, and one more ends its session', () => {
  const play = openPlay()
  for (let token = 1; token <= 256; token++) play.push(token)
  assert.equal(play.ended(), undefined)
  play.push(257)
  assert.equal(play.ended()?.unsent.length, 257)
})

test('S-D4 1 MiB may wait for a device, and more ends its session', () => {
  const play = openPlay()
  play.push(1, 'a'.repeat(1024 * 1024))
  assert.equal(play.ended(), undefined)
  play.push(2, 'a')
  assert.deepEqual(play.ended()?.unsent, [1, 2])
})

test('S-D4 one response carries 256 KiB at most, or one stanza; the rest goes on the next', () => {
  const play = openPlay()
  for (const token of [1, 2, 3]) play.push(token, `<push${token}>${'a'.repeat(120_000)}</push${token}>`)
  play.push(4, `<push4>${'a'.repeat(300_000)}</push4>`)
  play.request({ rid: 1001 })
  assert.deepEqual(play.tokens('written'), [1, 2])
  play.request({ rid: 1002 })
  play.request({ rid: 1003 })
  assert.deepEqual(play.tokens('written'), [1, 2, 3, 4])
  assert.match(play.answerTo(1003), /<push4>/)
})

test('S-D4 200 stanzas may come at once, and 50 a second after that', () => {
  const play = openPlay()
  const many = (count: number) => message('x').repeat(count)
  play.request({ rid: 1001 }, many(200))
  play.pass(1000)
  play.request({ rid: 1002 }, many(50))
  assert.equal(play.ended(), undefined)
  play.request({ rid: 1003 }, many(1))
  assert.match(play.answerTo(1003), /condition='policy-violation'/)
})

test('S-D4 who says no more than it is asked for stays, however fast it is asked', () => {
  const play = openPlay()
  let rid = 1001
  for (let token = 1; token <= 500; token++) {
    play.push(token)
    play.request({ rid: rid++ }, message('answer'))
  }
  assert.equal(play.ended(), undefined)
  play.request({ rid }, message('x').repeat(201))
  assert.match(play.answerTo(rid), /condition='policy-violation'/, 'but nothing is saved up')
})

test('S-D6 duplicates are not logged, one by one or at all', async () => {
  let lines = 0
  const count = () => void lines++
  await using stand = await openStand({ log: { info: count, warn: count, error: count } })
  const { sid, rid } = await stand.logIn()
  for (let index = 0; index < 9; index++) await stand.post(bodyText({ sid, rid }, ping('1')))
  assert.equal(lines, 0)
})

test('S-A1 no line of the log has a sid in it', async () => {
  const lines: string[] = []
  const note = (...facts: unknown[]) => void lines.push(JSON.stringify(facts))
  await using stand = await openStand({ log: { info: note, warn: note, error: note } })
  const broken = await stand.logIn()
  await stand.post(bodyText({ ...broken }, "<break xmlns='u'/>"))
  const far = await stand.logIn()
  await stand.post(bodyText({ sid: far.sid, rid: far.rid + 100 }))
  assert.equal(lines.length, 2)
  for (const line of lines) assert.ok(!line.includes(broken.sid) && !line.includes(far.sid), line)
})

test('S-A2 a wrong sid and a wrong rid get the same answer', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  const wrongSid = await stand.post(bodyText({ sid: 'A'.repeat(32), rid }))
  const wrongRid = await stand.post(bodyText({ sid, rid: rid + 100 }))
  assert.equal(wrongRid.text, wrongSid.text)
  const fixed = (headers: Headers) => [...headers].filter(([name]) => name !== 'date')
  assert.deepEqual(fixed(wrongRid.headers), fixed(wrongSid.headers))
})

test('S-A2 who guesses more than twenty times a minute waits five seconds for each answer', async () => {
  await using stand = await openStand()
  const guess = () => stand.post(bodyText({ sid: 'A'.repeat(32), rid: 1 }))
  for (let index = 0; index < 20; index++) await guess()
  let isAnswered = false
  const slow = guess().finally(() => {
    isAnswered = true
  })
  await until(() => stand.bosh.slowed === 1)
  stand.clock.pass(4999)
  assert.equal(isAnswered, false)
  stand.clock.pass(1)
  assert.equal((await slow).attribute('condition'), 'item-not-found')
  // Whoever knows a sid is not slowed, from the same address.
  const { sid, rid } = await stand.logIn()
  assert.match((await stand.post(bodyText({ sid, rid }, ping('1')))).text, /id='1'/)
})

test('a push that is taken back before it left is not sent, and one that left is not affected', () => {
  const play = openPlay()
  play.push(1)
  play.push(2)
  play.turn({ kind: 'withdraw', token: 1 })
  play.request({ rid: 1001 })
  assert.doesNotMatch(play.answerTo(1001), /push 1/)
  assert.deepEqual(play.tokens('written'), [2])
  play.turn({ kind: 'withdraw', token: 2 }, { kind: 'end', condition: 'reset' })
  assert.deepEqual([play.ended()?.unsent, play.ended()?.unknown], [[], [2]])
})

test('a push of the very turn in which the session ended is told as unsent', async () => {
  await using stand = await openStand()
  await stand.logIn()
  const [stream] = stand.streams
  assert.ok(stream)
  // While the machine is at work, everything said waits: the end comes first, the push after it.
  const { alive } = stream
  stream.alive = () => {
    stream.carrier.end('conflict')
    stream.carrier.send('<late/>', 7)
    alive()
  }
  await stand.post(bodyText({ sid: stream.carrier.id, rid: 1002 }))
  assert.deepEqual(stream.end, { end: 'ended-by-us', unsent: [7], unknown: [] })
})
