/** Two processes may send from one outbox at once (E1). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sendKept } from './sending.ts'

test('E1 what another process has sent meanwhile is gone, and that is no failure', async () => {
  const job = { relay: { url: 'http://127.0.0.1:9', key: 'k' }, device: 'lobby', createdAt: 0, expiresAt: 60_000 }
  const outbox = { documentOf: () => '/nowhere/at-all.document' }
  const sent = await sendKept(job as never, { outbox, known: {}, now: () => 0 } as never)
  assert.deepEqual(sent, { is: 'gone' })
})
