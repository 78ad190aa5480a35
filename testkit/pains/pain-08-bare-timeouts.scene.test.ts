/** Field note 8: a call that fails with a bare 408, 409 or 504; here each failure says what happened and what to do, and time-outs fit into each other. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { untilState } from '../device-look.ts'
import { type HandDevice, joinByHand } from '../hand-device.ts'
import { openHttpWire } from '../http-wire.ts'
import { listenOnFreePort } from '../listen.ts'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import { assertRefusal } from '../refusal.ts'
import { runCli } from '../run-cli.ts'

// Every code of the contract's table: testkit/contract-codes.test.ts; the bounds of timeoutSeconds: testkit/contract-limits.test.ts.

const defaultS = 3
const scene = new AsyncDisposableStack()
let street: Neighbourhood
/** ONLINE; it takes everything and answers nothing. */
let mute: HandDevice
/** What the mute device was told of how long it has. */
const told: unknown[] = []

before(async () => {
  street = scene.use(await openNeighbourhood({ relay: ['--request-timeout', String(defaultS)] }))
  mute = scene.use(await joinByHand(street, 'mute'))
  mute.serve(({ request }) => {
    told.push(request.timeoutSeconds)
    return new Promise(() => {})
  })
  await untilState(street.service, 'mute', 'online')
})
after(() => scene.disposeAsync())

async function timed<Value>(work: Promise<Value>): Promise<[Value, number]> {
  const startedMs = performance.now()
  const value = await work
  return [value, performance.now() - startedMs]
}

describe('failures', { concurrency: 3 }, () => {
  test('pain 8: the time-out is the request’s own, else the relay’s, and the device is told the same', async () => {
    const asking = [1, 2, undefined].map((seconds) =>
      timed(street.service.ask('mute', { get: ['model'], ...(seconds && { timeoutSeconds: seconds }) })),
    )
    for (const [at, seconds] of [1, 2, defaultS].entries()) {
      const [reply, ms] = (await asking[at]) ?? assert.fail()
      const { detail } = assertRefusal(reply, { status: 504, code: 'device-timeout', outcome: 'unknown' })
      assert.match(String(detail), /may or may not have been done/)
      assert.ok(ms >= seconds * 1000 - 50 && ms < seconds * 1000 + 1500, `${seconds} s took ${ms} ms`)
    }
    assert.deepEqual(told.slice(0, 3).sort(), [1, 2, defaultS])
  })

  test('pain 8: what cannot be asked is told at once, with why and what to do, whatever the time-out', async () => {
    await street.enrol('away')
    const [reply, ms] = await timed(street.service.ask('away', { get: ['model'], timeoutSeconds: 300 }))
    const body = assertRefusal(reply, { status: 409, code: 'device-offline', outcome: 'not-sent' })
    assert.match(String(body['detail']), /deliverWithinSeconds/)
    assert.deepEqual([body['reason'], body['lastSeenAt']], ['never-seen', null])
    assert.ok(ms < 1000, `${ms} ms`)
    const shown = await runCli(['get', 'away', 'model', '--relay', street.url, '--key', street.adminKey])
    assert.equal(shown.code, 1)
    assert.match(shown.stderr, /^The device is offline\. It has never connected\. .* --deliver-within SECONDS/)
    assert.doesNotMatch(shown.stderr, /409|deliverWithinSeconds/)
  })

  for (const timeoutSeconds of [3, 6])
    test(`pain 8: a printer behind its agent that is silent is named within ${timeoutSeconds} s, and is no time-out of the agent`, async () => {
      const printer = createSocket('udp4').bind(0, '127.0.0.1')
      await once(printer, 'listening')
      using _ = { [Symbol.dispose]: () => printer.close() }
      const id = `silent-${timeoutSeconds}`
      await street.openAgent({ id, driver: `snmp://127.0.0.1:${printer.address().port}?community=public` })
      const [reply, ms] = await timed(street.service.ask(id, { get: ['model', 'toner.black'], timeoutSeconds }))
      assert.deepEqual([reply.status, reply.outcome], [200, 'answered'], JSON.stringify(reply.body))
      const { values, errors } = Object(reply.body)
      assert.deepEqual(values, {})
      for (const name of ['model', 'toner.black']) {
        assert.equal(errors[name].code, 'no-answer')
        assert.match(errors[name].message, /The device did not answer within [\d.]+ s\./)
      }
      assert.ok(ms < timeoutSeconds * 1000, `${ms} ms`)
    })

  test('pain 8: a gateway’s bare 504 is told as the gateway’s, and as what it means for what was asked', async () => {
    await using wire = await openHttpWire(street.url, { gatewayTimeoutMs: 700 })
    const at = ['--relay', wire.url, '--key', street.adminKey]
    const shown = await runCli(['set', 'mute', 'location=here', ...at])
    assert.equal(shown.code, 1)
    assert.match(
      shown.stderr,
      /^Something in front of http:\S+ answered in place of the relay \(HTTP 504\): it waits too short/,
    )
    assert.match(shown.stderr, /What was asked for may or may not have been done\.\n$/)
    // What an operator cannot change is got round: the answer is fetched instead of waited for.
    const later = await fetch(`${wire.url}/v1/devices/mute/requests`, {
      method: 'POST',
      headers: { authorization: `Bearer ${street.adminKey}`, prefer: 'respond-async' },
      body: JSON.stringify({ get: ['model'] }),
    })
    assert.equal(later.status, 202)
    assert.match(later.headers.get('location') ?? '', /^\/v1\/requests\//)
  })

  test('pain 8: an answer that is lost on its way is not told as nothing having happened', async () => {
    await street.openAgent({ id: 'here' })
    await using wire = await openHttpWire(street.url, { loseAnswerFraction: 1, losePath: '/v1/devices/' })
    const shown = await runCli(['set', 'here', 'location=stairs', '--relay', wire.url, '--key', street.adminKey])
    assert.equal(shown.code, 1)
    assert.match(
      shown.stderr,
      /^No relay answers at http:.*: .*\. What was asked for may or may not have been done\.\n$/,
    )
    const { body } = await street.service.ask('here', { get: ['location'] })
    assert.deepEqual(Object(body).values, { location: 'stairs' }, 'it has been done')

    const gone = await listenOnFreePort(createServer())
    await gone[Symbol.asyncDispose]()
    const nobody = await runCli(['set', 'here', 'location=x', '--relay', gone.url, '--key', street.adminKey])
    assert.match(nobody.stderr, /^No relay answers at http:.*ECONNREFUSED.*\.\n$/)
    assert.doesNotMatch(nobody.stderr, /may or may not/)
  })
})
