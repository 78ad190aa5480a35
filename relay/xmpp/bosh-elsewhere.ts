/**
 * BOSH sessions at other nodes: any node may get any request, and hands it on to where its session is. A session whose node
 * is no more is gone on with at the first node that is asked for it (`safety.md` 6.7, 6.8).
 */
import { type Clock, InOrder, inBackground, type Log } from '@fairlead/base'
import { BusError, type Message } from '../bus/bus.ts'
import type { Calls } from '../nodes/calls.ts'
import type { Nodes, Peer } from '../nodes/nodes.ts'
import { type Exchange, type HttpAnswer, type Origin, type PassedBy, unavailable } from './bosh-exchange.ts'
import type { SharedSessionStore } from './bosh-store.ts'
import { isKeptBosh, type KeptBosh, keyOf } from './kept-session.ts'

export interface Elsewhere {
  /** @returns false: this sid was made by no node */
  takes(sid: string, exchange: Exchange, bytes: Uint8Array): boolean
  /** Nobody waits for the answer any more. */
  lost(exchange: Exchange): void
}

export interface ElsewhereNeeds {
  nodes: Nodes
  calls: Calls
  store: Pick<SharedSessionStore, 'find' | 'adopt'>
  clock: Clock
  log: Log
  /** The number of the node that made this sid. */
  nodeOf(sid: string): number | undefined
  /** A device comes from another node, where it is ONLINE. */
  arrives(device: string, epoch: number): void
  /** The session is here now: it takes the request. False: it is not good any more. */
  resume(sid: string, kept: KeptBosh, exchange: Exchange, bytes: Uint8Array): boolean
  /** There is no such session. */
  unknown(exchange: Exchange): void
  /** A request from another node. False: that session is not here. */
  takeHere(exchange: Exchange, bytes: Uint8Array): boolean
  lostHere(exchange: Exchange): void
}

/** Longer than any hold or pause. */
const callMs = 300_000
/** How soon a node that says nothing is asked again, and whether it is dead by now. */
const againMs = 200
/** How soon one that was not there on the bus is asked again: by all who wait for it together. */
const unheardMs = 1_000
/** Whoever says nothing for so long is not waited for: the order of answers is worth no session. */
const givenMs = 1_000
/** Longer than it takes to be sure that a node is dead. */
const patienceMs = 30_000
/** Sessions that were taken over, and by whom: an entry costs some 100 bytes. */
const mostMoved = 100_000

