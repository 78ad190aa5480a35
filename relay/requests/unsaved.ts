/** What became of requests and could not be stored: tried again until it is on disk, whoever has been told of it meanwhile. */
import type { Clock, Log, Timer } from '@fairlead/base'
import type { RequestRecord } from './record.ts'

export interface Unsaved extends Disposable {
  /** The disk has refused it. @param save rejects when it is refused again, and has then added it anew */
  add(record: RequestRecord, save: () => Promise<void>): void
  /** It is on disk, or is not to be. */
  remove(record: RequestRecord): void
  /** Tries that one at once. @returns undefined: it was not refused */
  save(record: RequestRecord): Promise<void> | undefined
  /** Those on their way once more included. */
  size(): number
}

/** Short beside the time in which a node leaves, and long beside a write. */
const tryAgainMs = 1_000

export function createUnsaved({ clock, log }: { clock: Clock; log: Log }): Unsaved {
  const saves = new Map<RequestRecord, () => Promise<void>>()
  let timer: Timer | undefined

  function lookLater(): void {
    timer ??= clock.at(clock.now() + tryAgainMs, () => {
      timer = undefined
      // Whoever is refused again is here again; why was said when it was refused first.
      for (const save of [...saves.values()]) save().catch(() => {})
    })
  }

  return {
    add(record, save) {
      saves.set(record, save)
      lookLater()
    },
    remove(record) {
      if (saves.delete(record) && saves.size === 0)
        log.info('requests.outcomes-stored', 'What became of requests is on disk now, all of it.')
    },
    save: (record) => saves.get(record)?.(),
    size: () => saves.size,
    [Symbol.dispose]: () => timer?.cancel(),
  }
}
