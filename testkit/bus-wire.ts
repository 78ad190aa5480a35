/** A cluster of which one node has the bus over a bad wire, as if it alone stood in another network. */
import type { ClusterOptions, ClusterServers } from './cluster.ts'
import { openWire, type Wire } from './wire.ts'

export interface BusWire extends Wire {
  /** For `openCluster`. */
  readonly place: NonNullable<ClusterOptions['place']>
}

/** @param node whose bus it is, from 0 */
export async function openBusWire({ nats }: Pick<ClusterServers, 'nats'>, node = 0): Promise<BusWire> {
  const wire = await openWire(nats.url.replace('nats:', 'http:'))
  const busUrl = `nats://127.0.0.1:${wire.port}`
  return { ...wire, place: async (at) => (at === node ? { busUrl } : {}) }
}
