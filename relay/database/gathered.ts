/** Rows that are each asked for alone, and read together: what is asked while a query is under way shares the next one. */

/** More would make a statement too long. A power of two. */
const mostTogether = 512

interface Waiting<Key, Row> {
  key: Key
  resolve(row: Row | undefined): void
  reject(error: unknown): void
}

/**
 * A thousand look-ups at once cost a few queries, and the record is never asked for more than one at a time.
 *
 * @param look reads all of these, some of which may be said twice; what is not there is left out
 * @returns finds one as it stands after it was asked for
 */
export function gather<Key, Row>(
  look: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Row>>,
): (key: Key) => Promise<Row | undefined> {
  const waiting: Waiting<Key, Row>[] = []
  let isLooking = false

  async function run(): Promise<void> {
    isLooking = true
    while (waiting.length > 0) await lookFor(waiting.splice(0, mostTogether))
    isLooking = false
  }

  async function lookFor(together: readonly Waiting<Key, Row>[]): Promise<void> {
    try {
      const found = await look(filledUp([...new Set(together.map(({ key }) => key))]))
      for (const { key, resolve } of together) resolve(found.get(key))
    } catch (error) {
      for (const { reject } of together) reject(error)
    }
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject })
      if (!isLooking) void run()
    })
}

/** To a power of two, so that there are few statements to be planned and remembered. */
function filledUp<Key>(keys: readonly Key[]): Key[] {
  const wanted = 2 ** Math.ceil(Math.log2(keys.length))
  return Array.from({ length: wanted }, (_, at) => keys[Math.min(at, keys.length - 1)] as Key)
}
