/** One of three nodes under load is killed, stands still, leaves, or has its clock stepped. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ClusterNode } from '../cluster.ts'
import { openFolder } from '../folder.ts'
import { createService } from '../service.ts'
import { until } from '../until.ts'
import { startWithClock } from './kinds-clock.ts'
import { type NodesKind, playOnNodes } from './nodes.ts'
import type { Play, PlayOptions } from './played.ts'

/** In a test shorter, and still longer than the lease of a node. */
const freezeMs = ({ isShort }: PlayOptions) => (isShort ? 12_000 : 30_000)

const kill: NodesKind = {
  name: 'node-kill',
  rules: { mayLoseCalls: true },
  kills: true,
  continuedShare: 0.9,
  async round({ pick, owners }) {
    const { node, at } = pick()
    owners.excuse()
    await node.stop('SIGKILL')
    const sinceMs = performance.now()
    return { healedMs: sinceMs, words: `node ${at + 1}`, after: () => node.start() }
  },
}

const freeze: NodesKind = {
  name: 'node-freeze',
  // In the middle of a transaction it keeps its locks for up to five seconds, and others cannot write meanwhile.
  expectedErrors: /^(database\.away|nodes\..+)$/,
  async round({ pick, owners, standStill }, options) {
    const { node, at } = pick()
    owners.excuse()
    const goesOn = standStill()
    node.process().signal('SIGSTOP')
    await pause(freezeMs(options))
    node.process().signal('SIGCONT')
    goesOn()
    return { healedMs: performance.now(), words: `node ${at + 1} for ${freezeMs(options) / 1000} s` }
  },
}

/** R-15 allows for 0.1 % that were not sent; of a busy machine's few hundred calls one is more. */
const lostShare = 0.01

const leave: NodesKind = {
  name: 'node-leave',
  rules: { mayLoseCalls: true },
  lostShare,
  continuedShare: 0.95,
  async round({ cluster }, _, number) {
    const at = number % cluster.nodes.length
    const node = cluster.nodes[at] as ClusterNode
    await node.stop('SIGTERM')
    const sinceMs = performance.now()
    await node.start()
    return { healedMs: sinceMs, words: `node ${at + 1}` }
  },
}

export const playNodeKill: Play = (options) => playOnNodes(kill, options)
export const playNodeFreeze: Play = (options) => playOnNodes(freeze, options)
export const playNodeLeave: Play = (options) => playOnNodes(leave, options)

const steps = [3600, -5, -3600, 5]
/** It has to be seen by what rings, and is counted beside the load's own times. */
const steppedMs = 4_000

export const playNodeClock: Play = async (options) => {
  await using folder = await openFolder()
  const file = (at: number) => join(folder.path, `clock-${at}`)
  const step = (at: number, seconds: number) => writeFile(file(at), `${seconds >= 0 ? '+' : ''}${seconds}`)
  const kind: NodesKind = {
    name: 'node-clock',
    // What waits has its place by the clock of the node that took it.
    rules: { mayLoseCalls: true, mayOvertake: 'all' },
    lostShare,
    continuedShare: 0.95,
    async place(at) {
      await step(at, 0)
      return { start: startWithClock(file(at)) }
    },
    async round({ cluster, pick }, _, number) {
      const { node, at } = pick()
      const seconds = steps[number % steps.length] ?? 0
      await step(at, seconds)
      await until(
        'the clock has been stepped',
        async () => Math.abs((await offsetOf(node, cluster.adminKey)) - seconds) < 1.5,
      )
      await pause(steppedMs)
      // What it writes down as it leaves is read by nodes with another clock.
      await node.stop('SIGTERM')
      const healedMs = performance.now()
      await step(at, 0)
      await node.start()
      return { healedMs, words: `node ${at + 1} by ${seconds} s` }
    },
  }
  return await playOnNodes(kind, options)
}

/** How far its clock is from ours, in seconds. */
async function offsetOf({ url }: ClusterNode, adminKey: string): Promise<number> {
  const { body } = await createService(url, adminKey).read('/v1/doctor')
  return (Date.parse(Object(body).at) - Date.now()) / 1000
}
