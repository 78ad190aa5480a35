/** Stock clients log in at the relay's doors and answer what it pushes, without knowing of us (N7). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSmallRelay } from '../small-relay.ts'
import { until } from '../until.ts'
import { cast, openStockDevice } from './cast.ts'

const secret = 'a secret & <odd> one'

for (const role of cast) {
  const title = `N7 ${role.client} over ${role.transport}`
  const open = (relay: { url: string; domain: string }, given = secret) =>
    openStockDevice({
      role,
      relayUrl: relay.url,
      domain: relay.domain,
      id: 'lobby',
      secret: given,
      objects: { model: 'Stock <1> & "2"', location: 'here' },
    })

  test(`${title} logs in, answers a get and a set, and takes its leave`, async () => {
    await using relay = await openSmallRelay({ devices: { lobby: secret } })
    await using device = await open(relay)
    assert.equal(await device.online(), 'lobby@relay.example/stock')

    const got = await relay.pushes.push('lobby', 'get', { get: ['model', 'mac'] })
    assert.deepEqual(got, {
      values: { model: 'Stock <1> & "2"' },
      errors: { mac: { code: 'unknown-object', message: 'This device has no such object.' } },
    })
    const set = await relay.pushes.push('lobby', 'set', { set: { location: '2nd floor – Büro ☕' } })
    assert.deepEqual(set, { values: { location: '2nd floor – Büro ☕' }, errors: {} })
    for (let n = 0; n < 20; n++)
      assert.deepEqual(await relay.pushes.push('lobby', 'get', { get: ['location'] }), {
        values: { location: '2nd floor – Büro ☕' },
        errors: {},
      })

    device.process.signal('SIGTERM')
    assert.equal(await until('the line has ended', () => relay.pushes.endOf('lobby')), 'terminated')
  })

  test(`${title} answers several requests at once, each with its own answer`, async () => {
    await using relay = await openSmallRelay({ devices: { lobby: secret } })
    await using device = await open(relay)
    await device.online()
    const names = ['model', 'location', 'a', 'b', 'c', 'd', 'e', 'f']
    const answers = await Promise.all(names.map((name) => relay.pushes.push('lobby', 'get', { get: [name] })))
    assert.deepEqual(
      answers.map((answer) => Object.keys({ ...Object(answer).values, ...Object(answer).errors })),
      names.map((name) => [name]),
    )
  })

  test(`${title} is told that its secret is wrong`, async () => {
    await using relay = await openSmallRelay({ devices: { lobby: secret } })
    await using device = await open(relay, 'another secret')
    assert.equal(await device.gone(), 'authentication')
  })
}
