/** How this node stands among the others, and with record and bus: what its metrics tell. */
import type { Standing } from '../node-metrics.ts'
import type { SeveralNeeds } from './several.ts'

export function standingOf(
  { ground, nodes }: Pick<SeveralNeeds, 'ground' | 'nodes'>,
  counted: Pick<Standing, 'adopted' | 'journalLag'>,
): Standing {
  const { bus, database, name } = ground
  return {
    node: nodes.number,
    name,
    isLeaving: nodes.isLeaving(),
    holds: nodes.holds(),
    nodes: nodes.others().length + 1,
    isWritable: database.whyNot() === undefined,
    isOnBus: bus.isConnected(),
    bus: bus.counts(),
    ...counted,
  }
}
