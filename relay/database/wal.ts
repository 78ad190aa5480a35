/**
 * The write-ahead log beside the database: synced without holding anybody up, and emptied by a thread of its own.
 *
 * SQLite's own way (`synchronous = FULL`) syncs within the COMMIT, on the one thread that answers everybody: on a busy disk
 * each answer waits. So the writer's COMMIT only writes (`NORMAL`: the file stays sound whatever happens), and what it wrote
 * is called stored when this has synced it. Source: https://sqlite.org/wal.html, "Performance Considerations".
 */
import { closeSync, fsyncSync, openSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'

export interface Wal extends AsyncDisposable {
  /**
   * Resolves once everything that was committed before is on disk.
   * @throws the disk's error: the log is in doubt from then on, and so is what was committed last
   */
  sync(): Promise<void>
  /** A sync failed and nothing has shown since that the disk is sound: nothing is to be committed before `mend`. */
  isInDoubt(): boolean
  /** Resolves once the whole log is on disk. @throws the disk's error, the last one when it is too early to try again */
  mend(): Promise<void>
}

export interface WalOptions {
  /** Often enough that the log stays small, seldom enough that nobody notices. */
  emptyEveryMs?: number
  /** Sooner where much is written: a log that has filled the disk could not be brought into the database any more. */
  emptyEverySyncs?: number
  /** As long as callers are asked to wait. A disk that has just failed may take one more sync and lose it. */
  doubtMs?: number
  sync?: (file: FileHandle) => Promise<void>
}

/** @param path of the database, which is open in WAL mode and has its log */
export async function openWal(path: string, options: WalOptions = {}): Promise<Wal> {
  const { emptyEveryMs = 5000, emptyEverySyncs = 256, doubtMs = 5000, sync = (file) => file.datasync() } = options
  const file = await open(`${path}-wal`, 'r+')
  // That the log exists has to survive as well as what is in it, and so has what an earlier process could not sync.
  await writeAgain(file)
  await file.datasync()
  syncFolder(dirname(path))
  let doubt: { error: unknown; untilMs: number } | undefined
  let emptier: Emptier | undefined
  let unemptied = 0
  let isEmptying = false
  let isNearlyEmpty = false
  const timer = setInterval(() => void empty(), emptyEveryMs)
  timer.unref()

  /**
   * Brings the bulk of the log into the database while it is being written to. It begins again at its start only when nothing
   * is left in it, so what came meanwhile follows in a pause of the writer, which is short.
   */
  async function empty(): Promise<void> {
    if (unemptied === 0 || isEmptying) return
    unemptied = 0
    isEmptying = true
    emptier ??= openEmptier(path)
    isNearlyEmpty = await emptier.empty()
    isEmptying = false
    // A disk that was full may have room again with the next write: then it is not waited with, or the log fills it anew.
    if (!isNearlyEmpty) unemptied = emptyEverySyncs
  }

  async function syncOrDoubt(): Promise<void> {
    try {
      await sync(file)
      doubt = undefined
    } catch (error) {
      doubt = { error, untilMs: performance.now() + doubtMs }
      throw error
    }
  }

  return {
    async sync() {
      unemptied++
      await syncOrDoubt()
      if (unemptied >= emptyEverySyncs) void empty()
      if (!isNearlyEmpty) return
      isNearlyEmpty = false
      await emptier?.empty()
    },
    isInDoubt: () => doubt !== undefined,
    async mend() {
      if (doubt && performance.now() < doubt.untilMs) throw doubt.error
      await writeAgain(file)
      await syncOrDoubt()
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await emptier?.close()
      await file.close()
    },
  }
}

/**
 * After a failed sync Linux takes what it could not write for written, and a later sync would leave it out: it is made new by
 * being written again, from the cache. Source: Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020.
 */
async function writeAgain(file: FileHandle): Promise<void> {
  const buffer = Buffer.alloc(chunkBytes)
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, at)
    if (bytesRead === 0) return
    const { bytesWritten } = await file.write(buffer, 0, bytesRead, at)
    at += bytesWritten
  }
}

const chunkBytes = 2 ** 20

interface Emptier {
  /** @returns false: it could not be done. What is in the way is in the way of the next write too, and told there */
  empty(): Promise<boolean>
  close(): Promise<void>
}

function openEmptier(path: string): Emptier {
  const worker = new Worker(new URL('./wal-worker.ts', import.meta.url), { workerData: path })
  const waiting: ((isDone: boolean) => void)[] = []
  let isOver = false
  const ended = new Promise<void>((resolve) => {
    // Without it the log only grows; at the next start it is emptied.
    worker.on('error', () => {})
    worker.on('exit', () => {
      isOver = true
      for (const done of waiting.splice(0)) done(true)
      resolve()
    })
  })
  worker.on('message', (isDone: boolean) => waiting.shift()?.(isDone))
  // After the listeners: each of them would keep the program running.
  worker.unref()
  return {
    empty: () =>
      new Promise((resolve) => {
        if (isOver) return resolve(true)
        waiting.push(resolve)
        worker.postMessage('empty')
      }),
    async close() {
      // Now it is waited for: with nothing else left to do, Node would end with 13 in the middle of it.
      worker.ref()
      worker.postMessage('close')
      await ended
    },
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  fsyncSync(folder)
  closeSync(folder)
}
