/** The metrics of the contract. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from './metrics.ts'

test('every metric of the contract is there, with its labels and what was counted', async () => {
  using metrics = createMetrics({
    version: '1.2.3',
    countDevices: () => ({ online: 3, offline: 2, asleep: 1 }),
    countSessions: () => ({ bosh: 4, websocket: 5 }),
  })
  metrics.httpServed('/v1/devices/{id}', 200)
  metrics.rejected('unauthorized')
  metrics.requestFinished('get', 'answered', 0.02)
  const { content, contentType } = await metrics.render()
  assert.match(contentType, /^text\/plain/)
  for (const line of [
    'fairlead_build_info{version="1.2.3"} 1',
    'fairlead_devices{state="online"} 3',
    'fairlead_devices{state="offline"} 2',
    'fairlead_devices{state="asleep"} 1',
    'fairlead_sessions{transport="bosh"} 4',
    'fairlead_sessions{transport="websocket"} 5',
    'fairlead_requests_total{kind="get",outcome="answered"} 1',
    'fairlead_request_seconds_count 1',
    'fairlead_request_seconds_bucket{le="0.025"} 1',
    'fairlead_request_seconds_bucket{le="0.01"} 0',
    'fairlead_http_requests_total{route="/v1/devices/{id}",status="200"} 1',
    'fairlead_rejected_total{reason="unauthorized"} 1',
  ])
    assert.ok(content.split('\n').includes(line), `${line}\n${content}`)
  assert.match(content, /^fairlead_loop_lag_seconds \d/m)
})

test('two relays in one process count for themselves', async () => {
  const needs = {
    version: '1',
    countDevices: () => ({ online: 0, offline: 0, asleep: 0 }),
    countSessions: () => ({ bosh: 0, websocket: 0 }),
  }
  using one = createMetrics(needs)
  using other = createMetrics(needs)
  one.rejected('forbidden')
  assert.match((await one.render()).content, /reason="forbidden"} 1/)
  assert.doesNotMatch((await other.render()).content, /reason="forbidden"/)
})
