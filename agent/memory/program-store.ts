/** What a device keeps of programs: one row, so that a run and the request information that it goes by are never at odds. */
import type { DatabaseSync } from 'node:sqlite'
import type { z } from 'zod'
import { ProgramsState } from '../programs/program-state.ts'

export interface ProgramStore {
  /** Undefined: nothing has been kept yet. */
  read(): z.infer<typeof ProgramsState> | undefined
  /** On disk when it returns. */
  keep(state: z.infer<typeof ProgramsState>): void
}

export const programTable = 'CREATE TABLE IF NOT EXISTS program (device TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT;'

export function createProgramStore(database: DatabaseSync, device: string): ProgramStore {
  const one = database.prepare('SELECT state FROM program WHERE device = ?')
  const put = database.prepare('INSERT OR REPLACE INTO program (device, state) VALUES (?, ?)')
  return {
    read() {
      const row = one.get(device) as { state: string } | undefined
      return row && ProgramsState.parse(JSON.parse(row.state))
    },
    keep(state) {
      put.run(device, JSON.stringify(ProgramsState.parse(state)))
    },
  }
}
