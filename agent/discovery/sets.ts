/** Puts things together that have something in common, however long the chain from one to the other is. */

export interface Sets<Thing> {
  join(one: Thing, other: Thing): void
  /** Joins all that share a key; a thing may have several, or none. */
  joinAlike(things: Iterable<Thing>, keysOf: (thing: Thing) => readonly string[]): void
  all(): Thing[][]
}

/** @param things each in a set of its own */
export function createSets<Thing>(things: readonly Thing[]): Sets<Thing> {
  const setOf = new Map(things.map((thing) => [thing, [thing]]))

  function join(one: Thing, other: Thing): void {
    const [mine = [], others = []] = [setOf.get(one), setOf.get(other)]
    if (mine === others) return
    const [larger, smaller] = mine.length >= others.length ? [mine, others] : [others, mine]
    for (const thing of smaller) setOf.set(thing, larger)
    larger.push(...smaller)
  }

  return {
    join,
    joinAlike(some, keysOf) {
      const first = new Map<string, Thing>()
      for (const thing of some)
        for (const key of keysOf(thing)) {
          const known = first.get(key)
          if (known === undefined) first.set(key, thing)
          else join(known, thing)
        }
    },
    all: () => [...new Set(setOf.values())],
  }
}
