/** The relay is killed and comes back: devices go on with their sessions, and none logs in anew (`safety.md` 6.7). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lookAt, untilState } from './device-look.ts'
import { openHttpWire } from './http-wire.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { openRawDevice, type RawDevice } from './raw-device.ts'
import { until } from './until.ts'

const ids = ['one', 'two', 'three', 'four']

test('after kill -9 agents go on without a log-in, and what is asked of them is answered', async () => {
  await using street = await openNeighbourhood()
  await using wire = await openHttpWire(street.url)
  for (const id of ids) await street.openAgent({ id, relayUrl: wire.url })
  const logIns = () => wire.visits.filter(({ body }) => body.includes('<auth')).length
  const before = logIns()
  assert.equal(before, ids.length)
  for (const id of ids) assert.equal((await street.service.ask(id, { get: ['model'] })).status, 200)
  // A session is written down a moment after its log-in, for which nobody waits: one that is killed before costs a log-in.
  await until('every session is on disk', async () => (await street.sessionsOnDisk()).length === ids.length)
  await until('every device holds a request again', async () => {
    const looks = await Promise.all(ids.map((id) => lookAt(street.service, id)))
    return looks.every(({ suspect, state }) => state === 'online' && !suspect)
  })

  await street.restartRelay('SIGKILL')
  for (const id of ids) await untilState(street.service, id, 'online')
  for (const id of ids) {
    const reply = await street.service.ask(id, { set: { location: `with ${id}` } })
    assert.deepEqual([reply.status, Object(reply.body).values], [200, { location: `with ${id}` }])
  }
  assert.equal(logIns(), before)
})

test('a session whose secret was changed, or whose device was removed, does not come back with the relay', async () => {
  await using street = await openNeighbourhood()
  const devices = new Map<string, RawDevice>()
  for (const id of ['kept', 'rotated', 'removed']) {
    const { secret } = await street.enrol(id)
    const device = await openRawDevice({ relayUrl: street.url, id, secret })
    devices.set(id, device)
    const held = device.send().catch(() => undefined)
    await untilState(street.service, id, 'online')
    await until(`the session of ${id} is on disk`, async () => (await street.sessionsOnDisk()).includes(id))
    if (id === 'rotated') assert.equal((await street.service.post('/v1/devices/rotated/rotate', {})).status, 200)
    if (id === 'removed') assert.equal((await street.service.call('DELETE', '/v1/devices/removed')).status, 204)
    // A held request is lost with the relay that is killed at once: nothing waits for a moment's rest.
    if (id === 'removed') await street.restartRelay('SIGKILL')
    void held
  }
  for (const id of ['rotated', 'removed']) {
    // A connection to the relay that was killed may be tried first.
    const answer = await until(`${id} is answered`, () =>
      devices
        .get(id)
        ?.send()
        .catch(() => undefined),
    )
    assert.equal(answer.condition, 'item-not-found', id)
  }
  void devices
    .get('kept')
    ?.send()
    .catch(() => {})
  await untilState(street.service, 'kept', 'online')
})
