/** The owner types the code (B3): a match makes the device theirs (B4), and nothing tells one failure from another (S-R3). */
import { type Clock, Failure, type Random } from '@fairlead/base'
import { type Claim, type NewClaim, printsConfirmation } from '@fairlead/protocol/contract'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import type { ClaimRow, TargetRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { Journal } from '../events/journal.ts'
import { reaches } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import { screenOf } from './claim-screen.ts'
import type { Codes } from './codes.ts'
import { accountFor, refusalOf, type Typist, typistOf } from './owner.ts'
import type { EnrolmentStore } from './store.ts'
import type { Tries } from './tries.ts'
import { unhurried } from './unhurried.ts'

export interface Claims {
  /**
   * @param network of the terminal
   * @param address that the caller calls from
   * @throws {Failure} `no-match` whatever the reason; `too-many-requests`; `not-found`: no such account, or not the caller's
   */
  create(caller: Caller, order: NewClaim, network: string, address?: string): Promise<Claim>
  /** @throws {Failure} `not-found`, also for another account's */
  find(caller: Caller, claimId: string): Promise<Claim>
}

/**
 * Stretches the secret first, which takes its time.
 *
 * @returns adds the device; that resolves with the version of its secret, or with undefined if its ID is taken
 */
export type AddDevice = (device: {
  id: string
  account: string
  model: string | null
  secret: string
}) => Promise<(tx: Transaction) => Promise<number | undefined>>

/** What is known of it. */
export interface ClaimedDevice {
  account: string
  model: string | null
  /** Features and media. */
  capabilities: readonly string[]
}

export interface ClaimsNeeds {
  database: Database
  store: EnrolmentStore
  codes: Codes
  tries: Tries
  journal: Journal
  audit: Pick<Audit, 'tell' | 'tellSoon' | 'tellSeldom'>
  clock: Clock
  random: Random
  accountExists(account: string): boolean
  addDevice: AddDevice
  findDevice(device: string): ClaimedDevice | undefined
  /** The device may be waiting for it. */
  claimed(device: string): void
  everywhere(): Promise<void>
}

export function createClaims(needs: ClaimsNeeds): Claims {
  const { database, store, codes, journal, audit, clock, random } = needs

  /** @returns undefined: no match */
  async function match(code: string): Promise<TargetRow | undefined> {
    const targets = await store.unclaimedWith(codes.hashOf(code))
    // Two devices with one code: nobody knows which of them is the one in front of that person.
    return targets.length === 1 ? targets[0] : undefined
  }

  /** One transaction decides: of a hundred claims at once, one. @returns undefined: somebody else was quicker */
  async function take(target: TargetRow, by: Typist): Promise<ClaimRow | undefined> {
    const { account, asker, actor, address } = by
    const { device, model } = target
    const claimId = random.token(16)
    const addIt = await needs.addDevice({ id: device, account, model, secret: codes.secretOf(claimId, device) })
    return await database.write(async (tx) => {
      const version = await addIt(tx)
      if (version === undefined) return undefined
      const row: ClaimRow = {
        ...{ claim_id: claimId, account, device, claimed_by: asker },
        ...{ claimed_at: clock.wallNow(), version, instructed_at: null },
      }
      if (!(await store.claimTarget(tx, target, claimId))) throw noMatch()
      await store.addClaim(tx, row)
      journal.append(tx, { type: 'claim.changed', account, device, facts: { claimId, state: 'second' } })
      audit.tell(tx, { action: 'claim.made', account, actor, device, subject: claimId, address })
      tx.afterCommit(() => needs.claimed(device))
      return row
    })
  }

  function viewOf({ claim_id, account, device, claimed_at, instructed_at }: ClaimRow, listed: string | null): Claim {
    const known = needs.findDevice(device)
    const isTheirs = known?.account === account
    const canPrintPage = isTheirs && known.capabilities.includes(printsConfirmation)
    const iso = (ms: number) => new Date(ms).toISOString()
    return {
      claimId: claim_id,
      device,
      state: instructed_at === null ? 'second' : 'instructed',
      screen: screenOf(device, (isTheirs ? known.model : null) ?? listed, canPrintPage),
      canPrintPage,
      claimedAt: iso(claimed_at),
      instructedAt: instructed_at === null ? null : iso(instructed_at),
    }
  }

  return {
    async create(caller, { code, account: named }, network, address) {
      using least = unhurried(clock)
      const by = typistOf(caller, accountFor(caller, named, needs.accountExists), address)
      const refusal = refusalOf('claim.refused', by)
      const takeBack = await needs.tries.count({ asker: by.asker, network }, refusal)
      const target = await match(code)
      const row = target && (await take(target, by).catch(undefinedIfNoMatch))
      if (!target || !row) {
        audit.tellSoon({ ...refusal, result: 'no-match' })
        await least.isOver
        throw noMatch()
      }
      await Promise.all([takeBack(), needs.everywhere()])
      return viewOf(row, target.model)
    },

    async find(caller, claimId) {
      const row = await store.findClaim(claimId)
      if (!row || !reaches(caller, row.account)) throw new Failure('not-found', 'There is no such claim.')
      return viewOf(row, null)
    },
  }
}

function noMatch(): Failure {
  return new Failure(
    'no-match',
    'No device waits with this code. Compare it with the label, and see that the device is switched on and connected.',
  )
}

function undefinedIfNoMatch(error: unknown): undefined {
  if (!(error instanceof Failure) || error.code !== 'no-match') throw error
}