export function createElsewhere(needs: ElsewhereNeeds): Elsewhere {
  const { nodes, calls, store, clock, log } = needs
  const moved = new InOrder<string, number>()
  /** Nodes that were not there on the bus, and when they were asked last. */
  const unheard = new Map<string, { askedMs: number; isAskedAgain: boolean }>()
  /** Requests that others have of us. */
  const passedOn = new Map<Exchange, Passed>()
  /** The same, as those others name them. */
  const passedAs = new Map<number, Passed>()
  /** Requests that we have of others. */
  const taken = new Map<string, Map<number, PassedExchange>>()
  let lastId = 0

  calls.serve('bosh', ({ head, body = new Uint8Array() }, from) => {
    const exchange = new PassedExchange(from, head as unknown as PassedHead, isGiven)
    const ofNode = taken.get(from) ?? new Map<number, PassedExchange>()
    taken.set(from, ofNode.set(exchange.id, exchange))
    const answered = exchange.answered.finally(() => {
      ofNode.delete(exchange.id)
      if (ofNode.size === 0 && taken.get(from) === ofNode) taken.delete(from)
      needs.lostHere(exchange)
    })
    if (!needs.takeHere(exchange, body)) exchange.reply({ unknown: true })
    return answered.then((reply) => ({ head: { ...reply } }))
  })
  calls.serve('bosh-given', async ({ head }, from) => {
    const passed = passedAs.get(Number(head['id']))
    if (passed?.to.incarnation === from)
      await new Promise<void>((over) => {
        passed.whenOver = over
      })
    return { head: {} }
  })
  calls.hear('bosh-lost', ({ head }, from) => lose(taken.get(from)?.get(Number(head['id']))))
  nodes.onGone((peer) => {
    unheard.delete(peer.incarnation)
    loseOf(peer)
  })
  nodes.onSilent((peer) => {
    loseOf(peer)
    // Its answer may have been lost; the client that asks again finds it at another node, or there.
    for (const { to, giveUp } of passedOn.values()) if (to.incarnation === peer.incarnation) giveUp()
  })

  /** Its answer went before this question, and both in order. */
  async function isGiven(node: string, id: number): Promise<void> {
    const peer = nodes.others().find(({ incarnation }) => incarnation === node)
    if (peer) await calls.call(peer, 'bosh-given', { head: { id } }, givenMs).catch(() => {})
  }

  function loseOf({ incarnation }: Peer): void {
    for (const exchange of taken.get(incarnation)?.values() ?? []) lose(exchange)
  }

  function lose(exchange: PassedExchange | undefined): void {
    if (!exchange || exchange.isGone) return
    exchange.isGone = true
    exchange.reply({})
  }

  async function route(sid: string, node: number, exchange: Exchange, bytes: Uint8Array): Promise<void> {
    const key = keyOf(sid)
    const untilMs = clock.now() + patienceMs
    for (let there = moved.get(key) ?? node; !exchange.isGone; ) {
      const next = await tryAt(there, { sid, key, exchange, bytes })
      if (next === undefined) return
      if (clock.now() >= untilMs) return exchange.answer(unavailable)
      // Its node says nothing: it is dead, which others are sure of only after a while, or its word is on the way.
      if (next === there) await again()
      else there = remember(key, next)
    }
  }

  /** @returns which node is to be asked next; undefined: it is answered, or will be */
  async function tryAt(there: number, asked: Asked): Promise<number | undefined> {
    const { key, exchange, bytes } = asked
    const peer = nodes.find(there)
    // What it would be asked may lie somewhere on the way for minutes.
    if (peer && mayHear(peer) && (await passOn(peer, exchange, bytes))) return undefined
    const kept = await store.find(key)
    // Without the bus nobody is known to be dead; whoever is asked next may be the one that has it.
    if (!calls.canCall() && (!kept || kept.node === there)) return sendOn(exchange)
    if (!kept) return forget(key, exchange)
    if (kept.node === 0 && (await takeOver(asked))) return undefined
    if (kept.node === nodes.number && needs.takeHere(exchange, bytes)) return undefined
    return kept.node
  }

  /** Thousands may wait for a node that has died: they do not all ask it again and again. */
  function mayHear(peer: Peer): boolean {
    const { incarnation } = peer
    if (nodes.isSilent(peer)) return false
    const last = unheard.get(incarnation)
    if (!last) return true
    const passedMs = clock.now() - last.askedMs
    if (passedMs < (last.isAskedAgain ? againMs : unheardMs)) return false
    // One asks for all. NATS says at once when nobody hears: who is not refused by then is there again.
    if (last.isAskedAgain) unheard.delete(incarnation)
    else unheard.set(incarnation, { askedMs: clock.now(), isAskedAgain: true })
    return true
  }

  function sendOn(exchange: Exchange): undefined {
    exchange.answer(unavailable)
  }

  function again(): Promise<void> {
    return new Promise((resolve) => void clock.at(clock.now() + againMs, resolve))
  }

  function forget(key: string, exchange: Exchange): undefined {
    moved.delete(key)
    needs.unknown(exchange)
  }

  function remember(key: string, node: number): number {
    moved.add(key, node)
    moved.limitTo(mostMoved)
    return node
  }

  /** @returns false: another node was faster, or another request of this session */
  async function takeOver({ sid, key, exchange, bytes }: Asked): Promise<boolean> {
    const adopted = nodes.isLeaving() ? undefined : await store.adopt(key)
    if (adopted?.isOnline) needs.arrives(adopted.kept.device, adopted.kept.epoch)
    const kept = adopted && isKeptBosh(adopted.kept) ? adopted.kept : undefined
    if (adopted && !(kept && needs.resume(sid, kept, exchange, bytes))) needs.unknown(exchange)
    else if (nodes.isLeaving()) exchange.answer(unavailable)
    return adopted !== undefined || nodes.isLeaving()
  }

  /** @returns false: that node is silent, or does not have it */
  async function passOn(to: Peer, exchange: Exchange, body: Uint8Array): Promise<boolean> {
    const id = ++lastId
    try {
      const head: PassedHead = { id, way: exchange.way, origin: exchange.origin() }
      const { head: reply } = await new Promise<Message>((resolve, reject) => {
        const giveUp = () => reject(new BusError('disconnected', 'That node is heard no more.', true))
        const passed = { id, to, giveUp, whenOver: undefined }
        passedOn.set(exchange, passed)
        passedAs.set(id, passed)
        calls.call(to, 'bosh', { head: { ...head }, body }, callMs).then(resolve, reject)
      })
      const { answer, cut, unknown } = reply as Reply
      if (unknown) return false
      if (answer) exchange.answer(answer)
      else if (cut) exchange.cut()
      // It was told that we were away, and let go of it.
      else exchange.answer(unavailable)
      return true
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      if (error.kind === 'no-responders' && nodes.find(to.number) === to)
        unheard.set(to.incarnation, { askedMs: clock.now(), isAskedAgain: false })
      if (error.kind !== 'disconnected' || nodes.find(to.number) === undefined) return false
      exchange.answer(unavailable)
      return true
    } finally {
      passedAs.get(id)?.whenOver?.()
      passedAs.delete(id)
      passedOn.delete(exchange)
    }
  }

  return {
    takes(sid, exchange, bytes) {
      const node = needs.nodeOf(sid)
      if (node === undefined) return false
      inBackground(log, 'bosh.not-passed-on', async () => {
        try {
          await route(sid, node, exchange, bytes)
        } catch (error) {
          exchange.answer(unavailable)
          throw error
        }
      })
      return true
    },
    lost(exchange) {
      const passed = passedOn.get(exchange)
      if (passed) calls.tell(passed.to, 'bosh-lost', { head: { id: passed.id } })
    },
  }
}

