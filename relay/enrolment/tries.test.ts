/** S-R2 tries to claim are counted for an hour, and not kept for longer. */
import assert from 'node:assert/strict'
import { createHandClock, createSeededRandom, type Failure } from '@fairlead/base'
import type { Act } from '../audit/act.ts'
import { openDatabase } from '../database/database.ts'
import { testOnBoth } from '../database/for-tests.ts'
import { createTries } from './tries.ts'

testOnBoth('S-R2 a try counts for an hour: of its key, and of its network; then it is forgotten', async (place) => {
  await using database = await openDatabase(place)
  const clock = createHandClock()
  const limits = { perAsker: 2, perNetwork: 3 }
  const told: string[] = []
  const audit = { tellSeldom: ({ action, result }: Act) => void told.push(`${action} ${result}`) }
  const { count: counts, forgetOld } = createTries({ database, clock, random: createSeededRandom(1), limits, audit })
  const refusal: Act = { action: 'claim.refused', account: 'default', actor: { kind: 'admin' } }
  const count = (who: Parameters<typeof counts>[0]) => counts(who, refusal)
  const kept = async () => (await database.read.selectFrom('claim_try').select('who').execute()).length
  const tooMany = (seconds: number) => (error: Failure) =>
    error.code === 'too-many-requests' && error.retryAfterSeconds === seconds

  await count({ asker: 'one', network: 'here' })
  clock.pass(1_000_000)
  const takeBack = await count({ asker: 'one', network: 'here' })
  await assert.rejects(count({ asker: 'one', network: 'elsewhere' }), tooMany(2_600))
  await count({ asker: 'two', network: 'here' })
  await assert.rejects(count({ asker: 'three', network: 'here' }), tooMany(2_600))
  await takeBack()
  assert.equal(await kept(), 4, 'what was refused is not counted')
  await count({ asker: 'one', network: 'here' })
  await assert.rejects(count({ asker: 'one', network: 'elsewhere' }), tooMany(2_600))

  clock.pass(2_600_000)
  await count({ asker: 'one', network: 'elsewhere' })
  assert.equal(await kept(), 7, 'its own old one is gone, that of the network is not yet')
  await forgetOld()
  assert.equal(await kept(), 6)
  clock.pass(3_600_000)
  await forgetOld()
  assert.equal(await kept(), 0)
  assert.deepEqual(
    told,
    Array.from({ length: 3 }, () => 'claim.refused too-many-requests'),
  )
})
