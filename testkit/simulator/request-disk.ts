/** The rooms' stores on the simulated disk: requests that are remembered, and how devices stood. */
import type { RequestRow } from '../../relay/database/tables.ts'
import type { RequestStore } from '../../relay/requests/store.ts'
import type { KeptSessionStore } from '../../relay/xmpp/session-keeper.ts'
import type { Disk, KeptPresence, Writing } from './disk.ts'

export function createRequestDisk({ kept, write }: Disk): RequestStore {
  const { requests } = kept

  function ofKey(account: string, owner: string | null, device: string, key: string | null): RequestRow | undefined {
    if (key === null) return undefined
    for (const row of requests.values())
      if (row.idempotency_key === key && row.device === device && row.key_owner === owner && row.account === account)
        return row
    return undefined
  }

  function change(requestId: string, changes: Partial<RequestRow>): void {
    const row = requests.get(requestId)
    if (row) requests.set(requestId, { ...row, ...changes })
  }

  async function writeChange(tx: unknown, requestId: string, changes: Partial<RequestRow>): Promise<boolean> {
    ;(tx as Writing).acts.push(() => change(requestId, changes))
    return true
  }

  return {
    async add(row) {
      let before: RequestRow | undefined
      await write(async (tx) => {
        tx.acts.push(() => {
          before = ofKey(row.account, row.key_owner, row.device, row.idempotency_key)
          if (!before) requests.set(row.request_id, row)
        })
      })
      return before
    },
    findByKey: async ({ account, keyOwner, device, key }) => ofKey(account, keyOwner, device, key),
    find: async (requestId) => requests.get(requestId),
    // There is no other node that could be given up.
    bar: async () => false,
    async leave(requestId, sentAt) {
      await write(async (tx) => void tx.acts.push(() => change(requestId, { sent_at: sentAt })))
      return true
    },
    async comeBack(requestId) {
      await write(async (tx) => void tx.acts.push(() => change(requestId, { sent_at: null })))
      return true
    },
    end: writeChange,
    amend: writeChange,
    // Of what other nodes took there is nothing: it is one relay.
    waitingOf: async () => [],
    takeInHandOf: async () => [],
    expired: async () => [],
    pending: async () =>
      [...requests.values()]
        .filter((row) => row.outcome === 'pending')
        .sort((one, other) => one.accepted_at - other.accepted_at),
    forgetOld: (nowMs) =>
      write(async (tx) => {
        tx.acts.push(() => {
          for (const row of requests.values())
            if (row.keep_until < nowMs && row.outcome !== 'pending') requests.delete(row.request_id)
        })
      }),
  }
}

export function createSessionDisk({ kept, write }: Disk): KeptSessionStore {
  const { sessions } = kept
  return {
    load: async () => ({ sessions: [...sessions.values()], aliveAt: kept.aliveAt }),
    saveAlive: (at) =>
      write(async (tx) => {
        tx.acts.push(() => {
          kept.aliveAt = at
        })
      }),
    save: (changed, ended) =>
      write(async (tx) => {
        tx.acts.push(() => {
          for (const session of changed)
            if ((sessions.get(session.device)?.epoch ?? 0) <= session.epoch) sessions.set(session.device, session)
          for (const { device, key } of ended) if (sessions.get(device)?.key === key) sessions.delete(device)
        })
      }),
  }
}

/** @param written called when it is on disk: a session with a larger epoch may have written before, then it is not */
export function savePresence({ kept, write }: Disk, presence: KeptPresence, written: () => void): Promise<void> {
  return write(async (tx) => {
    tx.acts.push(() => {
      if ((kept.presences.get(presence.device)?.epoch ?? 0) > presence.epoch) return
      kept.presences.set(presence.device, presence)
      written()
    })
  })
}
