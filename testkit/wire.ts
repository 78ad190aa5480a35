/** A bad wire for TCP between a client and a relay: it delays, cuts, starves and swallows, and can be changed while it carries. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { listenOnFreePort } from './listen.ts'
import { reset } from './reset.ts'

export interface WireFaults {
  /** Cuts a connection on which nothing moves for so long, in milliseconds; 0: never. */
  cutIdleAfterMs: number
  /** How an idle connection is cut: with a RST, with a FIN, or like a NAT that forgot it, with no word to anybody. */
  cutHow: 'reset' | 'close' | 'silence'
  /** Each piece of data waits for a random time from 0 up to this, in order. */
  delayMs: number
  /** Part of new connections that are reset at once, 0 to 1. */
  dropFraction: number
  /** Half-open: everything is taken and nothing is carried, ends of connections included. */
  swallow: 'nothing' | 'to-relay' | 'to-client' | 'everything'
  /** 0: no limit. */
  bytesPerSecond: number
}

export interface Wire extends AsyncDisposable {
  readonly port: number
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** `swallowed`: bytes that were taken and not carried. */
  readonly counts: { connections: number; dropped: number; cut: number; open: number; swallowed: number }
  /** Changes the wire now, for the connections that it carries too. */
  set(faults: Partial<WireFaults>): void
  /** Resets every connection that it carries. */
  cutAll(): void
}

type Direction = 'to-relay' | 'to-client'

const goodWire: WireFaults = {
  cutIdleAfterMs: 0,
  cutHow: 'reset',
  delayMs: 0,
  dropFraction: 0,
  swallow: 'nothing',
  bytesPerSecond: 0,
}

/** @param target where the wire leads: `url` or host and port @param seed the same seed drops the same connections */
export async function openWire(target: string | URL, faults: Partial<WireFaults> = {}, seed = 1): Promise<Wire> {
  const state: WireFaults = { ...goodWire, ...faults }
  const random = createSeededRandom(seed)
  const counts = { connections: 0, dropped: 0, cut: 0, open: 0, swallowed: 0 }
  const pairs = new Set<{ client: Socket; relay: Socket; silent: boolean }>()
  const { hostname, port } = new URL(target)

  const swallows = (direction: Direction) => state.swallow === 'everything' || state.swallow === direction

  function waitMs(bytes: number): number {
    const starved = state.bytesPerSecond > 0 ? (bytes / state.bytesPerSecond) * 1000 : 0
    return random.fraction() * state.delayMs + starved
  }

  async function carry(from: Socket, to: Socket, lost: () => boolean): Promise<void> {
    for await (const piece of from.iterator({ destroyOnReturn: false })) {
      if (lost()) {
        counts.swallowed += piece.length
        continue
      }
      const ms = waitMs(piece.length)
      if (ms > 0) await pause(ms)
      if (!lost() && !to.write(piece)) await once(to, 'drain')
    }
    if (!lost()) to.end()
  }

  function cut(pair: { client: Socket; relay: Socket; silent: boolean }): void {
    counts.cut++
    if (state.cutHow === 'silence') pair.silent = true
    else if (state.cutHow === 'close') for (const socket of [pair.client, pair.relay]) socket.end()
    else for (const socket of [pair.client, pair.relay]) reset(socket)
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    counts.connections++
    client.on('error', () => {})
    if (random.fraction() < state.dropFraction) {
      counts.dropped++
      reset(client)
      return
    }
    const relay = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true })
    relay.on('error', () => {})
    const pair = { client, relay, silent: false }
    pairs.add(pair)
    counts.open++
    client.setTimeout(state.cutIdleAfterMs).on('timeout', () => cut(pair))

    const pump = (from: Socket, to: Socket, direction: Direction) => {
      const lost = () => pair.silent || swallows(direction)
      // One side is gone without a FIN: the other learns of it, unless the wire swallows even that.
      return carry(from, to, lost).catch(() => void (lost() || reset(to)))
    }
    const pumps = [pump(client, relay, 'to-relay'), pump(relay, client, 'to-client')]
    for (const socket of [client, relay])
      socket.on('close', () => {
        if (!(client.destroyed && relay.destroyed && pairs.delete(pair))) return
        counts.open--
      })
    void Promise.all(pumps)
  })

  const listening = await listenOnFreePort(server)
  return {
    port: listening.port,
    url: listening.url,
    counts,
    set(changed) {
      Object.assign(state, changed)
      for (const { client } of pairs) client.setTimeout(state.cutIdleAfterMs)
    },
    cutAll() {
      for (const { client, relay } of pairs) for (const socket of [client, relay]) reset(socket)
    },
    async [Symbol.asyncDispose]() {
      for (const { client, relay } of pairs) for (const socket of [client, relay]) socket.destroy()
      await listening[Symbol.asyncDispose]()
    },
  }
}
