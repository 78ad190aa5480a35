/** An agent of many devices at several nodes, whose log-ins are counted, and services that ask them without a pause. */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Cluster } from './cluster.ts'
import { openFolder } from './folder.ts'
import { openHttpWire } from './http-wire.ts'
import { startHouseFile } from './process.ts'
import { createService, type Service } from './service.ts'
import { until } from './until.ts'

export interface Fleet extends AsyncDisposable {
  readonly ids: readonly string[]
  readonly service: Service
  logIns(): number
}

export async function openFleet(cluster: Cluster, count: number): Promise<Fleet> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const wire = building.use(await openHttpWire(cluster.url))
  const service = createService(cluster.url, cluster.adminKey)
  const ids = Array.from({ length: count }, (_, at) => `device-${at}`)
  const devices = await Promise.all(
    ids.map(async (id) => {
      const { status, body } = await service.post('/v1/devices', { id })
      assert.equal(status, 201, JSON.stringify(body))
      return { id, secret: Object(body).secret, driver: 'virtual' }
    }),
  )
  await mkdir(join(folder.path, 'data'))
  const config = join(folder.path, 'agent.yaml')
  await writeFile(config, JSON.stringify({ relay: wire.url, devices }))
  const settings = ['agent', '--config', config, '--data', join(folder.path, 'data')]
  building.use(await startHouseFile('cli/main.ts', settings))
  await untilOnline(service, count)
  const built = building.move()
  return {
    ids,
    service,
    logIns: () => wire.visits.filter(({ body }) => body.includes('<auth')).length,
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

export async function untilOnline(service: Service, count: number): Promise<void> {
  await until(
    `${count} are online`,
    async () => Object((await service.read('/v1/devices?state=online&limit=500')).body).items?.length === count,
    60_000,
  )
}

/**
 * The balancer's own 502: whoever has come to a listening socket and was not taken yet is reset by the kernel when that
 * closes. A leaving node closes it at the end of a turn that brought nobody, if a busy machine lets it.
 */
export const cutOff = '502 null'

/** @returns what else was told; and those as well, when they are more than one in a hundred */
export function withoutCutOffs(answers: readonly string[]): string[] {
  const others = answers.filter((answer) => answer !== cutOff)
  return (answers.length - others.length) * 100 <= answers.length ? others : [...answers]
}

export interface Asking extends AsyncDisposable {
  /** What was told so far, as `STATUS OUTCOME`. */
  readonly answers: readonly string[]
  /** So many more have come. */
  more(count: number): Promise<void>
  /** What was told instead of an answer, and how often; without few that were cut off. Ends the asking. */
  failed(): Promise<Map<string, number>>
}

/** Of each service, between an answer and its next request: it has one in hand most of the time, and leaves the nodes some of two processors. */
const pauseMs = 50

/** One service for each device. Each second request has an idempotency key, so that it is on disk before it leaves. */
export function askAgainAndAgain({ ids, service }: Fleet): Asking {
  const answers: string[] = []
  let isOver = false
  const asking = Promise.all(
    ids.map(async (id) => {
      for (let turn = 0; !isOver; turn++) {
        const key = turn % 2 === 0 ? undefined : { 'idempotency-key': `${id}-${turn}` }
        const { status, outcome } = await service.ask(id, { get: ['model'] }, key)
        answers.push(`${status} ${outcome}`)
        await pause(pauseMs)
      }
    }),
  )
  // Thrown where it is waited for.
  asking.catch(() => {})
  async function end(): Promise<void> {
    isOver = true
    await asking
  }
  return {
    answers,
    async more(count) {
      const wanted = answers.length + count
      await until(`${wanted} answers`, () => answers.length >= wanted, 60_000)
    },
    async failed() {
      await end()
      const failed = new Map<string, number>()
      for (const answer of withoutCutOffs(answers))
        if (answer !== '200 answered') failed.set(answer, (failed.get(answer) ?? 0) + 1)
      return failed
    },
    [Symbol.asyncDispose]: end,
  }
}
