/** The thread that empties the log: it brings what is in it into the database, and syncs both, without holding anybody up. */
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

const file = new DatabaseSync(workerData, { timeout: 0 })
file.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0')

parentPort?.on('message', (wish: 'empty' | 'close') => {
  if (wish === 'close') {
    file.close()
    parentPort?.close()
    return
  }
  try {
    file.exec('PRAGMA wal_checkpoint(PASSIVE)')
    parentPort?.postMessage(true)
  } catch {
    // The disk is full, or somebody else has the file: the log stays as it is until the next time.
    parentPort?.postMessage(false)
  }
})
