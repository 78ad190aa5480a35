/** The metrics of the contract. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from './metrics.ts'
import type { Standing } from './node-metrics.ts'

const standing: Standing = {
  node: 3,
  name: 'a-host 17',
  isLeaving: true,
  holds: false,
  nodes: 2,
  isWritable: true,
  isOnBus: true,
  bus: { dropped: 4, refused: 5, disconnects: 6 },
  adopted: 7,
  journalLag: 8,
}

test('every metric of the contract is there, with its labels and what was counted', async () => {
  using metrics = createMetrics({
    version: '1.2.3',
    countDevices: () => ({ online: 3, offline: 2, asleep: 1 }),
    countSessions: () => ({ bosh: 4, websocket: 5 }),
    standing: () => standing,
  })
  metrics.logInRefused()
  metrics.storageFailed()
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
    'fairlead_alarms_total{alarm="cloned-credential"} 0',
    'fairlead_log_ins_refused_total 1',
    'fairlead_storage_failures_total 1',
    'fairlead_node_info{node="3",name="a-host 17",state="leaving"} 1',
    'fairlead_nodes 2',
    'fairlead_node_holds 0',
    'fairlead_database_writable 1',
    'fairlead_bus_connected 1',
    'fairlead_bus_dropped_total 4',
    'fairlead_bus_refused_total 5',
    'fairlead_bus_disconnects_total 6',
    'fairlead_sessions_adopted_total 7',
    'fairlead_journal_lag_events 8',
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
