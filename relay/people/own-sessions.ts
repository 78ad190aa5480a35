/** Where somebody is signed in, as they see it, and the way to end it there. */
import { Failure } from '@fairlead/base'
import type { UserSession } from '@fairlead/protocol/contract'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import type { UserSessionRow } from '../database/people-tables.ts'
import type { UserCaller } from '../http/route.ts'
import { actOf, type From } from './audited.ts'
import type { SessionStore } from './session-store.ts'
import { hashOf } from './token.ts'
import type { UserSessions } from './user-sessions.ts'

export interface OwnSessions {
  /** Those that stand, newest first. */
  list(caller: UserCaller): Promise<UserSession[]>
  /** @throws {Failure} `not-found`, also for another's */
  end(caller: UserCaller, sessionId: string, from: From): Promise<void>
  endOthers(caller: UserCaller, from: From): Promise<void>
}

export interface OwnSessionsNeeds {
  database: Database
  store: SessionStore
  sessions: Pick<UserSessions, 'end' | 'endAllOf' | 'isOver'>
  audit: Pick<Audit, 'tell'>
  /** Resolves when all nodes know what this one has written. */
  everywhere(): Promise<void>
}

export function createOwnSessions({ database, store, sessions, audit, everywhere }: OwnSessionsNeeds): OwnSessions {
  async function standing({ userId, role }: UserCaller): Promise<UserSessionRow[]> {
    return (await store.of(userId)).filter((row) => !sessions.isOver(row, role))
  }

  return {
    async list(caller) {
      return (await standing(caller)).map((row) => ({
        sessionId: idOf(row),
        createdAt: new Date(row.created_at).toISOString(),
        lastSeenAt: new Date(row.seen_at).toISOString(),
        network: row.network,
        browser: row.browser,
        isThis: row.key === caller.session,
      }))
    },

    async end(caller, sessionId, from) {
      const found = (await standing(caller)).find((row) => idOf(row) === sessionId)
      if (!found) throw new Failure('not-found', 'You have no such session. It may have ended meanwhile.')
      await sessions.end(found.key, (tx) => audit.tell(tx, actOf('user.sessions-ended', actorOf(caller), from)))
    },

    async endOthers(caller, from) {
      await database.write(async (tx) => {
        await sessions.endAllOf(tx, caller.userId, caller.session)
        audit.tell(tx, actOf('user.sessions-ended', actorOf(caller), from))
      })
      await everywhere()
    },
  }
}

const actorOf = ({ userId, account }: UserCaller) => ({ user_id: userId, account })

/** The key finds a session, so it is told to nobody. */
function idOf({ key }: UserSessionRow): string {
  return hashOf(`session ${key}`).slice(0, 32)
}
