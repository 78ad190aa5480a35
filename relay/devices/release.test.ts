/** Releases and resets that cross each other: once, and nobody is locked out who owns the device. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme, openWorld } from './for-tests.ts'

test('S-R4 a reset that is due is carried out once, whoever else carries it out in the same moment', async () => {
  await using world = await openWorld(undefined, { resetNoticeSeconds: 60 })
  const { devices, clock } = world
  await devices.enrol(acme, { id: 'desk' })
  await devices.askReset('desk')
  clock.pass(60_000)
  await Promise.all([devices.carryOutResets(), devices.carryOutResets()])
  assert.equal((await devices.ownership(acme, 'desk')).registration, 'none')
  const released = world.events.filter(({ data }) => JSON.parse(data).registration === 'none')
  assert.equal(released.length, 1)
})

test('S-R4 an owner who objects in the moment in which it is carried out keeps the device, and its secret is good', async () => {
  await using world = await openWorld(undefined, { resetNoticeSeconds: 60 })
  const { devices, clock } = world
  const { secret } = await devices.enrol(acme, { id: 'desk' })
  await devices.askReset('desk')
  clock.pass(60_000)
  const refusing = devices.refuseReset(acme, 'desk')
  await Promise.all([refusing, devices.carryOutResets()])
  assert.equal((await devices.ownership(acme, 'desk')).registration, 'enrolled')
  assert.ok(await devices.logIn.checkSecret('desk', secret))
})
