/** An agent that reaches the relay only through a company's HTTP proxy, which closes what is idle (A16). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHttpProxy } from './http-proxy.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { until } from './until.ts'

/** Above the shortest hold of 5 s and far below the relay's 30 s: an agent that does not learn is cut again and again. */
const cutIdleAfterMs = 6500

test('A16 an agent behind a proxy that closes idle connections stays reachable, and learns to ask before it is cut', async () => {
  await using street = await openNeighbourhood()
  await using proxy = await openHttpProxy({ cutIdleAfterMs })
  await street.openAgent({
    id: 'lobby',
    environment: { HTTP_PROXY: proxy.url, http_proxy: proxy.url, NO_PROXY: '', no_proxy: '' },
  })
  const polls = () => proxy.visits.filter((visit) => visit.includes('/http-bind')).length
  const ask = async () => {
    const { status, outcome, body } = await street.service.ask('lobby', { get: ['model'] })
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(outcome, 'answered')
  }
  assert.ok(polls() > 0, 'it goes through the proxy')
  await ask()

  await until('the proxy has cut twice', () => proxy.counts.cut >= 2, 30_000)
  await ask()

  const [cuts, pollsBefore] = [proxy.counts.cut, polls()]
  await until('it has asked three times more', () => polls() >= pollsBefore + 3, 30_000)
  assert.equal(proxy.counts.cut, cuts, 'nothing was cut any more')
  await ask()
})
