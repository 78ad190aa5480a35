/** Work that nobody waits for: its failure is logged, never lost and never fatal. */
import type { Log } from './log.ts'

/** Runs `work` and logs what it throws under `event`. */
export function inBackground(log: Log, event: string, work: () => Promise<unknown>): void {
  work().catch((error) => log.error(event, 'Background work failed.', error))
}
