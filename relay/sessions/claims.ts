/** Who holds a device, among several nodes: the record counts its sessions, and whoever had the one before is told. */
import { type Clock, Failure, type Log, type Timer } from '@fairlead/base'
import type { Database } from '../database/database.ts'
import type { Transaction } from '../database/writer.ts'
import type { Journal } from '../events/journal.ts'
import type { Calls } from '../nodes/calls.ts'
import type { Nodes } from '../nodes/nodes.ts'
import { type Claim, epochStep } from '../xmpp/carrier.ts'
import type { Sessions } from './sessions.ts'

export interface Claims {
  /**
   * The epoch of a new session.
   * @throws {Failure} `unauthorized`: there is no such device any more
   */
  claim(device: string, address: string): Promise<Claim>
}

export interface ClaimsNeeds {
  database: Database
  nodes: Nodes
  calls: Calls
  clock: Clock
  log: Log
  /** The newest session that is known here, and the node where it is; 0: none. */
  newest(device: string): { epoch: number; node: number }
  sessions: Pick<Sessions, 'giveWay' | 'replacing' | 'arrives'> & {
    /**
     * Resolves when what waits here for the device, and may wait on disk, is there.
     * @param by the name of the node where the device is now
     */
    superseded(device: string, epoch: number, by: string): Promise<void>
  }
  journal(): Pick<Journal, 'append'>
}

/** A log-in waits no longer for a node that says nothing. */
const patienceMs = 2_000

interface Counted {
  epoch: number
  /** Which had the device before. */
  node: number
  isOnline: boolean
}

export function createClaims(needs: ClaimsNeeds): Claims {
  const { nodes, calls, clock, log, sessions } = needs
  const count = createCounting(needs)

  calls.serve('may-replace', ({ head }) => {
    const { mayReplace, seen } = sessions.giveWay(String(head['device']))
    const ago = seen.map(({ atMs, address }) => ({ agoMs: clock.now() - atMs, address }))
    return { head: { mayReplace, seen: ago } }
  })
  calls.serve('superseded', async ({ head }, from) => {
    await sessions.superseded(String(head['device']), Number(head['epoch']), from)
    return { head: {} }
  })

  async function mayReplace(device: string, from: string): Promise<boolean> {
    const peer = nodes.find(needs.newest(device).node)
    if (!peer) return true
    try {
      const { head } = await calls.call(peer, 'may-replace', { head: { device } }, patienceMs)
      if (head['mayReplace'] === false) return false
      const seen = (head['seen'] ?? []) as { agoMs: number; address: string }[]
      const replacements = seen.map(({ agoMs, address }) => ({ atMs: clock.now() - agoMs, address }))
      sessions.replacing(device, from, replacements)
      return true
    } catch {
      // It is gone, or says nothing: whoever is here now is more alive than it.
      return true
    }
  }

  /** Whoever had the device before lets go of it before anybody hears that it is here. */
  async function supersede(device: string, epoch: number, holders: ReadonlySet<number>): Promise<void> {
    const peers = nodes.others().filter(({ number }) => holders.has(number))
    const told = peers.map((peer) => calls.call(peer, 'superseded', { head: { device, epoch } }, patienceMs))
    // One that is gone, or says nothing, hears of it when it can read again.
    await Promise.allSettled(told)
  }

  /** A device that comes back is let in without the record (`safety.md` 6.12), and all nodes are told what is not written. */
  async function claimWithoutRecord(device: string): Promise<Claim> {
    log.warn('sessions.claimed-without-record', 'A device is let in while the record is away.', { device })
    const epoch = needs.newest(device).epoch + nodes.number
    await supersede(device, epoch, new Set(nodes.others().map(({ number }) => number)))
    return { epoch }
  }

  return {
    async claim(device, address) {
      if (!(await mayReplace(device, address))) return 'conflict'
      // What the record does not know of yet: a device that was let in without it.
      const { node: lastSeenAt } = needs.newest(device)
      const counted = await count(device).catch((error: unknown) => {
        if (error instanceof Failure && error.code === 'unavailable') return undefined
        throw error
      })
      if (!counted) return claimWithoutRecord(device)
      const { epoch, node, isOnline } = counted
      await supersede(device, epoch, new Set([node, lastSeenAt]))
      if (isOnline) sessions.arrives(device, epoch)
      return { epoch }
    },
  }
}

/** Log-ins that come within this time are counted together. */
const gatherMs = 2
const mostTogether = 200

const nobody = { account: '', state: 'offline', node: 0 }

interface Waiting {
  device: string
  resolve(counted: Counted): void
  reject(error: unknown): void
}

function createCounting({ database, nodes, clock, journal }: ClaimsNeeds): (device: string) => Promise<Counted> {
  let waiting: Waiting[] = []
  let timer: Timer | undefined

  /** One row a device, in the order of their IDs: two nodes that count the same ones never wait for each other in a circle. */
  async function countAll(tx: Transaction, devices: readonly string[]): Promise<Map<string, Counted>> {
    const rows = await tx.sql
      .selectFrom('device')
      .select(['id', 'account', 'state', 'node'])
      .where('id', 'in', devices)
      .orderBy('id')
      .execute()
    const counted = await tx.sql
      .updateTable('device')
      .set(({ eb }) => ({ epoch: eb('epoch', '+', epochStep), node: nodes.number }))
      .where('id', 'in', devices)
      .returning(['id', 'epoch'])
      .execute()
    const before = new Map(rows.map((row) => [row.id, row]))
    return new Map(
      counted.map(({ id, epoch }) => {
        const { account, state, node } = before.get(id) ?? nobody
        // It stays ONLINE, which is told to nobody; where it is now other nodes have to know.
        const isOnline = state === 'online' && node !== 0 && node !== nodes.number
        if (isOnline) journal().append(tx, { type: 'record.moved', account, device: id })
        return [id, { epoch, node, isOnline }]
      }),
    )
  }

  async function countWaiting(): Promise<void> {
    timer?.cancel()
    timer = undefined
    const together = waiting
    waiting = []
    // A device that claims twice at once is counted twice.
    const [first, second] = [new Map<string, Waiting>(), [] as Waiting[]]
    for (const one of together) {
      if (first.has(one.device)) second.push(one)
      else first.set(one.device, one)
    }
    if (second.length > 0) for (const one of second) add(one)
    try {
      const counted = await database.write((tx) => countAll(tx, [...first.keys()].sort()))
      for (const [device, { resolve, reject }] of first) {
        const epoch = counted.get(device)
        if (epoch) resolve(epoch)
        else reject(new Failure('unauthorized', 'There is no such device any more.'))
      }
    } catch (error) {
      for (const { reject } of first.values()) reject(error)
    }
  }

  function add(one: Waiting): void {
    waiting.push(one)
    if (waiting.length >= mostTogether) void countWaiting()
    else timer ??= clock.at(clock.now() + gatherMs, () => void countWaiting())
  }

  return (device) => new Promise((resolve, reject) => add({ device, resolve, reject }))
}
