/** The data folder: made when it is missing, readable by its owner alone. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '@fairlead/base'

/**
 * Makes the folder and those above it. Node's own recursive way never comes back on some file systems (`/proc`).
 *
 * @throws {Failure} `unavailable`, one sentence: it cannot be made
 */
export function makeDataFolder(path: string): void {
  try {
    makeFolder(path)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new Failure('unavailable', `The data folder ${path} cannot be made (${said}): name another with --data.`)
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    makeFolder(dirname(path))
    mkdirSync(path, { mode: 0o700 })
  }
}
