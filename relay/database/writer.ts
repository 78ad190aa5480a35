/** The one writer: what is written at the same time is committed, and synced to disk, together. */
import type { DatabaseSync } from 'node:sqlite'
import { Failure } from '@fairlead/base'
import type { Kysely } from 'kysely'
import { isOfTheDisk, messageOf } from './sqlite-errors.ts'
import type { Tables } from './tables.ts'
import type { Wal } from './wal.ts'

/**
 * One write in the making. It sees what it wrote, and what the writes before it in its group wrote.
 * Await nothing but its own queries: everybody's writes wait meanwhile.
 */
export interface Transaction {
  /** Good until the work has returned; afterwards it throws. */
  readonly sql: Kysely<Tables>
  /** Runs once this is on disk, in the order of the writes and before `write` resolves; never when it failed. Must not throw. */
  afterCommit(run: () => void): void
}

/**
 * Resolves with what `work` returned once it is on disk.
 * What `work` throws takes back this write alone and is thrown on.
 *
 * @throws {Failure} `unavailable` when the disk is full or broken: nothing of this write is kept, unless it broke while it
 *   synced, which the words tell
 */
export type Write = <Result>(work: (tx: Transaction) => Promise<Result>) => Promise<Result>

interface Pending {
  work(tx: Transaction): Promise<unknown>
  resolve(result: unknown): void
  reject(error: unknown): void
}

interface Done {
  pending: Pending
  result: unknown
  afterCommit: (() => void)[]
}

/** A group is committed when this many are in it, though more wait: nobody waits for ever on a busy relay. */
export const maxGroup = 100

export interface Writer {
  write: Write
  /** Why the last group could not be written; undefined while writing works. */
  whyNot(): string | undefined
  /** Resolves when what was asked for before is done; what is asked for later is refused. */
  close(): Promise<void>
}

export function createWriter(
  file: DatabaseSync,
  sql: Kysely<Tables>,
  wal: Pick<Wal, 'sync' | 'isInDoubt' | 'mend'>,
): Writer {
  const queue: Pending[] = []
  let failing: string | undefined
  let running: Promise<void> | undefined
  let isClosed = false

  const write: Write = (work) =>
    new Promise((resolve, reject) => {
      if (isClosed) throw unavailable(new Error('it is closed'))
      queue.push({ work, resolve: resolve as (result: unknown) => void, reject })
      running ??= run()
    })

  async function run(): Promise<void> {
    while (queue.length > 0) {
      // Everything that comes in with the same turn of the event loop shares one commit; and a long queue lets others run.
      await new Promise((resolve) => setImmediate(resolve))
      await writeGroup()
    }
    running = undefined
  }

  async function writeGroup(): Promise<void> {
    const done: Done[] = []
    let isCommitted = false
    try {
      if (wal.isInDoubt()) await wal.mend()
      file.exec('BEGIN IMMEDIATE')
      for (let next = queue.shift(); next; next = done.length < maxGroup ? queue.shift() : undefined)
        await writeOne(next, done)
      file.exec('COMMIT')
      isCommitted = true
      if (done.length === 0) return
      await wal.sync()
      failing = undefined
    } catch (error) {
      if (file.isTransaction) file.exec('ROLLBACK')
      refuseAll(done, error, isCommitted)
      return
    }
    for (const each of done) settle(each)
  }

  /** Throws only when the whole group is lost. */
  async function writeOne(pending: Pending, done: Done[]): Promise<void> {
    const { tx, afterCommit, close } = openTransaction(sql)
    const place = done.push({ pending, result: undefined, afterCommit }) - 1
    file.exec('SAVEPOINT one')
    try {
      const result = await pending.work(tx)
      file.exec('RELEASE one')
      done[place] = { pending, result, afterCommit }
    } catch (error) {
      // SQLite takes back the whole transaction by itself when the disk is full or broken.
      if (!file.isTransaction) throw error
      file.exec('ROLLBACK TO one; RELEASE one')
      done.pop()
      if (isOfTheDisk(error)) failing = messageOf(error)
      pending.reject(isOfTheDisk(error) ? unavailable(error) : error)
    } finally {
      close()
    }
  }

  function settle({ pending, result, afterCommit }: Done): void {
    try {
      for (const call of afterCommit) call()
      pending.resolve(result)
    } catch (error) {
      // A bug of that one caller; the others in the group still learn that they are stored.
      pending.reject(error)
    }
  }

  function refuseAll(done: readonly Done[], error: unknown, isCommitted: boolean): void {
    failing = messageOf(error)
    const failure = unavailable(error, isCommitted ? 'whether this is stored is not known' : undefined)
    // The group never began: its first would otherwise be tried for ever.
    if (done.length === 0) queue.shift()?.reject(failure)
    for (const { pending } of done) pending.reject(failure)
  }

  return {
    write,
    whyNot: () => failing,
    async close() {
      isClosed = true
      while (running) await running
    },
  }
}

function openTransaction(sql: Kysely<Tables>) {
  let open = true
  const afterCommit: (() => void)[] = []
  const tx: Transaction = {
    get sql() {
      if (!open) throw new Error('This transaction is over: a query was not awaited, or its handle was kept.')
      return sql
    },
    afterCommit: (run) => void afterCommit.push(run),
  }
  const close = () => {
    open = false
  }
  return { tx, afterCommit, close }
}

function unavailable(cause: unknown, fate = 'nothing was stored'): Failure {
  const words = `The database cannot write (${messageOf(cause)}): ${fate}, try again later.`
  return new Failure('unavailable', words, { retryAfterSeconds: 5, cause })
}
