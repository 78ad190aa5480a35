/** Who has which device, among several nodes: as NATS sees it at any moment, and as the record has counted it (I7). */
import { setTimeout as pause } from 'node:timers/promises'
import type { Cluster } from '../cluster.ts'
import type { Lie } from './history.ts'
import { checkEpochs, checkOwners, type Owned } from './ownership.ts'

export interface Owners extends AsyncDisposable {
  /** From now on a device may be at two nodes as far as NATS can tell: one of them stands still, or is cut off. */
  excuse(): void
  /** That is over: what two nodes hold is held against them again. */
  blame(): void
  /** What was seen so far. */
  judge(): Promise<Lie[]>
}

/** Longer than it takes to tell the node that had a device that another one has it now. */
const lookEveryMs = 300

/**
 * Every change of a device's epoch or node is written down by the record itself, whoever makes it. The nodes are at work
 * already: a transaction that waits for both tables and one of theirs would wait for each other.
 */
const audits = [
  `
  create schema soak;
  create table soak.held (seq bigserial, device text, epoch bigint, node integer);
  create function soak.write_down() returns trigger language plpgsql as $$
    begin
      insert into soak.held (device, epoch, node) values (new.id, new.epoch, new.node);
      return new;
    end $$;
  create table soak.node (number integer, name text);
  create function soak.write_node() returns trigger language plpgsql as $$
    begin
      insert into soak.node values (new.number, new.name);
      return new;
    end $$;
`,
  `
  create trigger soak_node after insert on node for each row execute function soak.write_node();
  insert into soak.node select number, name from node;
`,
  `
  create trigger soak_held after update on device for each row
    when (new.epoch <> old.epoch or new.node <> old.node) execute function soak.write_down();
`,
]

export async function watchOwners({ servers, databaseUrl }: Cluster): Promise<Owners> {
  for (const audit of audits) await servers.postgres.run(audit, databaseUrl)
  const lies: Lie[] = []
  const told = new Set<string>()
  const stopping = new AbortController()
  let isExcused = false
  let before = new Map<string, readonly string[]>()

  async function look(): Promise<void> {
    const held = await readHolders(servers.nats.monitorUrl)
    if (isExcused) before = new Map()
    for (const lie of isExcused ? [] : checkOwners(before, held)) {
      if (!told.has(lie.words)) lies.push(lie)
      told.add(lie.words)
    }
    before = held
  }

  async function lookOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      // NATS is away, or stands still: then it tells nothing.
      await look().catch(() => before.clear())
      await pause(lookEveryMs)
    }
  }
  const looking = lookOn()

  return {
    excuse() {
      isExcused = true
    },
    blame() {
      before = new Map()
      isExcused = false
    },
    async judge() {
      // A node that others took over comes back under a new number: it is the same one.
      const held = `select device, epoch, name as node from soak.held h join soak.node n on n.number = h.node order by seq`
      const rows = await servers.postgres.run(held, databaseUrl)
      const owned = rows.map(({ device, epoch, node }) => ({ device, epoch: Number(epoch), node }) as Owned)
      return [...lies.splice(0), ...checkEpochs(owned)]
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await looking
    },
  }
}

interface Connection {
  name?: string
  subscriptions_list?: string[]
}

/** By device: the nodes whose session for it stands. `docs/bus.md`: a session is an interest. */
export async function readHolders(monitorUrl: string): Promise<Map<string, readonly string[]>> {
  const answer = await fetch(`${monitorUrl}/connz?subs=1&limit=100`, { signal: AbortSignal.timeout(1000) })
  const { connections = [] } = (await answer.json()) as { connections?: Connection[] }
  const held = new Map<string, string[]>()
  for (const { name = '', subscriptions_list: subjects = [] } of connections)
    for (const subject of subjects) {
      const [, device] = /\.ask\.device\.(.+)$/.exec(subject) ?? []
      if (device !== undefined) held.set(device, [...(held.get(device) ?? []), name])
    }
  return held
}
