/** What Prometheus may know of this relay (contract part 3). */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { addNodeMetrics, type Standing } from './node-metrics.ts'
import { addOverloadMetrics, type OverloadFigures } from './overload/overload-metrics.ts'

export interface Metrics extends Disposable {
  /** @param route its template, `none` where there was none */
  httpServed(route: string, status: number): void
  /** @param reason the contract's code */
  rejected(reason: string): void
  requestFinished(kind: string, outcome: string, seconds: number): void
  /** @param outcome of a run of a program */
  programRan(outcome: string): void
  /** Something that a person should look at. */
  alarmed(alarm: 'cloned-credential'): void
  logInRefused(): void
  /** The storage of documents did not do what it was asked for. */
  storageFailed(): void
  /** Prometheus text, and its content type. */
  render(): Promise<{ contentType: string; content: string }>
}

export interface MetricsNeeds {
  version: string
  /** Devices by state, asked for at each reading. */
  countDevices(): Readonly<Record<'online' | 'offline' | 'asleep', number>>
  countSessions(): Readonly<Record<'bosh' | 'websocket', number>>
  /** A whole relay has one; one room of it has none. */
  standing?(): Standing
  overload?: OverloadFigures
}

const lagResolutionMs = 20

/** A push takes milliseconds; a request may take its whole time-out of 300 s. */
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

export function createMetrics(needs: MetricsNeeds): Metrics {
  const registers = [new Registry()]
  const [registry = new Registry()] = registers
  const lag = monitorEventLoopDelay({ resolution: lagResolutionMs })
  lag.enable()

  new Gauge({ name: 'fairlead_build_info', help: 'Always 1.', labelNames: ['version'], registers })
    .labels(needs.version)
    .set(1)
  new Gauge({
    name: 'fairlead_devices',
    help: 'Devices of the whole relay by state, as this node knows it: take the largest of the nodes, not their sum.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(needs.countDevices())) this.labels(state).set(count)
    },
  })
  new Gauge({
    name: 'fairlead_sessions',
    help: 'Open sessions at this node by transport.',
    labelNames: ['transport'],
    registers,
    collect() {
      for (const [transport, count] of Object.entries(needs.countSessions())) this.labels(transport).set(count)
    },
  })
  new Gauge({
    name: 'fairlead_loop_lag_seconds',
    help: 'How late the event loop of this node was at worst since the last reading.',
    registers,
    collect() {
      // What is measured is the time between two looks, so an idle loop shows the resolution itself.
      this.set(Math.max(0, lag.max / 1e9 - lagResolutionMs / 1e3))
      lag.reset()
    },
  })
  const requests = new Counter({
    name: 'fairlead_requests_total',
    help: 'Requests that ended at this node, by kind and outcome: each is counted at one node.',
    labelNames: ['kind', 'outcome'],
    registers,
  })
  const requestSeconds = new Histogram({
    name: 'fairlead_request_seconds',
    help: 'From the acceptance of a request to its answer, at the node where it ended.',
    buckets: secondsBuckets,
    registers,
  })
  const http = new Counter({
    name: 'fairlead_http_requests_total',
    help: 'HTTP calls to this node by route and status.',
    labelNames: ['route', 'status'],
    registers,
  })
  const rejections = new Counter({
    name: 'fairlead_rejected_total',
    help: 'Refusals of this node by reason.',
    labelNames: ['reason'],
    registers,
  })
  const programRuns = new Counter({
    name: 'fairlead_program_runs_total',
    help: 'Runs of programs that were answered at this node, by what they came to.',
    labelNames: ['outcome'],
    registers,
  })
  const alarms = new Counter({
    name: 'fairlead_alarms_total',
    help: 'What a person should look at, seen by this node. cloned-credential: two programs use the secret of one device.',
    labelNames: ['alarm'],
    registers,
  })
  // From the first one on it can be seen that there was none before.
  alarms.labels('cloned-credential').inc(0)
  const logInsRefused = new Counter({
    name: 'fairlead_log_ins_refused_total',
    help: 'Log-ins of devices, over XMPP, that this node refused because of what they showed.',
    registers,
  })
  const storageFailures = new Counter({
    name: 'fairlead_storage_failures_total',
    help: 'Calls of this node to the S3-compatible storage of documents (--spool-url) that failed for good.',
    registers,
  })
  if (needs.standing) addNodeMetrics(registers, needs.standing)
  if (needs.overload) addOverloadMetrics(registers, needs.overload)

  return {
    httpServed: (route, status) => http.labels(route, String(status)).inc(),
    rejected: (reason) => rejections.labels(reason).inc(),
    requestFinished(kind, outcome, seconds) {
      requests.labels(kind, outcome).inc()
      requestSeconds.observe(seconds)
    },
    programRan: (outcome) => programRuns.labels(outcome).inc(),
    alarmed: (alarm) => alarms.labels(alarm).inc(),
    logInRefused: () => logInsRefused.inc(),
    storageFailed: () => storageFailures.inc(),
    render: async () => ({ contentType: registry.contentType, content: await registry.metrics() }),
    [Symbol.dispose]: () => void lag.disable(),
  }
}