interface Passed {
  id: number
  to: Peer
  giveUp(): void
  /** Whoever is to know that it is over: its session, which asks once. */
  whenOver: (() => void) | undefined
}

interface Asked {
  sid: string
  key: string
  exchange: Exchange
  bytes: Uint8Array
}

interface PassedHead {
  id: number
  way: number
  origin: Origin
}

interface Reply {
  answer?: HttpAnswer
  cut?: boolean
  unknown?: boolean
}

type IsGiven = (node: string, id: number) => Promise<void>

/** A request that another node has got. */
class PassedExchange implements Exchange, PassedBy {
  readonly id: number
  readonly way: number
  readonly answered: Promise<Reply>
  readonly reply: (reply: Reply) => void
  isGone = false
  readonly node: string
  readonly #origin: Origin
  readonly #isGiven: IsGiven

  /** @param isGiven asks that node whether the answer to its request is with the client */
  constructor(from: string, { id, way, origin }: PassedHead, isGiven: IsGiven) {
    this.node = from
    this.#isGiven = isGiven
    this.id = id
    // Ways are counted at each node; only whether two are the same one matters.
    this.way = wayOf(from, way)
    this.#origin = origin
    const { promise, resolve } = Promise.withResolvers<Reply>()
    this.answered = promise
    this.reply = resolve
  }

  get passedBy(): PassedBy {
    return this
  }

  given(): Promise<void> {
    return this.#isGiven(this.node, this.id)
  }

  origin(): Origin {
    return this.#origin
  }

  answer(answer: HttpAnswer) {
    this.reply({ answer })
  }

  cut() {
    this.reply({ cut: true })
  }
}

/** Below zero, so that none is one of ours. */
function wayOf(from: string, way: number): number {
  let number = 0
  for (let at = 0; at < from.length; at++) number = (number * 31 + from.charCodeAt(at)) % 0xff_ff
  return -(number * 2 ** 32 + way + 1)
}
