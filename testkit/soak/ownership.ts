/** Decides whether two nodes ever had one device, from what was seen of them; pure. */
import type { Lie } from './history.ts'

/** The record says that this node has this session of the device. */
export interface Owned {
  device: string
  epoch: number
  /** Its process. */
  node: string
}

/** Whoever is there at two looks in turn, beside another one, did not give way. */
export function checkOwners(
  before: ReadonlyMap<string, readonly string[]>,
  now: ReadonlyMap<string, readonly string[]>,
): Lie[] {
  return [...now].flatMap(([device, holders]) => {
    const stay = new Set(holders.filter((holder) => before.get(device)?.includes(holder)))
    if (stay.size < 2) return []
    return [{ rule: 'two-owners', words: `${device} was at ${stay.size} nodes at once: ${[...stay].join(', ')}.` }]
  })
}

/** An epoch is one session, at one node. */
export function checkEpochs(owned: readonly Owned[]): Lie[] {
  const nodesOf = new Map<string, Set<string>>()
  for (const { device, epoch, node } of owned) {
    const session = `${device}, epoch ${epoch}`
    nodesOf.set(session, (nodesOf.get(session) ?? new Set()).add(node))
  }
  return [...nodesOf]
    .filter(([, nodes]) => nodes.size > 1)
    .map(([session, nodes]) => ({
      rule: 'two-owners',
      words: `${session} was at the nodes ${[...nodes].join(' and ')}.`,
    }))
}

/** @param written the numbers of the events as the record has them @param heard as the listener had them, in order */
export function checkHeard(written: readonly number[], heard: readonly number[]): Lie[] {
  const [newest = 0] = heard.slice(-1)
  const [there, had] = [new Set(written), new Set(heard)]
  const missed = written.filter((seq) => seq <= newest && !had.has(seq))
  const made = heard.filter((seq) => seq >= (written[0] ?? 0) && !there.has(seq))
  const lies: Lie[] = []
  if (missed.length > 0)
    lies.push({ rule: 'lost-record', words: `The event stream left out ${missed.length}: ${missed.slice(0, 5)}.` })
  if (made.length > 0)
    lies.push({ rule: 'lost-record', words: `The event stream told of ${made.slice(0, 5)}, which nobody has written.` })
  return lies
}
