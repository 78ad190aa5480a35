/** What was last seen of a device and is still to be told: one row, so that neither is ever there without the other. */
import type { DatabaseSync } from 'node:sqlite'
import type { z } from 'zod'
import { TellingState } from '../telling/telling-machine.ts'

export interface TellingStore {
  /** Undefined: nothing has been kept yet. */
  read(): z.infer<typeof TellingState> | undefined
  /** On disk when it returns. */
  keep(state: z.infer<typeof TellingState>): void
}

export const tellingTable = 'CREATE TABLE IF NOT EXISTS telling (device TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT;'

export function createTellingStore(database: DatabaseSync, device: string): TellingStore {
  const one = database.prepare('SELECT state FROM telling WHERE device = ?')
  const put = database.prepare('INSERT OR REPLACE INTO telling (device, state) VALUES (?, ?)')
  return {
    read() {
      const row = one.get(device) as { state: string } | undefined
      return row && TellingState.parse(JSON.parse(row.state))
    },
    keep(state) {
      put.run(device, JSON.stringify(TellingState.parse(state)))
    },
  }
}
