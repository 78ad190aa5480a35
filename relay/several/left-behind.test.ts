/** 6.12 what a node wrote when it had been given up already is found by those that are there. */
import assert from 'node:assert/strict'
import { openDatabase } from '../database/database.ts'
import { testOnBoth } from '../database/for-tests.ts'
import { rowOf } from '../requests/for-tests.ts'
import { findLeftBehind } from './left-behind.ts'

const node = { home: '', name: '', version: '', schema: 3, started_at: 1, seen_at: 1 }
const device = {
  ...{ account: 'default', tags: '[]', registration: 'enrolled', capabilities: '{}', created_at: 1 },
  ...{ state: 'online', state_since_at: 1, epoch: 1 },
}
const session = { key: 'k', epoch: 1, state: '{}' }

testOnBoth(
  '6.12 requests in hand, devices and sessions of nodes that are dead or gone; not of those that are there',
  async (place) => {
    await using database = await openDatabase(place)
    await database.write(async ({ sql }) => {
      await sql.insertInto('account').values({ id: 'default', name: null, created_at: 1 }).execute()
      const nodes = [
        { ...node, number: 1, incarnation: 'one', state: 'serving' },
        { ...node, number: 2, incarnation: 'two', state: 'leaving' },
        { ...node, number: 3, incarnation: 'three', state: 'dead' },
      ]
      await sql.insertInto('node').values(nodes).execute()
      const at = (number: number, more = {}) => ({
        ...rowOf(`r${number}`, `k${number}`),
        sent_at: 1,
        node: number,
        ...more,
      })
      const requests = [at(0), at(2), at(3), at(4), at(5, { outcome: 'unknown' }), at(6, { sent_at: null })]
      await sql.insertInto('request').values(requests).execute()
      const online = [0, 1, 2, 7].map((number) => ({ ...device, id: `d${number}`, node: number }))
      await sql.insertInto('device').values(online).execute()
      await sql
        .insertInto('device')
        .values({ ...device, id: 'offline', state: 'offline', node: 8 })
        .execute()
      const sessions = [0, 1, 2, 9].map((number) => ({
        ...session,
        device: `d${number === 9 ? 7 : number}`,
        node: number,
      }))
      await sql.insertInto('session').values(sessions).execute()
    })
    assert.deepEqual((await findLeftBehind(database, 1)).sort(), [3, 4, 7, 9])
  },
)
