/** Runs one test on each bus: two processes `a` and `b`, on one hub or with a real nats-server between. For tests only. */
import { after, test } from 'node:test'
import { createLog, type Log, systemClock, systemRandom } from '@fairlead/base'
import { type Nats, openNats } from '../../testkit/nats.ts'
import type { Bus } from './bus.ts'
import { createHub, openInProcessBus } from './in-process-bus.ts'
import { openNatsBus } from './nats-bus.ts'

export interface Pair extends AsyncDisposable {
  a: Bus
  b: Bus
  /** The lines that both have logged. */
  logged(): string[]
}

export const clusterKey = Buffer.alloc(32, 7)

/** Keeps what is logged. */
export function createHeardLog(): { log: Log; logged: () => string[] } {
  const lines: string[] = []
  return { log: createLog((line) => lines.push(line)), logged: () => lines }
}

export async function openPairInProcess(): Promise<Pair> {
  const { log, logged } = createHeardLog()
  const hub = createHub()
  await using opening = new AsyncDisposableStack()
  const a = opening.use(openInProcessBus({ hub, log }))
  const b = opening.use(openInProcessBus({ hub, log }))
  const opened = opening.move()
  return { a, b, logged, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

export async function openPairOnNats(url: string, namespace: string): Promise<Pair> {
  const { log, logged } = createHeardLog()
  const open = () => openNatsBus({ url, key: clusterKey, namespace, clock: systemClock, random: systemRandom, log })
  await using opening = new AsyncDisposableStack()
  const a = opening.use(await open())
  const b = opening.use(await open())
  const opened = opening.move()
  return { a, b, logged, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

let server: Promise<Nats> | undefined
let pairs = 0

/** One server for all tests of a file; each test has a namespace of its own. */
async function openPairOnSharedNats(): Promise<Pair> {
  server ??= openNats()
  const { url } = await server
  return openPairOnNats(url, `test${++pairs}`)
}

after(async () => (await server)?.[Symbol.asyncDispose]())

export function onEachBus(what: string, check: (pair: Pair) => Promise<void>): void {
  test(`${what} (in process)`, async () => {
    await using pair = await openPairInProcess()
    await check(pair)
  })
  test(`${what} (NATS)`, async () => {
    await using pair = await openPairOnSharedNats()
    await check(pair)
  })
}
