/**
 * The write-ahead log beside the database: synced without holding anybody up, and emptied by a thread of its own.
 *
 * SQLite's own way (`synchronous = FULL`) syncs within the COMMIT, on the one thread that answers everybody: on a busy disk
 * each answer waits. So the writer's COMMIT only writes (`NORMAL`: the file stays sound whatever happens), and what it wrote
 * is called stored when this has synced it. Source: https://sqlite.org/wal.html, "Performance Considerations".
 */
import { close, closeSync, fdatasync, fdatasyncSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'

export interface Wal extends AsyncDisposable {
  /** Resolves once everything that was committed before is on disk. */
  sync(): Promise<void>
}

/** Often enough that the log stays small, seldom enough that nobody notices. */
const usualEmptyEveryMs = 5000

const sync = promisify(fdatasync)
const closeFile = promisify(close)

/** @param path of the database, which is open in WAL mode and has its log */
export function openWal(path: string, emptyEveryMs = usualEmptyEveryMs): Wal {
  const file = openSync(`${path}-wal`, 'r')
  // That the log exists has to survive as well as what is in it, and so has what was written before it was watched.
  fdatasyncSync(file)
  syncFolder(dirname(path))
  let emptier: Emptier | undefined
  let isWritten = false
  let isNearlyEmpty = false
  const timer = setInterval(() => void empty(), emptyEveryMs)
  timer.unref()

  /**
   * Brings the bulk of the log into the database while it is being written to. It begins again at its start only when nothing
   * is left in it, so what came meanwhile follows in a pause of the writer, which is short.
   */
  async function empty(): Promise<void> {
    if (!isWritten) return
    isWritten = false
    emptier ??= openEmptier(path)
    await emptier.empty()
    isNearlyEmpty = true
  }

  return {
    async sync() {
      isWritten = true
      await sync(file)
      if (!isNearlyEmpty) return
      isNearlyEmpty = false
      await emptier?.empty()
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await emptier?.close()
      await closeFile(file)
    },
  }
}

interface Emptier {
  /** Resolves when it is done, or cannot be: what is in the way is in the way of the next write too, and told there. */
  empty(): Promise<void>
  close(): Promise<void>
}

function openEmptier(path: string): Emptier {
  const worker = new Worker(new URL('./wal-worker.ts', import.meta.url), { workerData: path })
  const waiting: (() => void)[] = []
  let isOver = false
  const ended = new Promise<void>((resolve) => {
    // Without it the log only grows; at the next start it is emptied.
    worker.on('error', () => {})
    worker.on('exit', () => {
      isOver = true
      for (const done of waiting.splice(0)) done()
      resolve()
    })
  })
  worker.on('message', () => waiting.shift()?.())
  // After the listeners: each of them would keep the program running.
  worker.unref()
  return {
    empty: () =>
      new Promise((resolve) => {
        if (isOver) return resolve()
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
