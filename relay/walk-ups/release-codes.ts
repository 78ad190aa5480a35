/** Release codes (H1): by what the devices of an account know its people. Each is one person's, and goes alone. */
import { type Clock, Failure, type Random } from '@fairlead/base'
import type { MadeReleaseCode, NewReleaseCode, ReleaseCode, ReleaseCodeKind } from '@fairlead/protocol/contract'
import type { TellAudit } from '../audit/act.ts'
import { actorOf } from '../audit/actor.ts'
import type { Database } from '../database/database.ts'
import type { ReleaseCodeRow } from '../database/walk-up-tables.ts'
import { has, reaches } from '../http/reach.ts'
import type { UserCaller } from '../http/route.ts'
import type { HashCode } from './code-hash.ts'
import type { CodeWithUser, WalkUpStore } from './store.ts'

export interface ReleaseCodes {
  /** @throws {Failure} `badge-taken`; `forbidden`: the user has too many */
  make(user: UserCaller, order: NewReleaseCode, address: string): Promise<MadeReleaseCode>
  /** @throws {Failure} `forbidden`: those of the account are for whoever manages its users */
  list(user: UserCaller, of: 'me' | 'account'): Promise<ReleaseCode[]>
  /** @throws {Failure} `not-found`, also for another's where the caller manages no users */
  remove(user: UserCaller, releaseCodeId: string, address: string): Promise<void>
  /** Whose it is, by what was typed or read at a device of that account. */
  find(account: string, kind: ReleaseCodeKind, code: string): Promise<CodeWithUser | undefined>
}

export interface ReleaseCodesNeeds {
  database: Database
  store: WalkUpStore
  hashCode: HashCode
  clock: Clock
  random: Random
  audit: TellAudit
}

const mostOfUser = 20
/** Of a hundred million PINs, one that is taken is seldom met, and never so often. */
const mostAttempts = 20

const names: Readonly<Record<ReleaseCodeKind, string>> = { pin: 'PIN', badge: 'Badge' }

export function createReleaseCodes(needs: ReleaseCodesNeeds): ReleaseCodes {
  const { database, store, hashCode, clock, random, audit } = needs

  /** @returns false: it is taken in the account */
  function add(user: UserCaller, row: ReleaseCodeRow, address: string): Promise<boolean> {
    return database.write(async (tx) => {
      if ((await store.countCodes(tx, user.userId)) >= mostOfUser)
        throw new Failure('forbidden', `You have ${mostOfUser} release codes already. Remove those you do not use.`)
      if (!(await store.addCode(tx, row))) return false
      const subject = row.release_code_id
      audit(tx, { action: 'release-code.made', account: user.account, actor: actorOf(user), subject, address })
      return true
    })
  }

  async function make(user: UserCaller, order: NewReleaseCode, address: string, code: string) {
    const { userId, account } = user
    const { kind, name = names[kind] } = order
    const row: ReleaseCodeRow = {
      ...{ release_code_id: random.token(12), user_id: userId, account, kind, name },
      ...{ hash: await hashCode(account, kind, code), created_at: clock.wallNow(), last_used_at: null },
    }
    if (!(await add(user, row, address))) return undefined
    const made = await store.findCode(row.release_code_id)
    if (!made) throw new Failure('not-found', 'It has been removed again this very moment.')
    return viewOf(made)
  }

  return {
    async make(user, order, address) {
      if (order.kind === 'badge') {
        const made = await make(user, order, address, order.badge)
        if (made) return made
        throw new Failure('badge-taken', 'This badge is known in your account already: it can be one person’s only.')
      }
      for (let attempt = 0; attempt < mostAttempts; attempt++) {
        const pin = newPin(random)
        const made = await make(user, order, address, pin)
        if (made) return { ...made, pin }
      }
      throw new Error('Every PIN that was thought of is taken.')
    },

    async list(user, of) {
      if (of === 'account' && !has(user, 'users:write'))
        throw new Failure('forbidden', 'The release codes of others are for whoever manages the users of the account.')
      const rows = await store.codesOf(of === 'me' ? { userId: user.userId } : { account: user.account })
      return rows.map(viewOf)
    },

    async remove(user, releaseCodeId, address) {
      const row = await store.findCode(releaseCodeId)
      const isTheirs = row && (row.user_id === user.userId || (has(user, 'users:write') && reaches(user, row.account)))
      if (!isTheirs) throw new Failure('not-found', 'There is no such release code.')
      const { account } = row
      await database.write(async (tx) => {
        if (!(await store.removeCode(tx, releaseCodeId))) return
        const actor = actorOf(user)
        audit(tx, { action: 'release-code.removed', account, actor, subject: releaseCodeId, address })
      })
    },

    async find(account, kind, code) {
      return await store.findByHash(account, await hashCode(account, kind, kind === 'pin' ? digitsOf(code) : code))
    },
  }
}

/** As people type it. */
const digitsOf = (pin: string) => pin.replace(/[\s-]/g, '')

/** Evenly: 48 bits of chance leave no remainder that anybody could use. */
function newPin(random: Random): string {
  const chance = Buffer.from(random.token(6), 'base64url').readUIntBE(0, 6)
  return String(chance % 100_000_000).padStart(8, '0')
}

function viewOf(row: CodeWithUser): ReleaseCode {
  return {
    releaseCodeId: row.release_code_id,
    kind: row.kind as ReleaseCodeKind,
    name: row.name,
    user: { userId: row.user_id, name: row.user_name, email: row.user_email },
    createdAt: new Date(row.created_at).toISOString(),
    lastUsedAt: row.last_used_at === null ? null : new Date(row.last_used_at).toISOString(),
  }
}
