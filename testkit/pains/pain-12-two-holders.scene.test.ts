/** Field note 12: two holders of one identity kick each other for ever; here one is kept, somebody is told, and it ends when one stops. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startAgent } from '../agent-command.ts'
import { lookAt } from '../device-look.ts'
import { openEventStream } from '../event-stream.ts'
import { openFolder } from '../folder.ts'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import { openRawDevice, pushesIn } from '../raw-device.ts'
import { until } from '../until.ts'
import { readLog, untilLogged } from './log.ts'
import { openPoints } from './points.ts'

// The rule to the second: relay/sessions/sessions.test.ts; an agent's growing pauses: agent/uplink/comeback.test.ts.

const scene = new AsyncDisposableStack()
let street: Neighbourhood
before(async () => {
  street = scene.use(await openNeighbourhood({ relay: ['--inactivity', '3', '--survival-timeout', '0'] }))
})
after(() => scene.disposeAsync())

const answeredBy = async (id: string) => {
  const { status, outcome, body } = await street.service.ask(id, { get: ['location'], timeoutSeconds: 5 })
  return status === 200 ? Object(body).values.location : outcome
}

/** A device of the impatient kind: thrown out, it is back a moment later. */
function openImpatient(relayUrl: string, id: string, secret: string, name: string) {
  const counts = { logIns: 0, refused: 0 }
  let isOver = false
  let present: Awaited<ReturnType<typeof openRawDevice>> | undefined

  async function liveOnce(): Promise<void> {
    const device = await openRawDevice({ relayUrl, id, secret, resource: name })
    counts.logIns++
    present = device
    for (;;) {
      const answer = await device.send()
      for (const pushed of pushesIn(answer)) await device.respond(pushed.id, { values: { location: name }, errors: {} })
      if (answer.type === 'terminate') return
    }
  }
  const living = (async () => {
    while (!isOver) {
      await liveOnce().catch(() => counts.refused++)
      await pause(150)
    }
  })()
  return {
    counts,
    async [Symbol.asyncDispose]() {
      isOver = true
      present?.vanish()
      await living
    },
  }
}

describe('two holders', { concurrency: 2 }, () => {
  test('pain 12: of two agents with one secret the second stays, and the first is told why and keeps away for a minute at least', async () => {
    const first = await street.openAgent({ id: 'twin', driver: 'virtual?location=first' })
    await using folder = await openFolder()
    const given = ['--relay', street.url, '--id', 'twin', '--driver', 'virtual?location=second', '--data', folder.path]
    await using second = await startAgent(given, { FAIRLEAD_SECRET: first.secret })
    await second.nextEvent('device.online')
    assert.equal((await first.process.nextEvent('device.offline'))['reason'], 'replaced')
    const { msg } = await untilLogged(first.process, 'device.state', /^Another holder of this credential took over/)
    const [, seconds] = /same device ID\. Stop one, or rotate the secret\. Next try in (\d+) s\.$/.exec(msg) ?? []
    assert.ok(Number(seconds) >= 60, msg)

    const { stateSinceAt } = await lookAt(street.service, 'twin')
    for (let turn = 0; turn < 10; turn++) assert.equal(await answeredBy('twin'), 'second')
    assert.equal((await lookAt(street.service, 'twin')).stateSinceAt, stateSinceAt)
    assert.equal(readLog(second, 'device.state').length, 1, 'the second notices nothing of it')
  })

  test('pain 12: two impatient holders at two addresses: an alarm names the device, one is kept, and it ends when that one stops', async () => {
    const { secret } = await street.enrol('clone')
    await using stream = await openEventStream({
      relayUrl: street.url,
      key: street.adminKey,
      query: 'device=clone&type=device.changed',
    })
    await using here = await openPoints(street.url, { from: '127.0.0.2' })
    await using there = await openPoints(street.url, { from: '127.0.0.3' })
    const holders = new Map([
      ['here', openImpatient(here.url, 'clone', secret, 'here')],
      ['there', openImpatient(there.url, 'clone', secret, 'there')],
    ])
    await using stack = new AsyncDisposableStack()
    for (const holder of holders.values()) stack.use(holder)

    const alarm = await stream.next()
    assert.equal(alarm.data['alarm'], 'cloned-credential')
    const logged = await untilLogged(street.relay(), 'sessions.cloned-credential', /Two holders of one secret/)
    assert.deepEqual([logged.level, logged['device']], ['warn', 'clone'])
    const { body } = await street.service.read('/v1/audit?device=clone&action=device.cloned-credential')
    const [entry] = Object(body).items
    assert.deepEqual([entry.account, entry.actor, entry.address], ['default', { kind: 'relay' }, alarm.data['address']])

    const kept = await until('one of them stays', async () => {
      const name = await answeredBy('clone')
      return holders.has(name) && name
    })
    const other = kept === 'here' ? 'there' : 'here'
    const before = { ...holders.get(other)?.counts }
    const { stateSinceAt } = await lookAt(street.service, 'clone')
    for (let turn = 0; turn < 20; turn++) assert.equal(await answeredBy('clone'), kept)
    await until('the other has been refused', () => (holders.get(other)?.counts.refused ?? 0) > (before.refused ?? 0))
    assert.equal(holders.get(other)?.counts.logIns, before.logIns)
    assert.equal((await lookAt(street.service, 'clone')).stateSinceAt, stateSinceAt)

    // The one that was kept stops: from here on there is one holder, and nothing is wrong any more.
    await holders.get(kept)?.[Symbol.asyncDispose]()
    await until('the other is let in', async () => (await answeredBy('clone')) === other)
    for (let turn = 0; turn < 10; turn++) assert.equal(await answeredBy('clone'), other)
    assert.equal(readLog(street.relay(), 'sessions.cloned-credential').length, 1, 'one alarm for one matter')
  })
})
