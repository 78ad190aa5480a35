/** What Prometheus may know of how this node stands among the others, and with record and bus. */
import { Counter, Gauge, type Registry } from 'prom-client'

/** How this node stands. */
export interface Standing {
  /** 0: there are no others. */
  node: number
  name: string
  isLeaving: boolean
  /** It may act. */
  holds: boolean
  /** Those that it knows, itself among them. */
  nodes: number
  isWritable: boolean
  isOnBus: boolean
  /** What went wrong on the bus. */
  bus: { dropped: number; refused: number; disconnects: number }
  /** Sessions of others that it has gone on with. */
  adopted: number
  /** Events that others told of and that were not read yet. */
  journalLag: number
}

/** @param standing asked for at each reading */
export function addNodeMetrics(registers: Registry[], standing: () => Standing): void {
  function gauge(name: string, help: string, read: (now: Standing) => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(standing()))
      },
    })
  }

  function counter(name: string, help: string, read: (now: Standing) => number): void {
    new Counter({
      name,
      help,
      registers,
      collect() {
        // Counted elsewhere; here it is only told.
        this.reset()
        this.inc(read(standing()))
      },
    })
  }

  new Gauge({
    name: 'fairlead_node_info',
    help: 'This node: its number in IDs (0: there are no others), host and process, serving or leaving. Always 1.',
    labelNames: ['node', 'name', 'state'],
    registers,
    collect() {
      this.reset()
      const { node, name, isLeaving } = standing()
      this.labels(String(node), name, isLeaving ? 'leaving' : 'serving').set(1)
    },
  })
  gauge('fairlead_nodes', 'Nodes of the relay that this one knows, itself among them.', ({ nodes }) => nodes)
  gauge('fairlead_node_holds', '1: this node may act. 0: others may have taken over what it held.', ({ holds }) =>
    holds ? 1 : 0,
  )
  gauge('fairlead_database_writable', '1: this node can write to the record.', ({ isWritable }) => (isWritable ? 1 : 0))
  gauge('fairlead_bus_connected', '1: this node is on the bus.', ({ isOnBus }) => (isOnBus ? 1 : 0))
  counter(
    'fairlead_bus_dropped_total',
    'Messages of this node to others that were not sent: the bus was gone, or too slow.',
    ({ bus }) => bus.dropped,
  )
  counter(
    'fairlead_bus_refused_total',
    'What arrived from the bus and was not believed: not signed by a node, or heard before.',
    ({ bus }) => bus.refused,
  )
  counter('fairlead_bus_disconnects_total', 'Times that this node lost the bus.', ({ bus }) => bus.disconnects)
  counter(
    'fairlead_sessions_adopted_total',
    'Sessions of nodes that are no more, which go on at this one.',
    ({ adopted }) => adopted,
  )
  gauge(
    'fairlead_journal_lag_events',
    'Events of other nodes that this one has been told of and has not read yet.',
    ({ journalLag }) => journalLag,
  )
}
