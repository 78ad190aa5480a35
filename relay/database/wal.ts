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
  let worker: Worker | undefined
  let isEmptying = false
  const timer = setInterval(empty, emptyEveryMs)
  timer.unref()
  let isWritten = false

  /** Brings what is in the log into the database. What goes wrong here goes wrong again at the next write, and is told there. */
  function empty(): void {
    if (!isWritten || isEmptying) return
    isWritten = false
    isEmptying = true
    worker ??= startWorker(path, () => {
      isEmptying = false
    })
    worker.postMessage('empty')
  }

  return {
    async sync() {
      isWritten = true
      await sync(file)
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      if (worker) {
        const ended = new Promise((resolve) => worker?.once('exit', resolve))
        worker.postMessage('close')
        await ended
      }
      await closeFile(file)
    },
  }
}

function startWorker(path: string, emptied: () => void): Worker {
  const worker = new Worker(new URL('./wal-worker.ts', import.meta.url), { workerData: path })
  worker.on('message', emptied)
  worker.unref()
  return worker
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  fsyncSync(folder)
  closeSync(folder)
}
