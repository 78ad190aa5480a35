/** Single sign-on by OpenID Connect (N5): whom the provider brings, and which user that is. */
import { type Clock, Failure, type Log, type Random } from '@fairlead/base'
import type { OidcReason, Role } from '@fairlead/protocol/contract'
import type { Audit } from '../../audit/audit.ts'
import type { Database } from '../../database/database.ts'
import type { Transaction } from '../../database/writer.ts'
import type { UserCaller } from '../../http/route.ts'
import { actOf, type From } from '../audited.ts'
import type { InvitationStore } from '../invitation-store.ts'
import type { Seal } from '../sealed.ts'
import type { PeopleStore } from '../store.ts'
import type { SignedIn, UserSessions } from '../user-sessions.ts'
import { createProvider, type ProviderOptions } from './provider.ts'
import { reasonOf, refusal } from './refusal.ts'
import { identities } from './store.ts'
import { createUnderWays, type UnderWay } from './under-way.ts'
import type { Who } from './who.ts'

export interface OidcOptions extends ProviderOptions {
  /** For people: what the button says. */
  name: string
  /** Whose users they are. */
  account: string
  /** Whoever has an address there comes in without an invitation. */
  domains: readonly string[]
  /** Of whoever comes so for the first time. */
  role: Role
}

export interface Oidc {
  readonly name: string
  /**
   * @param as who has signed in, and wants to sign in by the provider from now on, or to prove again who they are
   * @throws {Failure} with a reason
   */
  begin(publicUrl: string, as?: { caller: UserCaller; to: 'link' | 'prove' }): Promise<{ url: string; cookie: string }>
  /**
   * @param search of the address that the provider has sent the browser to
   * @param cookie what the browser has of `begin`
   * @returns `linked`, `proved`: nobody signed in, but whoever had is known at the provider now, or has proved again who they are
   * @throws {Failure} with a reason
   */
  finish(
    search: string,
    cookie: string | undefined,
    publicUrl: string,
    from: From,
  ): Promise<SignedIn | 'linked' | 'proved'>
  /** @throws {Failure} `not-found`: there is nothing to undo; `forbidden`: there is no other way in */
  unlink(caller: UserCaller, address: string): Promise<void>
}

export interface OidcNeeds {
  options: OidcOptions
  database: Database
  store: PeopleStore
  invitations: Pick<InvitationStore, 'findOfAddress' | 'remove'>
  sessions: Pick<UserSessions, 'begin' | 'findByKey' | 'prove'>
  seal: Seal
  clock: Clock
  random: Random
  log: Log
  audit: Pick<Audit, 'tell'>
  accountExists(account: string): boolean
  /** In the transaction: somebody is a user now. */
  added(tx: Transaction): void
  /** Resolves when all nodes know what this one has written. */
  everywhere(): Promise<void>
}

export const callbackPath = '/v1/session/oidc/callback'

/** How far its clock and ours may be apart. */
const clocksApartMs = 30_000

/** Whoever provokes them again and again fills no disk. */
const logEveryMs = 1000

