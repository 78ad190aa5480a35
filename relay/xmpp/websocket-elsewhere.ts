/**
 * Streams on WebSocket that are resumed at another node. Its node lives: the node with the socket carries messages, the node with
 * the stream goes on with it. Its node has left or is dead: whoever has the socket goes on with it from the record.
 * Source: XEP-0198 §5; N6, `safety.md` 6.7.
 */
import type { Clock } from '@fairlead/base'
import { BusError } from '../bus/bus.ts'
import type { Calls } from '../nodes/calls.ts'
import type { Nodes, Peer } from '../nodes/nodes.ts'
import type { SharedSessionStore } from './bosh-store.ts'
import { isKeptStream, type KeptStream, keyOf } from './kept-session.ts'
import { type Link, readMessage, type Session, type Socket } from './websocket-socket.ts'

export interface Resumed {
  previd: string
  device: string
  /** The stream that was opened on the new socket. */
  id: string
  address: string
  h: number
}

/** `resumed`: it goes on at its node; `kept`: it is this node's from now on, and goes on from there. */
export type FoundElsewhere = 'resumed' | { handled: number | undefined } | { kept: KeptStream }

export interface WebSocketElsewhere {
  /** @returns undefined: it was made by no node; rejected: nothing can be known of it right now */
  resume(resumed: Resumed, link: Link): Promise<FoundElsewhere> | undefined
  /** This node leaves: devices whose streams are at others come back by another way, one after the other. */
  letGo(rampMs: number): void
}

export interface WebSocketElsewhereNeeds {
  nodes: Nodes
  calls: Calls
  clock: Clock
  store: Pick<SharedSessionStore, 'find' | 'adopt' | 'save'>
  /** The number of the node that made this SM-ID. */
  nodeOf(id: string): number | undefined
  /** A device comes from another node, where it is ONLINE. */
  arrives(device: string, epoch: number): void
  /** A stream was taken over: counted. */
  adopted(): void
  /** Streams at this node. */
  findHere(previd: string, device: string): Session | undefined
  handledHere(previd: string, device: string): number | undefined
}

const resumeMs = 5_000
/** The record knows a moment later than the node itself that a stream is over, or on its way. */
const againMs = 100
const mostTries = 20
const serviceRestart = 1012

/** What goes over in either direction, in its order. */
type Carried =
  | { kind: 'text'; text: string }
  | { kind: 'binary' | 'sign-of-life' | 'lost' | 'ping' | 'cut' }
  | { kind: 'close'; code: number }

