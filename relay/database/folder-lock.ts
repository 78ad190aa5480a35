/** One process to a data folder: two relays on one record would each be wrong about the other. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Failure } from '@fairlead/base'
import { isBusy, messageOf } from './sqlite-errors.ts'

/**
 * Takes the folder, makes it if need be, and holds it until disposed of.
 *
 * The lock is the operating system's, on a SQLite file that is kept exclusively open: it dies with its process, so nothing
 * stale is ever in the way. The number of the process beside it is only for the sentence that people read.
 *
 * @throws {Failure} `unavailable` when another process has it, or it cannot be written to
 */
export function lockFolder(folder: string): Disposable {
  const pidFile = join(folder, 'relay.pid')
  using taking = new DisposableStack()
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const lock = taking.adopt(new DatabaseSync(join(folder, 'relay.lock'), { timeout: 0 }), (file) => file.close())
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    writeFileSync(pidFile, `${process.pid}\n`)
    return taking.move()
  } catch (cause) {
    const sentence = isBusy(cause)
      ? `The data folder ${folder} is in use by process ${readPid(pidFile)}: stop it first.`
      : `The data folder ${folder} cannot be used (${messageOf(cause)}): choose another, or make it writable.`
    throw new Failure('unavailable', sentence, { cause })
  }
}

function readPid(pidFile: string): string {
  try {
    return readFileSync(pidFile, 'utf8').trim()
  } catch {
    // The holder has not written it yet.
    return 'unknown'
  }
}