export function createOidc(needs: OidcNeeds): Oidc {
  const { options, database, store, invitations, sessions, clock, random, log, audit, accountExists } = needs
  const { account } = options
  const provider = createProvider(needs)
  const underWays = createUnderWays(needs)
  let loggedAt = Number.NEGATIVE_INFINITY

  /** What only whoever runs the relay can put right. */
  function note(error: unknown): void {
    const reason = reasonOf(error)
    if ((reason !== 'mismatch' && reason !== 'unreachable') || clock.now() - loggedAt < logEveryMs) return
    loggedAt = clock.now()
    log.warn('people.oidc-failed', 'A sign-in by the provider came to nothing.', { reason, why: whyOf(error) })
  }

  /** Two who come at once, and whoever removes a user meanwhile, go one after the other. */
  async function signIn(who: Who, from: From): Promise<SignedIn> {
    const { isNew, ...signedIn } = await database.write(async (tx) => {
      await store.holdAccount(tx, account)
      const known = await identities.find(tx, who.issuer, who.subject)
      const isNew = !known || known.user_id === null
      const userId = known?.user_id ?? (await takeIn(tx, who, known !== undefined))
      // The provider is one account's: it signs nobody in who belongs to another.
      if ((await store.findToChange(tx, userId))?.account !== account) throw refusal('stranger')
      audit.tell(tx, actOf(isNew ? 'user.made' : 'user.signed-in', { user_id: userId, account }, from))
      await remember(tx, who, userId)
      await store.change(tx, userId, { last_signed_in_at: clock.wallNow() })
      return { isNew, userId, token: await sessions.begin(tx, userId, { from, ...proofOf(who) }) }
    })
    if (isNew) await needs.everywhere()
    return signedIn
  }

  /** Who is not known yet: by an invitation of that address, or by its domain. @returns the user's ID */
  async function takeIn(tx: Transaction, { email, name }: Who, isRemoved: boolean): Promise<string> {
    if (email === undefined) throw refusal(isRemoved ? 'removed' : 'unverified')
    const emailLower = email.toLowerCase()
    const invitation = await invitations.findOfAddress(tx, account, emailLower, clock.wallNow())
    if (invitation) {
      if (!(await invitations.remove(tx, invitation.invitation_id))) throw refusal('taken')
    } else await mustComeUninvited(tx, emailLower, isRemoved)
    const userId = random.token(12)
    const isNew = await store.add(tx, {
      ...{ user_id: userId, account, role: invitation?.role ?? options.role, is_relay_admin: 0 },
      ...{ name: name ?? email, email, email_lower: emailLower, password: null },
      ...{ totp_secret: null, totp_since: null, totp_step: null },
      ...{ created_at: clock.wallNow(), last_signed_in_at: clock.wallNow() },
    })
    if (!isNew) throw refusal('taken')
    needs.added(tx)
    return userId
  }

  /** @throws {Failure} with a reason: `taken`, `removed`, `stranger`, `mismatch` */
  async function mustComeUninvited(tx: Transaction, emailLower: string, isRemoved: boolean): Promise<void> {
    // Never as the user who has that address: whoever has it at the provider need not be the same person.
    if (await store.isUser(tx, emailLower)) throw refusal('taken')
    if (isRemoved || (await store.wasRemoved(tx, account, emailLower))) throw refusal('removed')
    const domain = emailLower.slice(emailLower.lastIndexOf('@') + 1)
    if (!options.domains.includes(domain)) throw refusal('stranger')
    if (!accountExists(account)) throw refusal('mismatch', new Error(`There is no account ${account}.`))
  }

  async function remember(tx: Transaction, { issuer, subject }: Who, userId: string): Promise<void> {
    const at = clock.wallNow()
    await identities.put(tx, { issuer, subject, user_id: userId, created_at: at, last_used_at: at })
  }

  async function link(who: Who, session: string, from: From): Promise<void> {
    const caller = await sessions.findByKey(session)
    if (!caller) throw refusal('expired')
    await database.write(async (tx) => {
      await store.holdAccount(tx, account)
      const known = await identities.find(tx, who.issuer, who.subject)
      if (known && known.user_id !== null && known.user_id !== caller.userId) throw refusal('linked')
      if (!(await store.findToChange(tx, caller.userId))) throw refusal('removed')
      await remember(tx, who, caller.userId)
      audit.tell(tx, actOf('user.oidc-linked', { user_id: caller.userId, account }, from))
    })
  }

  async function prove(who: Who, { session, since }: NonNullable<UnderWay['proveFor']>, from: From): Promise<void> {
    const caller = await sessions.findByKey(session)
    if (!caller) throw refusal('expired')
    // Whoever was signed in there before is no proof that it is them who sits here now.
    if (who.provenAt === undefined || who.provenAt < since - clocksApartMs) throw refusal('stale')
    await database.write(async (tx) => {
      const known = await identities.find(tx, who.issuer, who.subject)
      if (known?.user_id !== caller.userId) throw refusal('other')
      await sessions.prove(tx, session, proofOf(who))
      audit.tell(tx, actOf('user.proved', { user_id: caller.userId, account }, from))
    })
  }

  /** When the provider says when it was, that counts; never a moment that is still to come. */
  function proofOf({ provenAt, hasFactor }: Who) {
    const nowMs = clock.wallNow()
    return { hasFactor, provenAt: Math.min(provenAt ?? nowMs, nowMs) }
  }

  return {
    name: options.name,

    async begin(publicUrl, as) {
      if (as && as.caller.account !== account)
        throw new Failure('forbidden', `${options.name} is for users of another account.`)
      try {
        const { url, underWay } = await provider.begin(publicUrl + callbackPath, as?.to === 'prove')
        const session = as?.caller.session
        const purpose =
          as?.to === 'prove' && session !== undefined
            ? { proveFor: { session, since: clock.wallNow() } }
            : { linkFor: session }
        return { url, cookie: underWays.close({ ...underWay, ...purpose }) }
      } catch (error) {
        note(error)
        throw error
      }
    },

    async finish(search, cookie, publicUrl, from) {
      const underWay = cookie === undefined ? undefined : underWays.open(cookie)
      const answer = new URL(callbackPath + search, publicUrl)
      if (!underWay || answer.searchParams.get('state') !== underWay.state) throw refusal('expired')
      try {
        const who = await provider.finish(answer, underWay)
        if (underWay.proveFor) {
          await prove(who, underWay.proveFor, from)
          return 'proved'
        }
        if (underWay.linkFor === undefined) return await signIn(who, from)
        await link(who, underWay.linkFor, from)
        return 'linked'
      } catch (error) {
        note(error)
        throw error
      }
    },

    async unlink({ userId, account: ofCaller }, address) {
      const user = await store.find(userId)
      if (user?.password === null && user.passkeys === 0)
        throw new Failure('forbidden', 'You would have no way to sign in any more. Add a passkey first.')
      await database.write(async (tx) => {
        if (!(await identities.removeOf(tx, userId)))
          throw new Failure('not-found', `You do not sign in by ${options.name}.`)
        audit.tell(tx, actOf('user.oidc-unlinked', { user_id: userId, account: ofCaller }, { address }))
      })
    },
  }
}

/** In one line, of what the library or the network have said: both name what was wrong, never what was sent. */
function whyOf(error: unknown): string {
  const words: string[] = []
  for (let at: unknown = Object(error).cause; at instanceof Error && words.length < 4; at = at.cause)
    words.push(
      ...[at.message, Object(at).error, Object(at).error_description].filter(
        (word) => typeof word === 'string' && word !== '',
      ),
    )
  return words.join(': ').slice(0, 300)
}

/** What a reason is called at the end of the console's address. */
export function failedUrl(publicUrl: string, reason: OidcReason): string {
  return `${publicUrl}/console/#/sign-in/oidc-failed/${reason}`
}
