/** The relay's simulated disk: writes come in groups and take their time; of a crash, only what was synced survives. */
import { Failure } from '@fairlead/base'
import type { RequestRow } from '../../relay/database/tables.ts'
import { maxGroup, type Transaction } from '../../relay/database/writer.ts'
import type { PresenceChange } from '../../relay/sessions/sessions.ts'
import type { KeptSession } from '../../relay/xmpp/kept-session.ts'

/** What is on disk right now. */
export interface Kept {
  requests: Map<string, RequestRow>
  presences: Map<string, KeptPresence>
  /** One a device. */
  sessions: Map<string, KeptSession>
  /** When the relay was last known to live, by the wall clock. */
  aliveAt: number
  /** Who is enrolled, and which of its secrets is the good one. */
  devices: Map<string, { readonly account: string; readonly version: number }>
}

export type KeptPresence = Omit<PresenceChange, 'suspect'>

/** One write in the making: what it will do, all of it or nothing. */
export interface Writing extends Transaction {
  readonly acts: (() => void)[]
}

/** The disk as one life of the relay sees it; when that life is over, nothing comes back from it any more. */
export interface Disk {
  readonly kept: Kept
  /** @throws {Failure} `unavailable` while the disk is full: nothing of it is kept */
  write<Result>(work: (tx: Writing) => Promise<Result>): Promise<Result>
}

export interface DiskNeeds {
  kept: Kept
  /** Within this life only. */
  after(delayMs: number, run: () => void): void
  /** How long the next group takes to be synced. */
  syncMs(): number
  isFull(): boolean
  /** A group is on disk, or has failed: the relay may die here. */
  synced(writes: number): void
}

interface Pending {
  work(tx: Writing): Promise<unknown>
  resolve(result: unknown): void
  reject(error: unknown): void
}

interface Ready {
  pending: Pending
  tx: Writing
  result: unknown
}

export function createDisk(needs: DiskNeeds): Disk {
  const queue: Pending[] = []
  let isBusy = false

  function begin(): void {
    if (isBusy || queue.length === 0) return
    isBusy = true
    needs.after(0, () => void writeGroup(queue.splice(0, maxGroup)))
  }

  async function prepare(pending: Pending): Promise<Ready | undefined> {
    const tx = newWriting()
    try {
      return { pending, tx, result: await pending.work(tx) }
    } catch (error) {
      pending.reject(error)
      return undefined
    }
  }

  async function writeGroup(group: readonly Pending[]): Promise<void> {
    const ready = (await Promise.all(group.map(prepare))).filter((one) => one !== undefined)
    needs.after(needs.syncMs(), () => {
      isBusy = false
      const isFull = needs.isFull()
      if (!isFull) for (const { tx } of ready) for (const act of tx.acts) act()
      needs.synced(ready.length)
      for (const { pending, result } of ready)
        if (isFull) pending.reject(new Failure('unavailable', 'The disk is full.'))
        else pending.resolve(result)
      begin()
    })
  }

  return {
    kept: needs.kept,
    write: (work) =>
      new Promise((resolve, reject) => {
        queue.push({ work, resolve: resolve as (result: unknown) => void, reject })
        begin()
      }),
  }
}

function newWriting(): Writing {
  return {
    acts: [],
    get sql(): never {
      throw new Error('The simulated disk speaks no SQL.')
    },
    tell() {},
    audit() {},
    afterCommit() {},
  }
}
