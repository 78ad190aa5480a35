/** Walk-ups over time, on a real database and with a clock turned by hand: when each is over, and what is kept of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, createSeededRandom, Failure, silentLog } from '@fairlead/base'
import { openDatabase } from '../database/database.ts'
import { type Place, storedIn, testOnBoth } from '../database/for-tests.ts'
import type { UserCaller } from '../http/route.ts'
import { createCodeHash } from './code-hash.ts'
import { openWalkUps } from './walk-ups.ts'

const ann: UserCaller = {
  ...{ kind: 'user', userId: 'ann', account: 'acme', role: 'viewer', scopes: new Set(), isRelayAdmin: false },
  ...{ session: 's', provenAt: 0, hasFactor: false, secondFactor: 'fine' },
}
const here = '127.0.0.1'
const never = new AbortController().signal

async function openWorld(place: Place) {
  await using opening = new AsyncDisposableStack()
  const database = opening.use(await openDatabase(place))
  const clock = createHandClock()
  const at = clock.wallNow()
  await database.write(async ({ sql }) => {
    await sql.insertInto('account').values({ id: 'acme', name: null, created_at: at }).execute()
    const user = {
      email: 'ann@example.com',
      email_lower: 'ann@example.com',
      name: 'Ann',
      role: 'viewer',
      password: null,
    }
    const factor = { is_relay_admin: 0, totp_secret: null, totp_since: null, totp_step: null }
    await sql
      .insertInto('account_user')
      .values({ user_id: 'ann', account: 'acme', ...user, ...factor, created_at: at, last_signed_in_at: null })
      .execute()
    const told = { model: null, serial: null, serial_lower: null, tags: '[]', capabilities: '{}', registered_at: null }
    const stands = { state: 'offline', state_since_at: at, reason: null, last_seen_at: null, epoch: 0 }
    await sql
      .insertInto('device')
      .values({
        id: 'hall',
        account: 'acme',
        registration: 'enrolled',
        ...told,
        ...stands,
        created_at: at,
        address: null,
        transport: null,
      })
      .execute()
  })
  const owner = { account: 'acme' }
  const walkUps = opening.use(
    await openWalkUps({
      ...{ database, clock, random: createSeededRandom(3), log: silentLog },
      journal: { append() {} },
      audit: { tell() {}, tellSeldom() {} },
      findDevice: (device) => (device === 'hall' ? owner : undefined),
      showDevice: async () => ({ model: 'M 1', objects: {} }),
      jobs: {
        waitingFor: async () => ({ jobs: [] }),
        releaseFor: async () => ({ released: [], not: [] }),
        cancelFor: async () => ({ cancelled: [], not: [] }),
      },
    }),
  )
  const built = opening.move()
  return { database, clock, walkUps, owner, [Symbol.asyncDispose]: () => built.disposeAsync() }
}

const isOver = (error: unknown) => error instanceof Failure && error.code === 'not-found'

testOnBoth(
  'H1 who is there is so for two minutes after the last call, and nobody waits for a telephone after three',
  async (place) => {
    await using world = await openWorld(place)
    const { walkUps, clock } = world
    const { pin = '' } = await walkUps.releaseCodes.make(ann, { kind: 'pin' }, here)
    const { walkUpId } = await walkUps.begin('hall', { pin }, here)
    for (let minute = 0; minute < 5; minute++) {
      clock.pass(60_000)
      await walkUps.jobs('hall', walkUpId)
    }
    clock.pass(120_000)
    await assert.rejects(walkUps.jobs('hall', walkUpId), isOver)
    await assert.rejects(walkUps.release('hall', walkUpId, ['any'], here), isOver)

    const shown = await walkUps.begin('hall', {}, here)
    const waiting = walkUps.find('hall', shown.walkUpId, 30_000, never)
    // The first look at it is done when the next is answered.
    assert.equal((await walkUps.find('hall', shown.walkUpId, 0, never)).state, 'waiting')
    clock.pass(30_000)
    assert.equal((await waiting).state, 'waiting')
    clock.pass(150_000)
    await assert.rejects(walkUps.find('hall', shown.walkUpId, 30_000, never), isOver)
    await assert.rejects(walkUps.confirm(ann, shown.token ?? '', here), /This code is over/)
    // A device that is another account's by now takes nothing of this one along.
    const late = await walkUps.begin('hall', { pin }, here)
    world.owner.account = 'rival'
    await assert.rejects(walkUps.jobs('hall', late.walkUpId), isOver)
    await assert.rejects(walkUps.begin('hall', { pin }, here), /This is nobody’s here/)
  },
)

testOnBoth('H1 neither PIN nor badge nor what a QR code leads to stands in the record', async (place) => {
  await using world = await openWorld(place)
  const { walkUps } = world
  const { pin = '' } = await walkUps.releaseCodes.make(ann, { kind: 'pin' }, here)
  const badge = '04:A2:19:7F'
  await walkUps.releaseCodes.make(ann, { kind: 'badge', badge }, here)
  const { token = '' } = await walkUps.begin('hall', {}, here)
  await world[Symbol.asyncDispose]()
  const stored = storedIn(place)
  for (const secret of [pin, badge, token]) assert.ok(!stored.includes(secret))
  assert.ok(stored.includes('Badge'), 'it is the record that was looked at')
})

test('H1 a code of one account says nothing of the same code in another, or with another key', async () => {
  const [one, other] = [createCodeHash(Buffer.alloc(32, 1)), createCodeHash(Buffer.alloc(32, 2))]
  const hashes = await Promise.all([
    one('acme', 'pin', '12345678'),
    one('acme', 'badge', '12345678'),
    one('rival', 'pin', '12345678'),
    other('acme', 'pin', '12345678'),
  ])
  assert.equal(new Set(hashes).size, 4)
  assert.equal(await one('acme', 'pin', '12345678'), hashes[0])
})
