/** Field note 1: something in front kills the held connection; the session bears it, and the product says who and after how many seconds. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Role } from '../cast/cast.ts'
import { lookAt } from '../device-look.ts'
import { openHttpWire } from '../http-wire.ts'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import { runCli } from '../run-cli.ts'
import { until } from '../until.ts'
import { openWire } from '../wire.ts'
import { untilLogged } from './log.ts'

// nginx and company proxies: testkit/a16-nginx.scene.test.ts, testkit/proxied-agent.scene.test.ts; what was learned is kept: agent/way.test.ts.

/** Stands for the 60 and 100 seconds of the field: above the shortest hold there is, and far below the one that is asked for. */
const cutAfterMs = 7000

/** What sits between, as the field knows it, and how often it has cut. */
const culprits = {
  'a firewall that resets what lies idle': async (url: string) => {
    const wire = await openWire(url, { cutIdleAfterMs: cutAfterMs })
    return Object.assign(wire, { cuts: () => wire.counts.cut })
  },
  'a balancer that closes what lies idle': async (url: string) => {
    const wire = await openWire(url, { cutIdleAfterMs: cutAfterMs, cutHow: 'close' })
    return Object.assign(wire, { cuts: () => wire.counts.cut })
  },
  'a gateway that answers 504 in place of the relay': async (url: string) => {
    const wire = await openHttpWire(url, { gatewayTimeoutMs: cutAfterMs })
    return Object.assign(wire, { cuts: () => wire.counts.timedOut })
  },
}

async function mustAnswer({ service }: Neighbourhood, when: string): Promise<void> {
  const { status, body } = await service.ask('lobby', { get: ['model'] })
  assert.equal(status, 200, `${when}: ${JSON.stringify(body)}`)
}

/** What the doctor says of holding a request there. */
async function examine(url: string) {
  const { code, stdout } = await runCli(['doctor', '--relay', url, '--hold', '9', '--json'])
  const hold = JSON.parse(stdout).findings.find(({ check }: { check: string }) => check === 'hold')
  return { code, hold }
}

// Most of the time they wait to be cut, so they wait together.
describe('cut holds', { concurrency: 5 }, () => {
  for (const [who, open] of Object.entries(culprits)) {
    test(`pain 1: ${who} is outlived in one session, learned, and named by the agent and the doctor`, async () => {
      await using street = await openNeighbourhood()
      await using culprit = await open(street.url)
      const examining = examine(culprit.url)
      const lobby = await street.openAgent({ id: 'lobby', relayUrl: culprit.url })
      const { stateSinceAt } = await lookAt(street.service, 'lobby')
      const { code, hold } = await examining
      assert.equal(code, 1)
      assert.match(hold.says, /^Something between here and the relay cuts a held request after \d/)
      assert.ok(Math.abs(hold.facts.cutAfterSeconds - cutAfterMs / 1000) < 1, hold.says)

      const { msg } = await untilLogged(lobby.process, 'uplink.hold-cut', /./, 40_000)
      const [, seconds = Number.NaN] = /cuts held requests after about (\d+) s \(a proxy/.exec(msg) ?? []
      assert.ok(Math.abs(Number(seconds) - cutAfterMs / 1000) <= 1, msg)
      await mustAnswer(street, 'after the cuts')

      const cuts = culprit.cuts()
      const learnedAtMs = Date.now()
      await until('it has been quiet for longer than its patience', async () => {
        const { lastSeenAt } = await lookAt(street.service, 'lobby')
        return Date.parse(lastSeenAt ?? '') - learnedAtMs > cutAfterMs + 2000
      })
      await mustAnswer(street, 'once it has learned')
      const look = await lookAt(street.service, 'lobby')
      assert.deepEqual([look.state, look.stateSinceAt], ['online', stateSinceAt], 'ONLINE without a break')
      assert.doesNotMatch(lobby.process.output().stdout, /device\.offline/)
      // A spare connection that lies idle may still be cut, but nothing that is held.
      assert.ok(culprit.cuts() - cuts <= 1, `${culprit.cuts() - cuts} more`)
    })
  }

  test('pain 1: a gateway that forgets connections without a word loses no request for longer than the survival timer', async () => {
    await using street = await openNeighbourhood({ relay: ['--wait', '20', '--survival-timeout', '5'] })
    await using wire = await openWire(street.url, { cutIdleAfterMs: 2000, cutHow: 'silence' })
    const impatient = ['--survival-answer-timeout', '2']
    const lobby = await street.openAgent({ id: 'lobby', relayUrl: wire.url, agent: impatient })
    const { stateSinceAt } = await lookAt(street.service, 'lobby')
    for (const cuts of [1, 2]) {
      await until('the way has forgotten the connection', () => wire.counts.cut >= cuts)
      // It goes into the void at first: nobody has been told. The device asks whether it still has a session, and gets it.
      await mustAnswer(street, `after cut ${cuts}`)
    }
    const look = await lookAt(street.service, 'lobby')
    assert.deepEqual([look.state, look.stateSinceAt], ['online', stateSinceAt])
    assert.doesNotMatch(lobby.process.output().stdout, /device\.offline/)
  })

  test('pain 1: a stock client that learns nothing is never cut where --wait is below what the way bears', async () => {
    await using street = await openNeighbourhood({ relay: ['--wait', '5', '--survival-timeout', '0'] })
    await using wire = await openHttpWire(street.url, { gatewayTimeoutMs: cutAfterMs })
    const role: Role = { client: 'strophe', transport: 'bosh' }
    await street.openStockDevice({ id: 'lobby', role, objects: { model: 'Stock' }, relayUrl: wire.url })
    const { stateSinceAt } = await lookAt(street.service, 'lobby')
    const held = () => wire.visits.filter(({ answered }) => answered).length
    const before = held()
    await until('three holds have ended by themselves', () => held() >= before + 3, 40_000)
    assert.equal(wire.counts.timedOut, 0)
    assert.equal((await lookAt(street.service, 'lobby')).stateSinceAt, stateSinceAt)
    await mustAnswer(street, 'in the end')
  })
})
