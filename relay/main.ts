/** Starts a relay and stops it when asked. */

import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { askedToStop, createLog, type Log, systemClock, systemRandom } from '@fairlead/base'
import { readRelayConfig } from './config.ts'
import { watchMemory } from './memory.ts'
import { openRelay } from './relay.ts'
import { version } from './version.ts'

/** What is in flight at SIGTERM gets so long (contract part 2). */
const graceMs = 10_000

export interface RelayProcess {
  flags: Readonly<Record<string, unknown>>
  environment: Readonly<Record<string, string | undefined>>
  /** Standard output: event lines. */
  print(line: string): void
}

/**
 * Runs until SIGTERM, SIGINT or SIGHUP, or until the npm that started it is gone.
 *
 * @throws {UsageError} for wrong options @throws {Failure} `unavailable`: port or data folder taken
 */
export async function runRelay({ flags, environment, print }: RelayProcess): Promise<void> {
  const config = readRelayConfig({ flags, environment, readFile: (path) => readFileSync(path, 'utf8') })
  const log = createLog()
  await using relay = await openRelay({ config, clock: systemClock, random: systemRandom, log })
  using _memory = returnMemory(log)
  if (relay.adminKeyMade !== undefined)
    process.stderr.write(
      `The admin key, shown this once and kept in ${config.dataFolder}/admin-key: ${relay.adminKeyMade}\n`,
    )
  // A line of the log as any other, since programs read it: who reads the log of a relay without users may become the first.
  if (relay.setUpUrl !== undefined)
    log.info('relay.set-up', 'Nobody can sign in here yet: make the first user, an owner, at this address.', {
      url: relay.setUpUrl,
    })
  // Before anybody can read that it is ready, and send a signal.
  const asked = stopWanted(environment)
  const url = `${config.tls ? 'https' : 'http'}://${hostOf(config.listen.host)}:${relay.port}`
  print(JSON.stringify({ event: 'relay.ready', url, publicUrl: relay.publicUrl, pid: process.pid, version }))
  log.info('relay.ready', 'The relay can serve.', { url })
  const why = await asked
  log.info('relay.draining', 'The relay stops: no new work, what is in flight is finished.', { why })
  await relay.drain(graceMs)
}

/** Only where the launcher asked for `gc`: who runs the file itself gets what V8 does by itself. */
function returnMemory(log: Log): Disposable | undefined {
  const { gc } = globalThis
  if (!gc) return undefined
  let last = performance.eventLoopUtilization()
  return watchMemory({
    clock: systemClock,
    log,
    heapBytes: () => getHeapStatistics().total_heap_size,
    takeUtilization() {
      const { utilization } = performance.eventLoopUtilization(last)
      last = performance.eventLoopUtilization()
      return utilization
    },
    collect: () => void gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
  })
}

function hostOf(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** By a signal, or by the end of the npm that started it: npm swallows signals, and its children are orphaned. */
function stopWanted(environment: Readonly<Record<string, string | undefined>>): Promise<string> {
  const { promise: orphaned, resolve } = Promise.withResolvers<string>()
  const parent = process.ppid
  if (environment['npm_lifecycle_event'] !== undefined)
    setInterval(() => process.ppid !== parent && resolve('orphaned'), 500).unref()
  return Promise.race([askedToStop(), orphaned])
}
