/** Saved views in the record, on both databases. */
import assert from 'node:assert/strict'
import { createHandClock } from '@fairlead/base'
import { openDatabase } from '../database/database.ts'
import { testOnBoth } from '../database/for-tests.ts'
import type { UserCaller } from '../http/route.ts'
import { createViews } from './views.ts'

const user = (userId: string, rights: UserCaller['scopes']): UserCaller => ({
  ...{ kind: 'user', userId, account: 'acme', role: 'owner', scopes: rights, isRelayAdmin: false, session: '' },
  ...{ provenAt: 0, hasFactor: false, secondFactor: 'fine' },
})

testOnBoth('a view is kept, shared, changed and removed', async (place) => {
  await using database = await openDatabase(place)
  await database.write(async ({ sql }) => {
    await sql.insertInto('account').values({ id: 'acme', name: null, created_at: 0 }).execute()
    for (const user_id of ['ann', 'ola'])
      await sql
        .insertInto('account_user')
        .values({
          ...{ user_id, account: 'acme', email: user_id, email_lower: user_id, name: user_id, role: 'owner' },
          ...{ is_relay_admin: 0, password: null, totp_secret: null, totp_since: null, totp_step: null },
          ...{ created_at: 0, last_signed_in_at: null },
        })
        .execute()
  })
  const views = createViews({ database, clock: createHandClock() })
  const ann = user('ann', new Set(['users:write']))
  const ola = user('ola', new Set())
  const list = async (who: UserCaller) => (await views.list(who, { limit: 50 })).items.map(({ name }) => name)
  const view = { name: 'low', search: 'toner.black<20', shared: false }
  await views.save(ann, 'view-number-one-1', view)
  await views.save(ann, 'view-number-one-1', view)
  assert.deepEqual([await list(ann), await list(ola)], [['low'], []])
  await views.save(ann, 'view-number-one-1', { ...view, name: '低い "%" \'', shared: true })
  assert.deepEqual(await list(ola), ['低い "%" \''])
  await assert.rejects(views.remove(ola, 'view-number-one-1'), { code: 'forbidden' })
  await views.save(ola, 'view-number-two-2', view)
  await database.write(({ sql }) => sql.deleteFrom('account_user').where('user_id', '=', 'ola').execute())
  assert.deepEqual(await list(ola), ['低い "%" \''], 'their own went with them')
  await views.remove(ann, 'view-number-one-1')
  await assert.rejects(views.remove(ann, 'view-number-one-1'), { code: 'not-found' })
  assert.deepEqual(await list(ann), [])
})
