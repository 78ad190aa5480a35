/** N5 B8: what is performed for a device, on both databases. */
import assert from 'node:assert/strict'
import { openDatabase } from '../database/database.ts'
import { testOnBoth } from '../database/for-tests.ts'
import { createServicesOf } from './services-of.ts'

testOnBoth('N5 B8 its own subscriptions and those for all, when each ordered last, and why it may', async (place) => {
  await using database = await openDatabase(place)
  const { write } = database
  const servicesOf = createServicesOf(database)
  assert.deepEqual(await servicesOf('default', 'lobby'), { subscriptions: [], mandate: undefined })
  await write(async ({ sql }) => {
    await sql.insertInto('account').values({ id: 'default', name: null, created_at: 0 }).execute()
    const nothing = { model: null, serial: null, serial_lower: null, registered_at: null, reason: null }
    const never = { last_seen_at: null, address: null, transport: null, secret_version: null }
    await sql
      .insertInto('device')
      .values({
        ...{ ...nothing, ...never, id: 'lobby', account: 'default', tags: '[]', registration: 'enrolled' },
        ...{ capabilities: '{}', created_at: 0, state: 'offline', state_since_at: 0, epoch: 0 },
      })
      .execute()
    await sql.insertInto('consent').values({ device: 'lobby', given_by: 'admin', given_at: 7 }).execute()
    for (const [at, device] of ['lobby', null, 'hall'].entries()) {
      const webhook = { webhook_id: `w${at}`, account: 'default', url: 'http://127.0.0.1/', version: 1 }
      await sql
        .insertInto('webhook')
        .values({ ...webhook, rotated_at: null })
        .execute()
      await sql
        .insertInto('subscription')
        .values({
          ...{ subscription_id: `s${at}`, account: 'default', name: `n${at}`, device, conditions: '[]' },
          ...{ webhook_id: `w${at}`, paused: at % 2, created_at: at },
        })
        .execute()
    }
    for (const created_at of [5, 9])
      await sql
        .insertInto('supply_order')
        .values({
          ...{ order_id: `o${created_at}`, subscription_id: 's0', account: 'default', device: 'lobby' },
          ...{ object: 'toner.black', value: '3', life: created_at, reasons: '[]', created_at },
        })
        .execute()
  })
  assert.deepEqual(await servicesOf('default', 'lobby'), {
    subscriptions: [
      {
        ...{ subscriptionId: 's0', name: 'n0', paused: false, ofAllDevices: false },
        lastOrderedAt: '1970-01-01T00:00:00.009Z',
      },
      { subscriptionId: 's1', name: 'n1', paused: true, ofAllDevices: true, lastOrderedAt: null },
    ],
    mandate: { kind: 'consent', sinceAt: 7, by: 'admin' },
  })
  const gone = await servicesOf('another', 'lobby')
  assert.equal(gone.mandate, undefined, 'the consent is its owner’s')
})
