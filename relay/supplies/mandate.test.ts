/** B8: what stands for the owner's will, for each way in which a device came to its owner. */
import assert from 'node:assert/strict'
import { type Database, openDatabase } from '../database/database.ts'
import { testOnBoth } from '../database/for-tests.ts'
import type { Caller } from '../http/route.ts'
import { mandateFor, ownedBy } from './mandate.ts'
import { createMandates } from './mandates.ts'

interface Row {
  registration: string
  claims?: [number, number | null][]
  consent?: boolean
  /** It had been released when it had this secret; each claim is worth the next one. */
  secret_version?: number | null
}

/** @param claims when each was made, and confirmed at the device, if it was */
async function add(
  { write }: Database,
  device: string,
  { registration, claims = [], consent = false, secret_version = null }: Row,
): Promise<void> {
  await write(async ({ sql }) => {
    await sql
      .insertInto('device')
      .values({
        ...{ id: device, account: 'default', model: null, serial: null, serial_lower: null, tags: '[]', registration },
        ...{
          capabilities: '{}',
          created_at: 0,
          registered_at: null,
          state: 'offline',
          state_since_at: 0,
          reason: null,
        },
        ...{ last_seen_at: null, address: null, transport: null, epoch: 0, secret_version },
      })
      .execute()
    for (const [place, [claimed_at, instructed_at]] of claims.entries())
      await sql
        .insertInto('claim')
        .values({
          ...{
            claim_id: `${device} ${claimed_at}`,
            account: 'default',
            device,
            claimed_by: 'key k',
            version: place + 1,
          },
          ...{ claimed_at, instructed_at },
        })
        .execute()
    if (consent) await sql.insertInto('consent').values({ device, given_by: 'admin', given_at: 70 }).execute()
  })
}

testOnBoth(
  'B8 the press counts for who claimed it by its code, the consent for all others, and of claims the newest',
  async (place) => {
    await using database = await openDatabase(place)
    await database.write(({ sql }) =>
      sql
        .insertInto('account')
        .values({ id: 'default', name: null, created_at: 0 })
        .onConflict((on) => on.doNothing())
        .execute(),
    )
    const instruction = { kind: 'instruction', claimedBy: 'key k' }
    const consent = { kind: 'consent', sinceAt: 70, givenBy: 'admin' }
    const rows = {
      claimed: [{ registration: 'second', claims: [[10, null]] }, undefined],
      'claimed-and-consented': [{ registration: 'second', claims: [[10, null]], consent: true }, undefined],
      instructed: [
        { registration: 'second', claims: [[10, 20]] },
        { ...instruction, sinceAt: 20, claimId: 'instructed 10', claimedAt: 10 },
      ],
      again: [
        {
          registration: 'second',
          claims: [
            [10, 20],
            [30, null],
          ],
        },
        undefined,
      ],
      'again-instructed': [
        {
          registration: 'second',
          claims: [
            [10, 20],
            [30, 40],
          ],
        },
        { ...instruction, sinceAt: 40, claimId: 'again-instructed 30', claimedAt: 30 },
      ],
      paired: [{ registration: 'second' }, undefined],
      'paired-and-consented': [
        { registration: 'second', consent: true },
        { ...consent, registration: 'second' },
      ],
      'by-hand': [{ registration: 'enrolled' }, undefined],
      'by-hand-and-consented': [
        { registration: 'enrolled', consent: true },
        { ...consent, registration: 'enrolled' },
      ],
      'claimed-then-paired': [{ registration: 'second', claims: [[10, 20]], secret_version: 1 }, undefined],
      'claimed-then-by-hand': [
        { registration: 'enrolled', claims: [[10, 20]], secret_version: 1, consent: true },
        { ...consent, registration: 'enrolled' },
      ],
      'claimed-twice': [
        {
          registration: 'second',
          claims: [
            [10, 20],
            [30, 40],
          ],
          secret_version: 1,
        },
        { ...instruction, sinceAt: 40, claimId: 'claimed-twice 30', claimedAt: 30 },
      ],
      released: [{ registration: 'none', claims: [[10, 20]], secret_version: 1, consent: true }, undefined],
      first: [{ registration: 'first', consent: true }, undefined],
      'first-instructed': [{ registration: 'first', claims: [[10, 20]] }, undefined],
      none: [{ registration: 'none', consent: true }, undefined],
    } as const satisfies Record<string, [unknown, unknown]>
    for (const [device, [row, mandate]] of Object.entries(rows)) {
      await add(database, device, row as unknown as Row)
      const found = await database.write(async (tx) => {
        const owned = await ownedBy(tx, device)
        assert.equal(owned?.registration, row.registration)
        return mandateFor(tx, device, owned)
      })
      assert.deepEqual(found, mandate, device)
    }
    assert.equal(await database.write((tx) => ownedBy(tx, 'nobody')), undefined)

    const { list } = createMandates(database)
    const admin: Caller = { kind: 'admin' }
    const all = (await list(admin, { limit: 500 })).items
    for (const { device, kind: told, sinceAt } of all) {
      const { kind = null, sinceAt: at } = (rows[device as keyof typeof rows][1] ?? {}) as {
        kind?: string
        sinceAt?: number
      }
      assert.deepEqual([told, sinceAt], [kind, at === undefined ? null : new Date(at).toISOString()], device)
    }
    assert.equal(all.length, Object.keys(rows).length)
    const missingOf = Object.fromEntries(all.map(({ device, missing }) => [device, missing]))
    assert.deepEqual(
      [missingOf['claimed'], missingOf['by-hand'], missingOf['released'], missingOf['by-hand-and-consented']],
      ['instruction', 'consent', 'owner', null],
    )
    for (const missing of ['true', 'false'] as const) {
      const some = all.filter((one) => (one.missing !== null) === (missing === 'true'))
      assert.deepEqual((await list(admin, { limit: 500, missing })).items, some)
      const page = await list(admin, { limit: 2, missing })
      const rest = await list(admin, { limit: 500, missing, cursor: page.nextCursor ?? '' })
      assert.deepEqual([...page.items, ...rest.items], some)
    }
    assert.deepEqual(
      (await list(admin, { limit: 50, device: 'paired' })).items.map(({ device }) => device),
      ['paired'],
    )
    const stranger: Caller = { kind: 'key', keyId: 'k', account: 'others', scopes: new Set() }
    assert.deepEqual((await list(stranger, { limit: 50, account: 'default' })).items, [], 'of another tenant')
  },
)
