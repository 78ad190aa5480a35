/** The export of the audit log over real sockets: how many at once, and what becomes of one that breaks off. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import { adminKey, openTestDoor } from '../http/test-door.ts'
import { auditRoutes } from './routes.ts'

test('S-M4 four exports at once are answered and a fifth is asked to come later; one that breaks off ends its connection', async () => {
  const goesOn = Promise.withResolvers<void>()
  const routes = auditRoutes({
    list: () => Promise.reject(new Error('Nobody asks.')),
    head: async () => ({ seq: 1, hash: 'h' }),
    async *lines() {
      yield ['{"seq":1}']
      await goesOn.promise
      throw new Failure('unavailable', 'It broke off.')
    },
  })
  await using door = await openTestDoor({ routes, only: true })
  const ask = () => door.fetch('/v1/audit/export', { key: adminKey })
  const four = await Promise.all([ask(), ask(), ask(), ask()])
  assert.deepEqual(
    four.map(({ status, headers }) => [status, headers.get('fairlead-audit-head')]),
    Array.from({ length: 4 }, () => [200, '1:h']),
  )
  const fifth = await ask()
  assert.deepEqual([fifth.status, Object(await fifth.json()).code], [429, 'too-many-requests'])
  assert.match(fifth.headers.get('retry-after') ?? '', /^\d+$/)
  goesOn.resolve()
  for (const response of four) await assert.rejects(response.text())
  await assert.rejects(async () => (await ask()).text(), 'there is room again')
  assert.deepEqual(door.errors, [])
})
