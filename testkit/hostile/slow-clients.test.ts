/** Two thousand slow clients: an honest device is let in beside them, they cost little, and each is cut in its time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SlowManner, SlowResult } from './plans.ts'
import { playRound } from './rounds.ts'
import { openVictim } from './victim.ts'

/** Those whose time is up within half a minute on a machine that is not busy; `npm run hostile -- --full slow` plays all, each alone. */
const cut: readonly SlowManner[] = ['headers', 'bosh-body', 'api-body', 'tls-hello', 'silence']

test('S-D2 2,000 slow clients of every manner: the honest device is let in, memory is bounded, and they are cut', async (context) => {
  await using victim = await openVictim('tls')
  const sizes = { seconds: 60, perSecond: 0, sockets: 2000, quietMs: 1000, settleSeconds: 0 }
  const figures = await playRound(victim, { title: 'slow', place: 'tls', attack: { slow: cut } }, sizes)
  context.diagnostic(JSON.stringify(figures, (_, value) => (typeof value === 'number' ? Math.round(value) : value)))
  const crowd = figures.crowd as SlowResult
  const opened = Object.values(crowd).reduce((sum, count) => sum + count.opened, 0)
  assert.equal(opened, 2000)
  for (const manner of cut) assert.equal(crowd[manner]?.cut, crowd[manner]?.opened, manner)
  assert.deepEqual(figures.failures, [])
  assert.ok(figures.attacked.count > 20, `${figures.attacked.count} log-ins`)
  // S-D2 says a second; a busy machine may take longer for the slowest of hundreds, not for the usual one.
  assert.ok(figures.attacked.medianMs < 1000, `${figures.attacked.medianMs} ms`)
  assert.ok(figures.mostMiB - figures.beforeMiB < 100, `from ${figures.beforeMiB} to ${figures.mostMiB} MiB`)
})
