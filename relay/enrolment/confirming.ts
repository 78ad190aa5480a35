/**
 * A claim is confirmed without a panel (B5): the relay has the device print a page, and hands it the word that somebody has read there.
 * The device alone knows the word and says whether it is right; what confirms the claim is still its own instruction.
 */
import { Failure } from '@fairlead/base'
import {
  type Claim,
  type ClaimPage,
  confirmationCommands,
  type Json,
  PagePrinted,
  WordCompared,
} from '@fairlead/protocol/contract'
import type { Act } from '../audit/act.ts'
import { actorOf } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { ClaimRow } from '../database/tables.ts'
import { askerOf, reaches } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import type { ClaimedDevice, Claims } from './claims.ts'
import type { EnrolmentStore } from './store.ts'

export interface Confirming {
  /** @throws {Failure} `not-found`, `claim-closed`, and whatever kept the device from printing, in words */
  print(caller: Caller, claimId: string, address?: string): Promise<ClaimPage>
  /** @throws {Failure} the same; `no-match`, with `triesLeft`: it is another word */
  type(caller: Caller, claimId: string, word: string, address?: string): Promise<Claim>
}

/** What the relay itself has a device do, for somebody. */
export interface OwnCommand {
  account: string
  device: string
  /** Whose limit counts. */
  asker: string
  by: Pick<Act, 'actor' | 'address'>
  command: string
  args: Record<string, Json>
  timeoutSeconds: number
}

export interface ConfirmingNeeds {
  store: EnrolmentStore
  claims: Claims
  audit: Pick<Audit, 'tellSoon'>
  findDevice(device: string): ClaimedDevice | undefined
  /** @throws {Failure} whatever kept it from being done; `device-refused` with the device's words */
  command(order: OwnCommand): Promise<Json>
}

type Deed = Pick<OwnCommand, 'command' | 'args' | 'timeoutSeconds'> & Pick<Act, 'action' | 'address'>

/** A printer may have to warm up; whoever waits stands before it. */
const printing = { args: {}, timeoutSeconds: 60 }
const comparing = (word: string) => ({ args: { word }, timeoutSeconds: 20 })

export function createConfirming({ store, claims, audit, findDevice, command }: ConfirmingNeeds): Confirming {
  async function mustFindOpen(caller: Caller, claimId: string): Promise<ClaimRow> {
    const row = await store.findClaim(claimId)
    if (!row || !reaches(caller, row.account)) throw new Failure('not-found', 'There is no such claim.')
    if (row.instructed_at !== null)
      throw new Failure('claim-closed', 'It has been confirmed at the device: nothing more is to be done.')
    const newest = await store.newestClaimOf(row.device)
    if (newest?.claim_id !== claimId || findDevice(row.device)?.account !== row.account)
      throw new Failure('claim-closed', 'This claim is over: the device has been given away, or claimed anew.')
    return row
  }

  /** Told of in the audit log whatever became of it, and never with the word. */
  async function have<Answer>(
    caller: Caller,
    { claim_id: claim, account, device }: ClaimRow,
    { action, address, args, ...order }: Deed,
    read: (answer: Json) => Answer,
  ): Promise<Answer> {
    const actor = actorOf(caller)
    const act = { action, account, actor, device, subject: claim, address }
    const who = { account, device, asker: askerOf(caller), by: { actor, address } }
    try {
      const answer = read(await command({ ...who, ...order, args: { claim, ...args } }))
      audit.tellSoon(act)
      return answer
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      audit.tellSoon({ ...act, result: error.code })
      throw error.code === 'device-offline' || error.code === 'device-asleep' ? offline(error) : error
    }
  }

  return {
    async print(caller, claimId, address) {
      const row = await mustFindOpen(caller, claimId)
      const deed: Deed = { action: 'claim.page-asked', address, command: confirmationCommands.print, ...printing }
      const { tries } = await have(caller, row, deed, (answer) => understood(PagePrinted.safeParse(answer)))
      return { claimId, device: row.device, tries }
    },

    async type(caller, claimId, word, address) {
      const row = await mustFindOpen(caller, claimId)
      const deed: Deed = {
        action: 'claim.word-tried',
        address,
        command: confirmationCommands.compare,
        ...comparing(word),
      }
      await have(caller, row, deed, (answer) => {
        const compared = understood(WordCompared.safeParse(answer))
        if (!compared.confirmed) throw wrongWord(compared.triesLeft)
      })
      return await claims.find(caller, claimId)
    },
  }
}

function wrongWord(triesLeft: number): Failure {
  const detail =
    triesLeft === 0
      ? 'That is not the word, and this page is worth nothing any more: have another one printed.'
      : `That is not the word on the newest page. It can be tried ${triesLeft === 1 ? 'once' : `${triesLeft} times`} more.`
  return new Failure('no-match', detail, { facts: { triesLeft } })
}

function offline({ facts }: Failure): Failure {
  return new Failure(
    'device-offline',
    'The device is not connected right now, so nothing was sent to it. See that it is switched on, then try again.',
    { facts: { lastSeenAt: facts['lastSeenAt'] ?? null } },
  )
}

function understood<Answer>(read: { success: true; data: Answer } | { success: false; error: unknown }): Answer {
  if (read.success) return read.data
  throw new Failure('device-refused', 'The device answered something else: press "Confirm" on its panel instead.')
}
