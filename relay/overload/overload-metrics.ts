/** What Prometheus may know of how much this node has to do, and what it refuses because of it. */
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Load } from './load-machine.ts'
import type { Work } from './order.ts'

export interface OverloadFigures {
  readonly load: Load
  /** Refused so far. */
  readonly shed: Readonly<Record<Work, number>>
}

/** @param overload read at each reading */
export function addOverloadMetrics(registers: Registry[], overload: OverloadFigures): void {
  function gauge(name: string, help: string, read: (load: Load) => number): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(overload.load))
      },
    })
  }

  gauge(
    'fairlead_overload_level',
    '0: this node does all. 1: few log-ins, no looking around. 2: no GETs either. 3: no SETs and commands. 4: nothing new.',
    ({ level }) => level,
  )
  gauge(
    'fairlead_overload_lag_seconds',
    'How late the event loop of this node was in seven of the last eight half-seconds, or later: what the level is made of.',
    ({ lagMs }) => lagMs / 1000,
  )
  gauge(
    'fairlead_heap_ratio',
    'Of the heap that this node may have, what it needs: what the level is made of as well.',
    ({ heapShare }) => heapShare,
  )
  new Counter({
    name: 'fairlead_shed_total',
    help: 'Refused by this node because it had too much to do, by kind of work.',
    labelNames: ['work'],
    registers,
    collect() {
      // Counted elsewhere; here it is only told.
      this.reset()
      for (const [work, count] of Object.entries(overload.shed)) this.labels(work).inc(count)
    },
  })
}
