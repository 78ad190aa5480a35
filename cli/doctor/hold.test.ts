/** The doctor measures what bad wires and a real nginx do to held answers and to streams. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHttpWire } from '../../testkit/http-wire.ts'
import { openNginx } from '../../testkit/nginx.ts'
import { openSmallRelay } from '../../testkit/small-relay.ts'
import { openWire } from '../../testkit/wire.ts'
import type { Way } from './ask.ts'
import { examine, openStranger } from './for-tests.ts'
import { checkHold } from './hold.ts'

const wayTo = (url: string): Way => ({ relay: new URL(url), proxy: undefined, authority: undefined, graceMs: 500 })

test('a wire that resets idle connections is measured', async () => {
  await using relay = await openSmallRelay()
  await using wire = await openWire(relay.url, { cutIdleAfterMs: 1000 })
  const finding = await checkHold(wayTo(wire.url), 3)
  assert.equal(finding.state, 'trouble')
  assert.ok(Math.abs(Number(finding.facts?.['cutAfterSeconds']) - 1) <= 0.4, finding.says)
  assert.match(finding.says, /Something between here and the relay cuts a held request after/)
})

test('a wire that closes idle connections in an orderly way is measured too', async () => {
  await using relay = await openSmallRelay()
  await using wire = await openWire(relay.url, { cutIdleAfterMs: 1000, cutHow: 'close' })
  const finding = await checkHold(wayTo(wire.url), 3)
  assert.ok(Math.abs(Number(finding.facts?.['cutAfterSeconds']) - 1) <= 0.4, finding.says)
})

test('a NAT that forgets connections without a word is narrowed down', async () => {
  await using relay = await openSmallRelay()
  await using wire = await openWire(relay.url, { cutIdleAfterMs: 1500, cutHow: 'silence' })
  const finding = await checkHold(wayTo(wire.url), 4)
  assert.equal(finding.state, 'trouble')
  assert.deepEqual(finding.facts, { livedSeconds: 1, diedSeconds: 2 })
  assert.match(finding.says, /forgets a held request silently after more than 1 s and at most 2 s/)
})

test('the advice is a wait that lives', async () => {
  await using relay = await openSmallRelay()
  await using wire = await openHttpWire(relay.url, { gatewayTimeoutMs: 700 })
  assert.match((await checkHold(wayTo(wire.url), 2)).todo ?? '', /too short for a relay/)
  wire.set({ gatewayTimeoutMs: 7000 })
  assert.match((await checkHold(wayTo(wire.url), 8)).todo ?? '', /start the relay with --wait 5\./)
})

test('a relay that holds too many probes is not called a bad way', async () => {
  await using relay = await openStranger((_, response) => void response.writeHead(429).end())
  assert.equal((await checkHold(wayTo(relay.url), 1)).state, 'unknown')
})

test('what was not measured is unknown', async () => {
  assert.equal((await checkHold(wayTo('http://127.0.0.1'), 0)).state, 'unknown')
})

test('a wire that keeps answers back is found', async () => {
  await using relay = await openSmallRelay()
  await using wire = await openHttpWire(relay.url, { bufferAnswers: true })
  const { troubles, of } = await examine(wire.url)
  assert.deepEqual(troubles, ['buffering'])
  assert.match(of('buffering').says, /keeps answers back until they are complete/)
})

test('nginx out of the box is named for buffering and for its time-out', async () => {
  await using relay = await openSmallRelay()
  await using nginx = await openNginx(relay.url, { setUp: 'out-of-the-box', readTimeoutSeconds: 3 })
  const { troubles, of } = await examine(nginx.url, { holdSeconds: 5 })
  assert.deepEqual(troubles, ['buffering', 'hold'])
  assert.match(of('buffering').says, /^nginx\/\S+ in front of the relay keeps answers back/)
  assert.match(of('hold').says, /^nginx\/\S+ in front of the relay cuts a held request after 3(\.\d)? s \(HTTP 504\)/)
})

test("nginx as we deploy it stands in nobody's way", async () => {
  await using relay = await openSmallRelay()
  await using nginx = await openNginx(relay.url, { setUp: 'as-deployed' })
  const { status, report } = await examine(nginx.url, { authority: nginx.authority ?? '' })
  assert.equal(status, 0, JSON.stringify(report))
})
