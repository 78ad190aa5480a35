/** The loops at somebody who answers as the test wants: what is counted, and from when. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Asker } from './asker.ts'
import { Device } from './device.ts'
import type { Fleet } from './fleet.ts'
import { closedLoop, openLoop } from './loops.ts'
import { createScramKeyring } from './scram-keyring.ts'

const nobody = new Device(
  'nobody',
  {
    bosh: { host: '127.0.0.1', port: 1, path: '/' },
    domain: 'localhost',
    mechanism: 'SCRAM-SHA-1',
    keyring: createScramKeyring('secret', 'sha1'),
    waitSeconds: 1,
    answers: 'session',
    answerOf: () => '',
  },
  { bound() {}, polled() {}, lost() {} },
)

/** Anybody is free to be asked at any time. */
const fleet: Fleet = {
  ...{ size: 1, polls: 0, lost: 0, lastLoss: '', devices: [nobody] },
  pick: () => nobody,
  grow: () => Promise.reject(new Error('Nobody logs in here.')),
  cut() {},
  reset() {},
  stay: () => new Set(),
  resume: () => Promise.reject(new Error('Nobody comes back here.')),
  close() {},
}

const askerThat = (ask: (done: (isGood: boolean) => void) => void): Asker => ({
  lastTrouble: '',
  ask: (_device, done) => ask(done),
  close() {},
})

test('a server that stands still pays for every request that was due meanwhile', async () => {
  const [stillMs, perSecond] = [400, 200]
  const startedMs = performance.now()
  // Still from the beginning of what is measured, and quick again after that.
  const asker = askerThat((done) => {
    const sinceMs = performance.now() - startedMs
    setTimeout(done, sinceMs < 200 + stillMs ? 200 + stillMs - sinceMs : 0, true)
  })
  const figures = await openLoop({ fleet, asker, warmMs: 200, measureMs: 800 }, perSecond)
  // Half of the requests were due while it stood still; the first of them waited for all of that time.
  assert.ok(figures.maxMs >= stillMs / 2, `the slowest waited ${figures.maxMs} ms`)
  assert.ok(figures.p90Ms >= stillMs / 4, `one in ten waited ${figures.p90Ms} ms`)
  assert.ok(Math.abs(figures.perSecond - perSecond) < perSecond / 10, `${figures.perSecond} a second`)
  assert.deepEqual([figures.failed, figures.open], [0, 0])
})

test('what is due while every device is busy is asked as soon as one is free', async () => {
  let [isBusy, most, open, asked] = [false, 0, 0, 0]
  const one: Fleet = { ...fleet, pick: () => (isBusy ? undefined : nobody) }
  const asker = askerThat((done) => {
    isBusy = true
    asked++
    most = Math.max(most, ++open)
    // Twice as long as from one request to the next.
    setTimeout(() => {
      isBusy = false
      open--
      done(true)
    }, 20)
  })
  const figures = await openLoop({ fleet: one, asker, warmMs: 0, measureMs: 300 }, 100)
  assert.equal(most, 1)
  assert.deepEqual([figures.failed, figures.open, figures.all], [0, 0, asked])
  assert.ok(Math.abs(figures.perSecond - 100) < 10, `${figures.perSecond} a second`)
  assert.ok(figures.maxMs >= 200, `the last one waited ${figures.maxMs} ms`)
})

test('so many are always in flight in the closed loop, and failures are counted apart', async () => {
  let [open, most, asked] = [0, 0, 0]
  const asker = askerThat((done) => {
    most = Math.max(most, ++open)
    const isGood = ++asked % 4 !== 0
    setTimeout(() => {
      open--
      done(isGood)
    }, 5)
  })
  const figures = await closedLoop({ fleet, asker, warmMs: 50, measureMs: 300 }, 12)
  assert.equal(most, 12)
  assert.ok(figures.failed > 0 && figures.perSecond > 0)
  const good = figures.perSecond * 0.3
  assert.ok(figures.failed > good / 6 && figures.failed < good, `${figures.failed} failed, ${good} did not`)
  assert.equal(figures.open, 0)
})
