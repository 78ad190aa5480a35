/** What other nodes did to devices, read anew: who they are, who may log in as them, and how they stand. */
import type { DeviceCredentialRow } from '../database/tables.ts'
import type { CredentialStore } from './credential-store.ts'
import type { EndOfSessions } from './inventory.ts'
import { type KnownDevices, knownDeviceOf } from './known-devices.ts'
import type { DeviceLogIn } from './log-in.ts'
import type { StoredPresence } from './presence.ts'
import type { DeviceStore } from './store.ts'

/** @param ids undefined: any of them */
export type Learn = (ids: readonly string[] | undefined) => Promise<void>

export interface LearningNeeds {
  store: Pick<DeviceStore, 'some' | 'all'>
  credentialStore: Pick<CredentialStore, 'ofDevices'>
  known: KnownDevices
  logIn: DeviceLogIn
  endSessions(device: string, reason: EndOfSessions): void
  /** How it stands, as another node wrote it down. */
  presenceLearned(presence: StoredPresence): void
}

const mostAtOnce = 500

export function createLearning(needs: LearningNeeds): Learn {
  const { store, credentialStore, known, logIn, endSessions, presenceLearned } = needs

  async function learnSome(ids: readonly string[]): Promise<void> {
    const [devices, secrets] = await Promise.all([store.some(ids), credentialStore.ofDevices(ids)])
    const secretsOf = Map.groupBy(secrets, ({ device }) => device)
    const there = new Set(devices.map(({ row }) => row.id))
    for (const id of ids) if (!there.has(id)) forget(id)
    for (const { row, presence } of devices) {
      // Released by one account, and another's now: nothing that was meant for it goes there.
      if (known.find(row.id) && known.find(row.id)?.account !== row.account) forget(row.id)
      known.put(knownDeviceOf(row))
      learnSecrets(row.id, secretsOf.get(row.id) ?? [])
      presenceLearned(presence)
    }
  }

  function forget(id: string): void {
    if (!known.find(id)) return
    logIn.drop(id)
    known.remove(id)
    endSessions(id, 'removed')
  }

  function learnSecrets(id: string, rows: readonly DeviceCredentialRow[]): void {
    if (logIn.has(id, rows)) return
    const before = logIn.newest(id)
    logIn.replace(id, rows)
    if (before && !rows.some(({ version }) => version === before.version)) endSessions(id, 'rotated')
  }

  return async (ids) => {
    const all = new Set(ids)
    if (ids === undefined) {
      for (const { id } of known.all()) all.add(id)
      for await (const { id } of store.all()) all.add(id)
    }
    const list = [...all]
    for (let at = 0; at < list.length; at += mostAtOnce) await learnSome(list.slice(at, at + mostAtOnce))
  }
}
