/** What strangers want is done for so long in one turn of the event loop: in a flood of them, who has a session goes first (S-D3). */

/** A fleet of the largest size that one relay is for. */
const mostWaiting = 20_000

export interface Turns {
  /** Runs `work` in this turn, or in one of the next, in order. It must not throw. @returns false: too many wait */
  run(work: () => void): boolean
  /** All that waits runs now. */
  flush(): void
}

/**
 * @param now milliseconds
 * @param budgetMs of a turn; the rest waits for the next ones
 */
export function createTurns(
  now: () => number,
  budgetMs: number,
  nextTurn: (run: () => void) => void = setImmediate,
): Turns {
  const queue: (() => void)[] = []
  let spentMs = 0
  let isAwaited = false

  function perform(work: () => void): void {
    const startedMs = now()
    work()
    spentMs += now() - startedMs
    if (spentMs === 0 || isAwaited) return
    isAwaited = true
    nextTurn(() => {
      isAwaited = false
      spentMs = 0
      goOn()
    })
  }

  function goOn(): void {
    for (let next = takeNext(); next; next = takeNext()) perform(next)
  }

  function takeNext(): (() => void) | undefined {
    return spentMs < budgetMs ? queue.shift() : undefined
  }

  return {
    run(work) {
      if (queue.length >= mostWaiting) return false
      queue.push(work)
      goOn()
      return true
    },
    flush() {
      for (const work of queue.splice(0)) work()
    },
  }
}
