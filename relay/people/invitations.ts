/** Invitations: a link, good once, by which somebody becomes a user of an account. */
import { type Clock, Failure, type Random } from '@fairlead/base'
import {
  type Acceptance,
  type Invitation,
  type NewInvitation,
  type Page,
  Role,
  type UsersQuery,
} from '@fairlead/protocol/contract'
import { actorOf } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import { cutPage } from '../database/page.ts'
import type { InvitationRow } from '../database/people-tables.ts'
import type { Transaction } from '../database/writer.ts'
import { askerOf, homeOf, reaches, tenantOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import { actOf, type From } from './audited.ts'
import type { InvitationStore } from './invitation-store.ts'
import { mustBeHardToGuess, type Passwords } from './passwords.ts'
import { mustManage } from './roles.ts'
import type { PeopleStore } from './store.ts'
import { hashOf } from './token.ts'
import type { SignedIn, UserSessions } from './user-sessions.ts'

export interface Invitations {
  /** @throws {Failure} `not-found`: no such account, or not the caller's; `forbidden`, `email-taken` */
  create(caller: Caller, order: NewInvitation, address: string): Promise<{ invitation: Invitation; token: string }>
  list(caller: Caller, query: UsersQuery): Promise<Page<Invitation>>
  /** @throws {Failure} `not-found`, also for another account's; `forbidden` */
  remove(caller: Caller, invitationId: string, address: string): Promise<void>
  /** @throws {Failure} `no-match`: it is good no more; `email-taken`, `invalid-request`, `unavailable` */
  accept(order: Acceptance, from: From): Promise<SignedIn>
}

export interface InvitationsNeeds {
  database: Database
  store: PeopleStore
  invitations: InvitationStore
  sessions: UserSessions
  passwords: Passwords
  clock: Clock
  random: Random
  audit: Pick<Audit, 'tell'>
  accountExists(account: string): boolean
  /** In the transaction: somebody is a user now. */
  added(tx: Transaction): void
  /** Resolves when all nodes know what this one has written. */
  everywhere(): Promise<void>
}

const goodForMs = 7 * 24 * 3_600_000
const tokenBytes = 32

export function createInvitations(needs: InvitationsNeeds): Invitations {
  const { database, store, invitations, audit, clock, random } = needs

  async function mustBeNew(account: string, email: string): Promise<void> {
    const user = await store.findByEmail(email.toLowerCase())
    // Of users of other accounts nothing is told here: whoever accepts hears of it (S-M1).
    if (user?.account === account) throw new Failure('email-taken', `${email} is a user of this account already.`)
  }

  return {
    async create(caller, { email, role, account = homeOf(caller) }, address) {
      if (!reaches(caller, account) || !needs.accountExists(account))
        throw new Failure('not-found', `There is no account ${account}.`)
      mustManage(caller, role)
      await mustBeNew(account, email)
      const token = random.token(tokenBytes)
      const at = clock.wallNow()
      const row: InvitationRow = {
        ...{ invitation_id: random.token(12), account, email, role, hash: hashOf(token) },
        ...{ invited_by: askerOf(caller), created_at: at, expires_at: at + goodForMs },
      }
      await database.write(async (tx) => {
        await invitations.put(tx, row)
        audit.tell(tx, { action: 'user.invited', account, actor: actorOf(caller), subject: row.invitation_id, address })
      })
      return { invitation: viewOf(row), token }
    },

    async list(caller, { account: named, ...page }) {
      const account = tenantOf(caller) ?? named
      if (named !== undefined && named !== account) return { items: [], nextCursor: null }
      const rows = await invitations.list(account, clock.wallNow())
      rows.sort((one, other) => (one.invitation_id < other.invitation_id ? -1 : 1))
      const { items, nextCursor } = cutPage(rows, (row) => row.invitation_id, page)
      return { items: items.map(viewOf), nextCursor }
    },

    async remove(caller, invitationId, address) {
      const row = await invitations.find(invitationId)
      if (!row || !reaches(caller, row.account)) throw new Failure('not-found', 'There is no such invitation.')
      mustManage(caller, Role.parse(row.role))
      const { account } = row
      await database.write(async (tx) => {
        if (!(await invitations.remove(tx, invitationId))) return
        audit.tell(tx, {
          ...{ action: 'invitation.removed', account, actor: actorOf(caller), subject: invitationId, address },
        })
      })
    },

    async accept({ token, name, password }, from) {
      const found = await invitations.findByHash(hashOf(token), clock.wallNow())
      if (!found) throw dead()
      const { account, email, role } = found
      await mustBeHardToGuess(password, 'password', { email, name })
      const stretched = await needs.passwords.hash(password)
      const userId = random.token(12)
      const signedIn = await database.write(async (tx) => {
        if (!(await invitations.remove(tx, found.invitation_id))) throw dead()
        const isNew = await store.add(tx, {
          ...{ user_id: userId, account, role, is_relay_admin: 0, name },
          ...{ email, email_lower: email.toLowerCase(), password: stretched },
          ...{ totp_secret: null, totp_since: null, totp_step: null },
          ...{ created_at: clock.wallNow(), last_signed_in_at: clock.wallNow() },
        })
        if (!isNew)
          throw new Failure(
            'email-taken',
            `${email} is a user of this relay already. Ask for an invitation of another address.`,
          )
        needs.added(tx)
        audit.tell(tx, actOf('user.made', { user_id: userId, account }, from))
        return { userId, token: await needs.sessions.begin(tx, userId, { from, hasFactor: false }) }
      })
      await needs.everywhere()
      return signedIn
    },
  }
}

function viewOf(row: InvitationRow): Invitation {
  return {
    invitationId: row.invitation_id,
    account: row.account,
    email: row.email,
    role: Role.parse(row.role),
    createdAt: new Date(row.created_at).toISOString(),
    expiresAt: new Date(row.expires_at).toISOString(),
  }
}

function dead(): Failure {
  return new Failure(
    'no-match',
    'This invitation is good no more: it was used, taken back, or is older than 7 days. Ask for another.',
  )
}
