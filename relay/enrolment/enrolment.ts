/**
 * Enrolment by factory code (B): a device says its ID and its code, and waits in the first registration state. Whoever types
 * the code has it: then the device is told a secret of its own, and is in the second.
 */
import { type Clock, Failure, type Random } from '@fairlead/base'
import { ConnectionCode, type EnrolAnswer, type EnrolBody } from '@fairlead/protocol/contract'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import { keptSecret } from '../database/kept-secret.ts'
import type { TargetRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { Journal } from '../events/journal.ts'
import { type AddDevice, type ClaimedDevice, type Claims, createClaims } from './claims.ts'
import { createCodes } from './codes.ts'
import { type Confirming, type ConfirmingNeeds, createConfirming } from './confirming.ts'
import { type AddToList, createFactoryList } from './factory-list.ts'
import { createEnrolmentStore } from './store.ts'
import { createTries, type Tries, type TriesLimits } from './tries.ts'
import { createWaiting } from './waiting.ts'

export interface Enrolment {
  /**
   * B1. Resolves when somebody has claimed the device, or when there is no more time.
   *
   * @throws {Failure} `no-match`: the code is dead, its secret has been used; `too-many-requests`: more may not come unclaimed
   */
  enrol(order: EnrolBody, from: EnrolFrom, waitMs: number, gone: AbortSignal): Promise<EnrolAnswer>
  readonly claims: Claims
  readonly confirming: Confirming
  /** Of claims and pairings alike. */
  readonly tries: Tries
  /** Nobody owns it, and it may come without a code. */
  isFree(device: string): Promise<boolean>
  readonly addToList: AddToList
  /** In the transaction that removes a device: its codes are good again. */
  removed(tx: Transaction, device: string): Promise<void>
  /** B5, in the transaction of the device's event. @param claimId undefined: the newest @param address that the device calls from */
  instructed(tx: Transaction, device: string, claimId: string | undefined, address?: string): Promise<void>
  /** Somebody has claimed it, at another node. */
  claimedElsewhere(device: string): void
  /** Forgets who has come, was claimed by nobody, and has not been heard of for 7 days; and tries that count no more. */
  forgetOld(): Promise<void>
}

/** Where a device comes from, and the network that this counts as. */
export interface EnrolFrom {
  address: string
  network: string
}

export interface EnrolmentNeeds {
  database: Database
  journal: Journal
  audit: Pick<Audit, 'tell' | 'tellSoon' | 'tellSeldom'>
  clock: Clock
  random: Random
  /** XMPP domain. */
  domain: string
  /** `open`: whoever comes, unless the list says otherwise of that device; `list`: only those on the list. */
  mode: 'open' | 'list'
  limits: TriesLimits
  accountExists(account: string): boolean
  /** Undefined: it is nobody's. */
  findDevice(device: string): ClaimedDevice | undefined
  addDevice: AddDevice
  /** Has a device do something for whoever confirms a claim. @throws {Failure} whatever kept it from being done */
  command: ConfirmingNeeds['command']
  /** It comes with what a pairing gave it. @throws {Failure} `no-match` */
  spend(device: string, connectionCode: string, address: string): Promise<EnrolAnswer>
  /** Resolves when all nodes know what this one has written. */
  everywhere(): Promise<void>
}

/** Contract part 2, `--enrolment`. */
const mostUnclaimed = 10_000
const mostUnclaimedOfNetwork = 20
const forgetMs = 7 * 24 * 3_600_000
/** That it was heard of is written no oftener. */
const saveSeenMs = 3_600_000
/** More held requests of nobody would be memory for whoever wants it. */
const mostWaiting = 20_000

export async function openEnrolment(needs: EnrolmentNeeds): Promise<Enrolment> {
  const { database, journal, audit, clock, random, domain, mode } = needs
  const store = createEnrolmentStore(database)
  const codes = createCodes(
    await keptSecret(database, random, 'code-key'),
    await keptSecret(database, random, 'claim-key'),
  )
  const waiting = createWaiting(clock)
  let waitingNow = 0
  const tries = createTries({ database, clock, random, limits: needs.limits, audit })
  const claims = createClaims({ ...needs, store, codes, tries, claimed: waiting.tell })

  /** What this device may come with, as far as a list says so. @returns undefined: it may not */
  async function admitted(device: string, code: string): Promise<{ model: string | null } | undefined> {
    const listed = await store.listed(device)
    const line = listed.find((row) => row.code === code)
    if (line) return line
    return mode === 'open' && listed.length === 0 ? { model: null } : undefined
  }

  /** B2. What an owned device is said to come with changes nothing, and is not told from any other. */
  async function comeFirst(device: string, code: string, network: string): Promise<void> {
    const line = needs.findDevice(device) ? undefined : await admitted(device, code)
    if (!line) return
    const nowMs = clock.wallNow()
    const times = { created_at: nowMs, seen_at: nowMs, claim_id: null }
    await database.write(async (tx) => {
      const { all, fromThere } = await store.countUnclaimed(tx, network)
      if (all >= mostUnclaimed || fromThere >= mostUnclaimedOfNetwork)
        throw new Failure(
          'too-many-requests',
          'Too many devices that nobody has claimed have come: claim some of them.',
          {
            retryAfterSeconds: 60,
          },
        )
      await store.addTarget(tx, { device, code, model: line.model, network, ...times })
    })
  }

  /** @returns undefined: nobody has claimed it yet */
  async function secondOf({ device, claim_id }: TargetRow): Promise<EnrolAnswer | undefined> {
    if (claim_id === null) return undefined
    const claim = await store.findClaim(claim_id)
    if (!claim || !(await store.isUnused(claim)))
      throw new Failure('no-match', 'This code has been used. It is good again when the owner has removed the device.')
    const secret = codes.secretOf(claim_id, device)
    return { registration: 'second', jid: `${device}@${domain}`, secret, claim: claim_id }
  }

  async function look(device: string, code: string, network: string): Promise<EnrolAnswer | undefined> {
    const target = await store.findTarget(device, code)
    if (!target) {
      await comeFirst(device, code, network)
      return undefined
    }
    if (target.seen_at < clock.wallNow() - saveSeenMs) await store.saveSeen(device, code, clock.wallNow())
    return await secondOf(target)
  }

  return {
    async enrol({ id, code: told }, { network, address }, waitMs, gone) {
      if (ConnectionCode.safeParse(told).success) return await needs.spend(id, told, address)
      const code = codes.hashOf(told)
      const untilMs = clock.now() + (waitingNow < mostWaiting ? waitMs : 0)
      waitingNow++
      try {
        for (;;) {
          using news = waiting.listen(id)
          const answer = await look(id, code, network)
          if (answer) return answer
          if (!(await news.within(untilMs - clock.now(), gone))) return { registration: 'first' }
        }
      } finally {
        waitingNow--
      }
    },
    claims,
    confirming: createConfirming({ ...needs, store, claims }),
    tries,
    isFree: async (device) => mode === 'open' && !needs.findDevice(device) && (await store.listed(device)).length === 0,
    addToList: createFactoryList({ database, store, codes, clock, audit: audit.tell }),
    removed: store.removeTargets,
    async instructed(tx, device, claimId, address) {
      const claim = await store.instruct(tx, device, clock.wallNow(), claimId)
      if (!claim) return
      const facts = { claimId: claim.claim_id, state: 'instructed' }
      const { account, claim_id: subject } = claim
      journal.append(tx, { type: 'claim.changed', account, device, facts })
      const actor = { kind: 'device', id: device } as const
      audit.tell(tx, { action: 'claim.instructed', account, actor, device, subject, address })
    },
    claimedElsewhere: waiting.tell,
    async forgetOld() {
      await store.forgetUnclaimed(clock.wallNow() - forgetMs)
      await tries.forgetOld()
    },
  }
}
