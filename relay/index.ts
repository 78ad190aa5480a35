/** The relay, for who starts one. */
import type { RelayProcess } from './main.ts'

export type { SchemaChange } from './database/migrations/upgrade.ts'
export type { Carriage, Progress } from './database/transfer/export-record.ts'
export { configOption, relayOptions } from './options.ts'
export { version } from './version.ts'

/** Loaded only when one of them is to run. @see {record-commands.ts} */
export function recordCommands() {
  return import('./record-commands.ts')
}

/** Loads the relay only when one is to run: the command line knows its options, and must start at once. @see {main.ts} */
export async function runRelay(relay: RelayProcess): Promise<void> {
  const { runRelay: run } = await import('./main.ts')
  await run(relay)
}
