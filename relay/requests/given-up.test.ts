/** Requests that were sent to a node which is heard no more: what is on disk says what became of them. */
import assert from 'node:assert/strict'
import { createHandClock, Failure } from '@fairlead/base'
import { openDatabase } from '../database/database.ts'
import { testOnBoth } from '../database/for-tests.ts'
import { rowOf } from './for-tests.ts'
import { createGivenUp } from './given-up.ts'
import { createLedger } from './ledger.ts'
import { createReceipts } from './receipts.ts'
import { createRequestStore } from './store.ts'

const endings = { stored: async () => {}, freed: async () => {} }

testOnBoth('what nobody has written down was not sent, and never will be', async (place) => {
  await using database = await openDatabase(place)
  const [here, there] = [createRequestStore(database, () => 1), createRequestStore(database, () => 2)]
  const clock = createHandClock()
  const receipts = createReceipts({ ledger: createLedger(clock), store: here, endings })
  const settle = createGivenUp({ clock, receipts, store: here })
  const row = rowOf('r1', 'key 1')
  const { account, device } = row
  const key = { owner: row.key_owner ?? '', key: 'key 1', fingerprint: row.fingerprint ?? '' }
  const request = { get: ['model'], deliverWithinSeconds: 0 }
  const asked = { requestId: 'r1', account, device, asker: 'a', request, key, isAsync: false }

  const settled = await settle(asked)
  assert.equal(settled?.verdict?.outcome, 'not-sent')
  // It was on its way all the time, and arrives now.
  await assert.rejects(there.add(row), (error) => error instanceof Failure && error.code === 'unavailable')
  assert.equal((await here.find('r1'))?.outcome, 'not-sent')

  // Its key is free; and what that node has taken in is not known.
  assert.equal(await there.add(rowOf('r2', 'key 1')), undefined)
  assert.equal(await settle({ ...asked, requestId: 'r2' }), undefined)
  await assert.rejects(
    settle({ ...asked, requestId: 'r3' }),
    (error) => error instanceof Failure && error.code === 'in-progress',
  )
  const { isAsync, verdict } = { isAsync: true, ...(await settle({ ...asked, requestId: 'r2', isAsync: true })) }
  assert.deepEqual([isAsync, verdict], [true, undefined])
  assert.equal(await settle({ ...asked, requestId: 'r4', key: undefined }), undefined, 'nothing of it is ever on disk')
})

testOnBoth('what that node has written down to be over is told as it is there', async (place) => {
  await using database = await openDatabase(place)
  const store = createRequestStore(database, () => 1)
  const clock = createHandClock()
  const receipts = createReceipts({ ledger: createLedger(clock), store, endings })
  const settle = createGivenUp({ clock, receipts, store })
  const words = JSON.stringify({ detail: 'The device had no connection.' })
  const row = { ...rowOf('r1', 'key 1'), outcome: 'not-sent', code: 'device-timeout', answer: words }
  assert.equal(await store.add(row), undefined)
  const key = { owner: row.key_owner ?? '', key: 'key 1', fingerprint: row.fingerprint ?? '' }
  const request = { get: ['model'], deliverWithinSeconds: 0 }
  const { account, device } = row
  const settled = await settle({ requestId: 'r1', account, device, asker: 'a', request, key, isAsync: false })
  const verdict = { outcome: 'not-sent', code: 'device-timeout', detail: 'The device had no connection.' }
  assert.deepEqual(settled, { requestId: 'r1', verdict, answeredAt: undefined, replayed: false })
})