export function createWebSocketElsewhere(needs: WebSocketElsewhereNeeds): WebSocketElsewhere {
  const { nodes, calls, clock, store } = needs
  /** Sockets here, for streams at other nodes. */
  const given = new Map<number, { link: Link; peer: Peer }>()
  /** Sockets at other nodes, for streams here; by node and number. */
  const lent = new Map<string, LentSocket>()
  let lastPipe = 0

  const peerOf = (incarnation: string) => nodes.others().find((peer) => peer.incarnation === incarnation)

  calls.serve('resume', ({ head }, from) => {
    const { pipe, resumed } = head as unknown as { pipe: number; resumed: Resumed }
    const found = needs.findHere(resumed.previd, resumed.device)
    const peer = peerOf(from)
    if (!found || !peer) return { head: { handled: needs.handledHere(resumed.previd, resumed.device) } }
    const key = `${from} ${pipe}`
    const socket = new LentSocket((carried) => calls.tell(peer, 'socket', { head: { pipe, carried } }))
    lent.set(key, socket)
    socket.whenOver = () => lent.delete(key)
    found.moveTo(socket.link, resumed.id, resumed.address, resumed.h)
    return { head: { isResumed: true } }
  })

  // From the node with the socket.
  calls.hear('stream', ({ head }, from) => lent.get(`${from} ${head['pipe']}`)?.take(head['carried'] as Carried))
  // From the node with the stream.
  calls.hear('socket', ({ head }, from) => {
    const there = given.get(Number(head['pipe']))
    if (there?.peer.incarnation === from) perform(there.link.socket, head['carried'] as Carried)
  })
  nodes.onGone(breakOff)
  nodes.onSilent(breakOff)

  /** What was on the way over a socket may be lost: the device resumes its stream, which knows what is missing. */
  function breakOff({ incarnation }: Peer): void {
    for (const [key, socket] of [...lent]) if (key.startsWith(`${incarnation} `)) socket.take({ kind: 'lost' })
    for (const { link, peer } of [...given.values()]) if (peer.incarnation === incarnation) link.socket.terminate()
  }

  /** Whatever comes over the socket from now on goes there. */
  function give(pipe: number, link: Link, peer: Peer): void {
    given.set(pipe, { link, peer })
    const pass = (carried: Carried) => calls.tell(peer, 'stream', { head: { pipe, carried } })
    link.hear = (event) => {
      if (event.kind === 'frame' || event.kind === 'unreadable') pass({ kind: 'text', text: String(link.said) })
      else if (event.kind === 'binary' || event.kind === 'sign-of-life') pass({ kind: event.kind })
      else {
        given.delete(pipe)
        pass({ kind: 'lost' })
      }
    }
  }

  /** @returns undefined: it says nothing */
  async function resumeAt(
    peer: Peer,
    resumed: Resumed,
    link: Link,
  ): Promise<'resumed' | { handled?: number } | undefined> {
    const pipe = ++lastPipe
    const before = link.hear
    // What comes before the answer is there waits with the socket.
    give(pipe, link, peer)
    try {
      const { head } = await calls.call(peer, 'resume', { head: { pipe, resumed } }, resumeMs)
      if (head['isResumed']) return 'resumed'
      takeBack(pipe, link, before)
      return head as { handled?: number }
    } catch (error) {
      takeBack(pipe, link, before)
      if (error instanceof BusError) return undefined
      throw error
    }
  }

  /** Unless it is over by now. */
  function takeBack(pipe: number, link: Link, hear: Link['hear']): void {
    link.hear = hear
    if (!given.delete(pipe)) hear({ kind: 'lost' })
  }

  async function find(resumed: Resumed, made: number, link: Link): Promise<FoundElsewhere> {
    let handled: number | undefined
    let there = made
    for (let tries = 0; tries < mostTries; tries++) {
      const peer = nodes.find(there)
      const answer = peer && !nodes.isSilent(peer) ? await resumeAt(peer, resumed, link) : undefined
      if (answer === 'resumed') return answer
      handled ??= answer?.handled
      const next = await takeFrom(there, answer !== undefined, resumed)
      if (next === undefined) break
      if (typeof next !== 'number') return next
      if (next === there) await again()
      there = next
    }
    return { handled }
  }

  /** @returns the stream, if it is ours from now on; or which node is to be asked next; undefined: it is known to none, or here by now */
  async function takeFrom(
    there: number,
    hasAnswered: boolean,
    { previd, device }: Resumed,
  ): Promise<{ kept: KeptStream } | number | undefined> {
    const key = keyOf(previd)
    const row = await store.find(key)
    if (row?.device !== device || needs.findHere(previd, device)) return undefined
    // Its node says nothing: the device itself says that it is here, as it would with a new session.
    const isSilent = row.node === there && !hasAnswered
    const kept = isSilent || isFree(row.node) ? await adopt(key, row.node) : undefined
    return kept ? { kept } : row.node
  }

  function isFree(node: number): boolean {
    return node === 0 || nodes.find(node) === undefined
  }

  function again(): Promise<void> {
    return new Promise((resolve) => void clock.at(clock.now() + againMs, resolve))
  }

  async function adopt(key: string, from: number): Promise<KeptStream | undefined> {
    if (nodes.isLeaving() || from === nodes.number) return undefined
    const adopted = await store.adopt(key, from)
    if (!adopted || !isKeptStream(adopted.kept)) return undefined
    const { kept, isOnline } = adopted
    const { sent, ...counts } = kept.counts
    // Good for this once: what is said from now on is not in the record, and whoever comes next must not go by it.
    if (sent) await store.save([{ ...kept, counts }], [])
    needs.adopted()
    if (isOnline) needs.arrives(kept.device, kept.epoch)
    // Should it live after all, it lets go.
    const peer = nodes.find(from)
    if (peer)
      void calls
        .call(peer, 'superseded', { head: { device: kept.device, epoch: kept.epoch } }, resumeMs)
        .catch(() => {})
    return kept
  }

  return {
    resume(resumed, link) {
      const made = needs.nodeOf(resumed.previd)
      return made === undefined ? undefined : find(resumed, made, link)
    },
    letGo(rampMs) {
      const links = [...given.values()]
      for (const [at, { link }] of links.entries())
        clock.at(clock.now() + (rampMs * at) / links.length, () => link.socket.close(serviceRestart))
    },
  }
}

function perform(socket: Socket, carried: Carried): void {
  if (carried.kind === 'text') socket.send(carried.text)
  else if (carried.kind === 'ping') socket.ping()
  else if (carried.kind === 'close') socket.close(carried.code)
  else socket.terminate()
}

/** A socket at another node, as the stream here sees it. */
class LentSocket implements Socket {
  readonly link: Link
  whenOver: () => void = () => {}
  /** Of the other node nothing is known: what it cannot send it gives up. */
  readonly bufferedAmount = 0
  readyState = 1
  readonly #tell: (carried: Carried) => void

  constructor(tell: (carried: Carried) => void) {
    this.#tell = tell
    this.link = { socket: this, hear: () => {}, said: undefined }
  }

  take(carried: Carried): void {
    if (carried.kind === 'text') this.link.hear(readMessage(carried.text))
    else if (carried.kind === 'binary' || carried.kind === 'sign-of-life') this.link.hear({ kind: carried.kind })
    else {
      this.#over()
      this.link.hear({ kind: 'lost' })
    }
  }

  send(text: string): void {
    this.#tell({ kind: 'text', text })
  }

  ping(): void {
    this.#tell({ kind: 'ping' })
  }

  close(code: number): void {
    this.readyState = 2
    this.#tell({ kind: 'close', code })
  }

  terminate(): void {
    this.#over()
    this.#tell({ kind: 'cut' })
  }

  #over(): void {
    this.readyState = 3
    this.whenOver()
  }
}
