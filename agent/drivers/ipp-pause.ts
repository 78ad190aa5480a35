/** Waits between two questions to a printer. */
import type { Clock } from '@fairlead/base'

/**
 * @param wake ends the pause early; one that is aborted already does not
 * @throws the reason of `stopping`
 */
export async function pauseUntil(
  clock: Pick<Clock, 'now' | 'at'>,
  ms: number,
  stopping: AbortSignal,
  ...wake: readonly AbortSignal[]
): Promise<void> {
  stopping.throwIfAborted()
  const { promise, resolve } = Promise.withResolvers<void>()
  const signals = [stopping, ...wake]
  const timer = clock.at(clock.now() + ms, resolve)
  const go = () => resolve()
  for (const signal of signals) signal.addEventListener('abort', go)
  await promise
  timer.cancel()
  for (const signal of signals) signal.removeEventListener('abort', go)
  stopping.throwIfAborted()
}
