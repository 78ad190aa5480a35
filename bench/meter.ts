/** What nodes, record and bus have done so far, and what that is for each poll, request or log-in between two looks. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Cluster } from '../testkit/cluster.ts'
import type { Cost } from './model.ts'
import { readUsage } from './usage.ts'

export interface Reading {
  atMs: number
  /** Of each node. */
  cpuSeconds: readonly number[]
  /** Of each node. */
  residentKb: readonly number[]
  /** Of PostgreSQL and all its processes. */
  recordCpuSeconds: number
  /** Inserted, changed and removed. */
  rows: number
  /** Messages that NATS was given, and that it gave. */
  busIn: number
  busOut: number
}

export async function readMeter(cluster: Cluster): Promise<Reading> {
  const usages = cluster.nodes.map((node) => readUsage(node.process().pid))
  const [record] = await cluster.servers.postgres.run(
    `select tup_inserted + tup_updated + tup_deleted as rows from pg_stat_database where datname = current_database()`,
    cluster.databaseUrl,
  )
  const bus = Object(await (await fetch(`${cluster.servers.nats.monitorUrl}/varz`)).json())
  return {
    atMs: performance.now(),
    cpuSeconds: usages.map(({ cpuSeconds }) => cpuSeconds),
    residentKb: usages.map(({ residentKb }) => residentKb),
    recordCpuSeconds: await readRecordCpu(cluster),
    rows: Number(record?.['rows']),
    busIn: Number(bus.in_msgs),
    busOut: Number(bus.out_msgs),
  }
}

export async function readRecordCpu({ servers }: Cluster): Promise<number> {
  const pid = await readFile(join(servers.postgres.folder, 'data', 'postmaster.pid'), 'utf8')
  return readUsage(Number.parseInt(pid, 10)).cpuSeconds
}

/** Processors as they were read first, record and bus as they tell of it a moment later. */
export async function readLater(cluster: Cluster, settleMs: number): Promise<Reading> {
  const atOnce = await readMeter(cluster)
  await pause(settleMs)
  const { rows, busIn, busOut } = await readMeter(cluster)
  return { ...atOnce, rows, busIn, busOut }
}

/** @param count how many there were @param calm what a second costs without them, for all nodes together */
export function costOf(before: Reading, after: Reading, count: number, calm?: Cost): Cost {
  const seconds = (after.atMs - before.atMs) / 1000
  const cpu = (at: number) => (after.cpuSeconds[at] ?? 0) - (before.cpuSeconds[at] ?? 0)
  const each = (all: number, calmly = 0) => (all - calmly * seconds) / count
  return {
    cpuUs: each(1e6 * sum(after.cpuSeconds.map((_, at) => cpu(at))), calm?.cpuUs),
    otherCpuUs: each(1e6 * cpu(1), calm?.otherCpuUs),
    recordCpuUs: each(1e6 * (after.recordCpuSeconds - before.recordCpuSeconds), calm?.recordCpuUs),
    rows: each(after.rows - before.rows, calm?.rows),
    busIn: each(after.busIn - before.busIn, calm?.busIn),
    busOut: each(after.busOut - before.busOut, calm?.busOut),
  }
}

export function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0)
}
