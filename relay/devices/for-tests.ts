/** The devices of a small relay on a real file, with a clock turned by hand. For tests only. */
import { createHandClock, createSeededRandom, type Failure, silentLog } from '@fairlead/base'
import type { DeviceInquiry } from '@fairlead/protocol/contract'
import { openDatabase } from '../database/database.ts'
import { placeIn, temporaryFolder } from '../database/for-tests.ts'
import type { JournalEntry } from '../events/entry.ts'
import { openJournal } from '../events/journal.ts'
import type { Caller, Scope } from '../http/route.ts'
import { type DevicesNeeds, openDevices } from './devices.ts'
import type { PresenceView } from './presence.ts'

export const admin: Caller = { kind: 'admin' }
export const acme = serviceOf('acme')
export const rival = serviceOf('rival')

function serviceOf(account: string): Caller {
  return { kind: 'key', keyId: account, account, scopes: new Set<Scope>() }
}

export const anyDevice: DeviceInquiry = { limit: 50 }

/** A check for `assert.rejects`. */
export const refusal = (code: Failure['code']) => (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === code

/** @param folder kept by the caller, to open the same relay again */
export async function openWorld(folder?: string, more: Partial<DevicesNeeds> = {}) {
  await using opening = new AsyncDisposableStack()
  const path = folder ?? opening.use(temporaryFolder()).path
  const clock = createHandClock()
  const database = opening.use(await openDatabase(await placeIn(path)))
  await database.write(async (tx) => {
    for (const id of ['default', 'acme', 'rival'])
      await tx.sql
        .insertInto('account')
        .values({ id, name: null, created_at: 0 })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
  })
  const journal = opening.use(await openJournal({ database, clock, log: silentLog }))
  const events: JournalEntry[] = []
  journal.subscribe((entry) => events.push(entry))
  const presences = new Map<string, PresenceView>()
  const ended: string[] = []
  const devices = opening.use(
    await openDevices({
      database,
      journal,
      audit() {},
      clock,
      random: createSeededRandom(1),
      log: silentLog,
      domain: 'relay.example',
      survivalTimeoutSeconds: 60,
      resetNoticeSeconds: 86_400,
      accountExists: (account) => ['default', 'acme', 'rival'].includes(account),
      presenceOf: (device) => presences.get(device),
      endSessions: (device, reason) => ended.push(`${device} ${reason}`),
      ...more,
    }),
  )
  const opened = opening.move()
  return {
    clock,
    database,
    journal,
    devices,
    presences,
    /** What was asked of the sessions, as `device reason`. */
    ended,
    events,
    /** Types of what has happened, in order. */
    happened: () => events.map(({ type }) => type),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}
