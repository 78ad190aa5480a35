/**
 * Pairing on the same network (C): a device shows a PIN; who types it, and is on the device's network, is sent to the device's
 * own page with a one-time code, which the device spends for a secret of its own. Whatever fails stores nothing and sends nothing.
 */
import { type Clock, Failure, type Random } from '@fairlead/base'
import type {
  Announced,
  Announcement,
  AnnouncementNews,
  AnnouncementState,
  AuditAction,
  EnrolAnswer,
  NewPairing,
  Pairing,
} from '@fairlead/protocol/contract'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import { keptSecret } from '../database/kept-secret.ts'
import type { PairingRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { AddDevice } from '../enrolment/claims.ts'
import { accountFor, refusalOf, type Typist, typistOf } from '../enrolment/owner.ts'
import type { Tries } from '../enrolment/tries.ts'
import { unhurried } from '../enrolment/unhurried.ts'
import { createWaiting } from '../enrolment/waiting.ts'
import type { Journal } from '../events/journal.ts'
import { networkOf } from '../http/addresses.ts'
import { reaches } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import { localUrlOf } from './announce.ts'
import { judgeLocality, type Party } from './locality.ts'
import { createPairingCodes } from './pairing-codes.ts'
import { lifeMs, type PairingEvent, phaseAt, stepPairing } from './pairing-machine.ts'
import { announcementOf, changesOf, deviceOf, lifeOf, pairingOf, versionOf } from './pairing-row.ts'
import { createPairingStore } from './store.ts'
import { isIpv6 } from './subnets.ts'
import type { Whence } from './whence.ts'
import { createWitnesses } from './witnesses.ts'

export interface Pairings {
  /** C1. @throws {Failure} `invalid-request`, `pin-taken`, `too-many-requests` */
  announce(order: Announcement, from: Whence): Promise<Announced>
  /**
   * What has become of it: at once if that is not what the device knows, else when there is news.
   *
   * @throws {Failure} `not-found`: no such token
   */
  news(order: AnnouncementNews, from: Whence, waitMs: number, gone: AbortSignal): Promise<AnnouncementState>
  /** That the terminal is seen there now (C3). @throws {Failure} `forbidden`: where it is nobody knows */
  witness(nonce: string, from: Whence): string
  /** C2 to C4. @throws {Failure} `no-match` whatever the reason; `too-many-requests`; `not-found`: no such account, or not the caller's */
  create(caller: Caller, order: NewPairing, from: Whence): Promise<Pairing>
  /** @throws {Failure} `not-found`, also for another account's */
  find(caller: Caller, pairingId: string): Promise<Pairing>
  /** C6: the device comes with the code. The same answer until the secret is first used. @throws {Failure} `no-match` */
  spend(device: string, code: string, address: string): Promise<EnrolAnswer>
  /** In the transaction that notes that a device's secret was used for the first time. */
  used(tx: Transaction, device: string): Promise<void>
  /** In the transaction that removes a device. */
  removed(tx: Transaction, device: string): Promise<void>
  /** There is news of it, at another node. */
  changedElsewhere(device: string): void
  forgetOld(): Promise<void>
}

export interface PairingNeeds {
  database: Database
  journal: Journal
  audit: Pick<Audit, 'tell' | 'tellSoon'>
  clock: Clock
  random: Random
  /** XMPP domain. */
  domain: string
  tries: Tries
  accountExists(account: string): boolean
  /** Nobody owns it, and no list says that it comes with a code. */
  isFree(device: string): Promise<boolean>
  addDevice: AddDevice
  /** Resolves when all nodes know what this one has written. */
  everywhere(): Promise<void>
}

/** Contract part 2, of devices that nobody owns. */
const mostLive = 10_000
const mostLiveOfNetwork = 20
const dayMs = 24 * 3_600_000
/** S-R2: of one device in a day; then only with a press at it. */
const mostTriesOfDevice = 10
const mostWaiting = 20_000

export async function openPairings(needs: PairingNeeds): Promise<Pairings> {
  const { database, journal, audit, clock, random, tries, domain } = needs
  const store = createPairingStore(database)
  const key = await keptSecret(database, random, 'pairing-key')
  const codes = createPairingCodes(key)
  const witnesses = createWitnesses(key, clock.wallNow)
  const waiting = createWaiting(clock)
  let waitingNow = 0

  /** For the device's panel, at whichever node it waits, and for the terminal once there is an owner. */
  function tell(tx: Transaction, { pairing_id, device }: PairingRow, account: string | undefined, state: string): void {
    if (account === undefined) journal.append(tx, { type: 'record.pairing', account: 'default', device })
    else journal.append(tx, { type: 'pairing.changed', account, device, facts: { pairingId: pairing_id, state } })
    tx.afterCommit(() => waiting.tell(device))
  }

  /** @returns undefined: the event does not fit how it stands now */
  async function step(tx: Transaction, row: PairingRow, event: PairingEvent): Promise<PairingRow | undefined> {
    const nowMs = clock.wallNow()
    const life = lifeOf(row)
    const before = JSON.stringify(life)
    const isDone = stepPairing(life, event, nowMs)
    if (JSON.stringify(life) === before) return undefined
    const next = { ...row, ...changesOf(life) }
    await store.save(tx, row.pairing_id, changesOf(life))
    // That its secret is told and not used yet is between the device and its relay.
    if (life.phase !== 'spent') tell(tx, row, life.owner?.account, life.phase)
    return isDone ? next : undefined
  }

  /** What the device has done, for whoever typed its PIN. */
  function tellOfDevice(
    tx: Transaction,
    action: Extract<AuditAction, 'pairing.pressed' | 'pairing.spent'>,
    { pairing_id: subject, device, account }: PairingRow,
    address: string,
  ): void {
    audit.tell(tx, { action, account, actor: { kind: 'device', id: device }, device, subject, address })
  }

  async function press(pairingId: string, address: string): Promise<void> {
    await database.write(async (tx) => {
      const row = await store.findToChange(tx, pairingId)
      const pressed = row && (await step(tx, row, { kind: 'pressed' }))
      if (pressed) tellOfDevice(tx, 'pairing.pressed', pressed, address)
    })
  }

  /** All that this try is about, judged and stepped in one transaction. */
  async function typed(pin: string, terminal: Party, typist: Typist) {
    const by = { account: typist.account, asker: typist.asker }
    const nowMs = clock.wallNow()
    const behind = await Promise.all(terminal.seen.map((address) => store.accountsBehind(address, nowMs - dayMs)))
    const accountsThere = Math.max(...behind)
    const networks = [...new Set(terminal.seen.map(networkOf))]
    // Asked before the transaction, which is to be short; whoever gets the device in between is seen when the code is spent.
    const facts = new Map<string, { isFree: boolean; isGuessedAt: boolean }>()
    const concerned = await database.write((tx) => store.concernedBy(tx, pin, networks, nowMs))
    for (const { device } of concerned)
      facts.set(device, {
        isFree: await needs.isFree(device),
        isGuessedAt: (await store.triesSince(device, nowMs - dayMs)) >= mostTriesOfDevice,
      })
    return await database.write(async (tx) => {
      const rows = await store.concernedBy(tx, pin, networks, nowMs)
      const withPin = rows.filter((row) => row.pin === pin)
      const localityOf = (row: PairingRow) => judgeLocality(deviceOf(row), terminal, accountsThere)
      // Two devices with one PIN in one network: nobody knows which of them that person means.
      const here = withPin.filter((row) => localityOf(row).verdict !== 'different')
      let match: PairingRow | undefined
      for (const row of rows) {
        const fact = facts.get(row.device)
        // One that came in this moment is not what somebody has read off a panel.
        if (!fact) continue
        const isPin = row.pin === pin
        // Who has typed the PIN of one device rightly has not mistyped that of another.
        if (!isPin && here.length > 0) continue
        const isFree = fact.isFree && here.length <= 1
        const event = { kind: 'typed', isPin, locality: localityOf(row), ...fact, isFree, by } as const
        match = (await step(tx, row, event)) ?? match
      }
      if (match) tellOfMatch(tx, match, typist)
      return match
    })
  }

  /** Which device it is nobody is told before the match is beyond doubt. */
  function tellOfMatch(tx: Transaction, { pairing_id: subject, device, phase }: PairingRow, by: Typist): void {
    const { account, actor, address } = by
    const known = phase === 'sending' ? device : undefined
    audit.tell(tx, { action: 'pairing.made', account, actor, device: known, subject, address })
  }

  function view(row: PairingRow): Pairing {
    return pairingOf(row, () => codes.codeOf(row.pairing_id), clock.wallNow())
  }

  /** Of each family the newest: a device that has moved is no longer where it was. */
  async function seeAgain(row: PairingRow, from: Whence): Promise<void> {
    const others = deviceOf(row).seen.filter((address) => isIpv6(address) !== isIpv6(from.address))
    const seen = JSON.stringify([from.address, ...others].sort())
    const veiled = from.isVeiled ? 1 : 0
    if (seen !== row.seen || veiled !== row.veiled) await store.saveSeen(row.pairing_id, seen, veiled)
  }

  async function mustFindByToken(token: string): Promise<PairingRow> {
    const row = await store.findByToken(codes.hashOfToken(token))
    if (!row) throw new Failure('not-found', 'No PIN was announced with this token, or it was long ago.')
    return row
  }

  return {
    async announce(order, from) {
      const localUrl = localUrlOf(order)
      const nowMs = clock.wallNow()
      const token = random.token(32)
      const row: PairingRow = {
        ...{ pairing_id: random.token(16), device: order.id },
        ...{ pin: codes.hashOfPin(order.pin), token: codes.hashOfToken(token) },
        ...{ local_url: localUrl, addresses: JSON.stringify(order.addresses) },
        ...{ seen: JSON.stringify([from.address]), veiled: from.isVeiled ? 1 : 0, network: from.network },
        ...{ created_at: nowMs, expires_at: nowMs + lifeMs, phase: 'waiting', tries: 0, doubts: '[]' },
        ...{ refused_check: null, refused_at: null, account: null, asker: null },
      }
      await database.write(async (tx) => {
        const { all, fromThere, isTaken } = await store.countLive(tx, from.network, row.pin, nowMs)
        if (isTaken) throw new Failure('pin-taken', 'Another device in this network shows this PIN: make another one.')
        if (all >= mostLive || fromThere >= mostLiveOfNetwork)
          throw new Failure('too-many-requests', 'Too many devices wait to be paired: pair some of them.', {
            retryAfterSeconds: 60,
          })
        await store.add(tx, row)
      })
      return { expiresAt: new Date(row.expires_at).toISOString(), token }
    },

    async news({ token, pressed, known }, from, waitMs, gone) {
      const untilMs = clock.now() + (waitingNow < mostWaiting ? waitMs : 0)
      const found = await mustFindByToken(token)
      await seeAgain(found, from)
      if (pressed) await press(found.pairing_id, from.address)
      waitingNow++
      try {
        for (;;) {
          using news = waiting.listen(found.device)
          const row = await mustFindByToken(token)
          const nowMs = clock.wallNow()
          if (known === undefined || versionOf(row, nowMs) !== known) return announcementOf(row, nowMs)
          const leftMs = untilMs - clock.now()
          if (leftMs <= 0 || gone.aborted) return announcementOf(row, nowMs)
          // That it is too old nobody tells.
          const freshMs = row.expires_at > nowMs ? row.expires_at - nowMs + 1 : leftMs
          await news.within(Math.min(leftMs, freshMs), gone)
        }
      } finally {
        waitingNow--
      }
    },

    witness(nonce, { address, isVeiled }) {
      if (isVeiled)
        throw new Failure(
          'forbidden',
          'A proxy that this relay does not know speaks for you, so where you are cannot be told: whoever runs the relay names it in --trusted-proxies.',
        )
      return witnesses.sign(address, nonce)
    },

    async create(caller, { pin, addresses = [], account: named, witnesses: told = [], nonce = '' }, from) {
      using least = unhurried(clock)
      const by = typistOf(caller, accountFor(caller, named, needs.accountExists), from.address)
      const refusal = refusalOf('pairing.refused', by)
      const takeBack = await tries.count({ asker: by.asker, network: from.network }, refusal)
      // One that is not genuine adds nothing, and is told from a genuine one by nothing.
      const besides = told.flatMap((witness) => witnesses.addressIn(witness, nonce) ?? [])
      const terminal = { seen: [...new Set([from.address, ...besides])], addresses, isVeiled: from.isVeiled }
      const row = await typed(codes.hashOfPin(pin.replaceAll(/[\s-]/g, '')), terminal, by)
      if (!row) {
        audit.tellSoon({ ...refusal, result: 'no-match' })
        await least.isOver
        throw noMatch()
      }
      await Promise.all([takeBack(), needs.everywhere()])
      return view(row)
    },

    async find(caller, pairingId) {
      const row = await store.find(pairingId)
      const isSeen = row && row.account !== null && reaches(caller, row.account)
      if (!isSeen) throw new Failure('not-found', 'There is no such pairing.')
      return view(row)
    },

    async spend(device, code, address) {
      const pairingId = codes.pairingOf(code)
      const row = pairingId === undefined ? undefined : await store.find(pairingId)
      if (!row || row.device !== device || row.account === null) throw codeIsGone()
      const { pairing_id, account } = row
      const secret = codes.secretOf(pairing_id, device)
      const told = { registration: 'second', jid: `${device}@${domain}`, secret, claim: pairing_id } as const
      if (phaseAt(lifeOf(row), clock.wallNow()) === 'sending') {
        const addIt = await needs.addDevice({ id: device, account, model: null, secret })
        await database.write(async (tx) => {
          const now = await store.findToChange(tx, pairing_id)
          if (!now || !(await step(tx, now, { kind: 'spent' }))) return
          if ((await addIt(tx)) === undefined) throw codeIsGone()
          tellOfDevice(tx, 'pairing.spent', now, address)
        })
        await needs.everywhere()
      }
      // Also for who came with it twice at once: what counts is what is written.
      const after = await store.find(pairing_id)
      if (after?.phase !== 'spent' || !(await store.isUnused(device))) throw codeIsGone()
      return told
    },

    async used(tx, device) {
      for (const row of await store.spentBy(tx, device)) await step(tx, row, { kind: 'used' })
    },

    removed: store.removeOf,
    changedElsewhere: waiting.tell,
    forgetOld: () => store.forget(clock.wallNow() - dayMs),
  }
}

function noMatch(): Failure {
  return new Failure(
    'no-match',
    "No device in your network shows this PIN now. Compare it with the device's panel, which says what did not match, and see that this terminal is on the same network.",
  )
}

function codeIsGone(): Failure {
  return new Failure('no-match', 'This link has been used, or is too old: type the PIN that the device shows now.')
}
