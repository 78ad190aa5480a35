/** Making sessions and logging in leave room in each turn for those that are in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, createSeededRandom, silentLog } from '@fairlead/base'
import type { Exchange, HttpAnswer } from './bosh-exchange.ts'
import { bodyText } from './bosh-play.ts'
import { createBoshSessions } from './bosh-sessions.ts'
import { createEchoStream, logInPayload, loopback, ping } from './bosh-stand.ts'
import { createTurns } from './bosh-turns.ts'

test('S-D3 what is too much for one turn of the event loop waits for the next ones, in order', () => {
  let nowMs = 0
  const nextTurns: (() => void)[] = []
  const turns = createTurns(
    () => nowMs,
    10,
    (run) => nextTurns.push(run),
  )
  const done: number[] = []
  const each = (at: number) => () => {
    nowMs += 4
    done.push(at)
  }
  for (let at = 1; at <= 7; at++) turns.run(each(at))
  assert.deepEqual(done, [1, 2, 3])
  assert.equal(nextTurns.length, 1, 'the loop is asked for one more turn, however many wait')
  nextTurns.shift()?.()
  assert.deepEqual(done, [1, 2, 3, 4, 5, 6])
  turns.run(each(8))
  assert.deepEqual(done, [1, 2, 3, 4, 5, 6], 'nobody overtakes')
  turns.flush()
  assert.deepEqual(done, [1, 2, 3, 4, 5, 6, 7, 8])
  let taken = 0
  while (turns.run(each(9))) taken++
  assert.equal(taken, 20_000, 'and no more than a fleet waits')
})

test('what takes no time never waits', () => {
  const turns = createTurns(
    () => 0,
    10,
    () => assert.fail('no turn is needed'),
  )
  let done = 0
  for (let at = 0; at < 1000; at++) turns.run(() => void done++)
  assert.equal(done, 1000)
})

test('R-03 of log-ins as many are taken in a turn as have room in it, the rest in the next ones, and who is in waits for none', async () => {
  const clock = createHandClock()
  const bosh = createBoshSessions({
    ...{ domain: 'localhost', clock, random: createSeededRandom(1), log: silentLog },
    options: { waitSeconds: 30, inactivitySeconds: 60, maxBodyBytes: 65_536 },
    networkOf: (address) => address,
    openStream(carrier, watch) {
      const stream = createEchoStream(carrier, watch)
      const { receive } = stream
      return Object.assign(stream, {
        receive(element: Parameters<typeof receive>[0]) {
          // What a log-in takes is made up; all else takes nothing.
          if (element.name === 'auth') clock.pass(8)
          receive(element)
        },
      })
    },
  })
  const nextTurn = () => new Promise(setImmediate)
  const answers = new Map<number, HttpAnswer>()
  let way = 0

  function send(text: string): number {
    const at = ++way
    const exchange: Exchange = {
      ...{ way: at, isGone: false, origin: () => loopback, cut() {} },
      answer: (answer) => void answers.set(at, answer),
    }
    bosh.take(exchange, Buffer.from(text))
    return at
  }

  async function create(): Promise<string> {
    const at = send(bodyText({ to: 'localhost', rid: 1000, wait: 30, hold: 1, ver: '1.6' }))
    await nextTurn()
    return /\ssid='([^']*)'/.exec(answers.get(at)?.body ?? '')?.[1] ?? assert.fail('there is no session')
  }

  const inside = await create()
  send(bodyText({ sid: inside, rid: 1001 }, logInPayload))
  const strangers: string[] = []
  for (let count = 0; count < 7; count++) strangers.push(await create())
  await nextTurn()

  const sent = strangers.map((sid) => send(bodyText({ sid, rid: 1001 }, logInPayload)))
  const pinged = send(bodyText({ sid: inside, rid: 1002 }, ping('now')))
  await Promise.resolve()
  const answered = () => sent.filter((at) => answers.get(at)?.body.includes('success')).length
  // Their turn ends with whatever has begun in it.
  assert.equal(answered(), 3)
  assert.ok(answers.get(pinged)?.body.includes("id='now'"), 'who is in waits for none of them')
  await nextTurn()
  assert.equal(answered(), 6)
  await nextTurn()
  assert.equal(answered(), 7)
  bosh.close()
})
