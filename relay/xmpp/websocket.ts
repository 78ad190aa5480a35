/** XMPP over WebSocket (RFC 7395): sockets to sessions, and a device that comes back to the session it had. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock, Log, Random } from '@fairlead/base'
import { defaultXmlLimits } from '@fairlead/protocol/xmpp'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Bound, Carrier } from './carrier.ts'
import type { Departing } from './hand-over.ts'
import type { KeptStream } from './kept-session.ts'
import type { SessionKeeper } from './session-keeper.ts'
import type { OpenedStream, StreamWatch } from './stream.ts'
import type { WebSocketElsewhere, WebSocketElsewhereNeeds } from './websocket-elsewhere.ts'
import { createResumptions } from './websocket-resumption.ts'
import { createRevival } from './websocket-revival.ts'
import { openSession, type Session, type SessionNeeds } from './websocket-session.ts'
import { findSubprotocol, refusalOfUpgrade, refuseUpgrade, type UpgradeRefusal } from './websocket-upgrade.ts'

export interface WebSocketOptions {
  /** The relay's management timer (A6); 120 by default. */
  managementSeconds?: number
  /** Whose pages may connect (W-007). */
  corsOrigins: readonly string[]
  /** How long a lost stream is kept for its device; 60 by default. */
  resumeSeconds?: number
  /** Sockets on which nobody is bound yet; 2,000 by default (S-D3). */
  maxUnbound?: number
}

export interface WebSocketNeeds {
  domain: string
  clock: Clock
  random: Random
  log: Log
  options: WebSocketOptions
  /** As seen through trusted proxies. */
  addressOf(request: IncomingMessage): string
  /** TLS, here or at a trusted proxy, or loopback. */
  isSecure(request: IncomingMessage): boolean
  /** The device that the verified client certificate names. */
  certifiedDevice?(request: IncomingMessage): string | undefined
  /** @param restored it was bound before, at a relay that is no more, and goes on */
  openStream(carrier: Carrier, watch: StreamWatch, restored?: Bound): OpenedStream
  /** Writes down how streams stand, so that they go on after a crash; without it they do not. */
  keeper?: SessionKeeper | undefined
  /** From before a crash, and how long ago that was, in milliseconds. */
  kept?: { sessions: readonly KeptStream[]; downMs: number }
  /** The log-in of a kept stream is still good. */
  isGood?(kept: KeptStream): boolean
  /** Claims its device for a kept stream. @returns the epoch; undefined: its log-in is not good any more, or it is not the newest */
  reclaim?(kept: KeptStream): number | undefined
  /** Whether anybody waits for the answer to this request, at any node. */
  stillWaits?(requestId: string): Promise<boolean>
  /** Makes an SM-ID; random by default. */
  newSmId?(): string
  /** When one who wants a new stream should try again, in seconds; undefined: it may have one. */
  turnAway?(): number | undefined
  /** Where streams are that are not here. */
  elsewhere?(here: WebSocketHere): WebSocketElsewhere
}

/** What other nodes may ask of the streams here. */
export type WebSocketHere = Pick<WebSocketElsewhereNeeds, 'findHere' | 'handledHere'>

export interface WebSocketDoor {
  /** For the `upgrade` event of the HTTP server, at `/xmpp-websocket` (contract part 4). */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** How many bound sessions there are, the lost ones that may still come back included. */
  readonly sessions: number
  /** Ends every stream with `system-shutdown`, or sends it to `seeOther`; nobody is let in any more. */
  drain(seeOther?: string): void
  /**
   * Nobody new is let in, and who is at the log-in goes elsewhere.
   *
   * @param rampMs within this time go devices whose streams are at other nodes
   * @returns the streams of devices, to be given to other nodes
   */
  depart(rampMs: number): readonly Departing[]
  /** Forgets all of them: they are other nodes' now. Whoever comes back is let in. */
  abandon(): void
  /** Ends what is left at once. */
  close(): void
}

/** More than a stream reads, so that too big a stanza is told so instead of cut off (W-008). */
const maxMessageBytes = 2 * defaultXmlLimits.maxBytes

/** Whoever has had so long may have to make room for others; an honest log-in takes less. */
const leastLogInMs = 2000

/** Those that were too many must not come back together. */
const leastComeBackSeconds = 5
const comeBackSpreadSeconds = 10

/** S-D3: a log-in takes some 2 KiB; with 2,000 at once this is 128 MiB together (B-065). */
const maxUnboundBytes = 64 * 1024

/** Not in the types of `ws` yet. W-003; both bounds are per message. Who does not answer a close is cut after 5 s. */
const newerLimits = { maxFragments: 64, maxBufferedChunks: 4096, closeTimeout: 5000 }

/** A quiet device shows that it lives by its pongs (A6): ping and pong together leave a third of its management timer. */
function silenceTimes(managementSeconds: number): { pingMs: number; pongMs: number } {
  const thirdMs = (managementSeconds * 1000) / 3
  return { pingMs: Math.min(25_000, thirdMs), pongMs: Math.min(10_000, thirdMs) }
}

export function createWebSocket(needs: WebSocketNeeds): WebSocketDoor {
  const { options } = needs
  const origins = options.corsOrigins.map((origin) => origin.toLowerCase())
  const maxUnbound = options.maxUnbound ?? 2000
  /** Since when, the one that came first at the front. */
  const unbound = new Map<Session, number>()
  const bound = new Set<Session>()
  const resumptions = createResumptions<Session>((session) => session.end('conflict', 'There is a newer stream.'))
  let isStopping = false

  const elsewhere = needs.elsewhere?.({ findHere: resumptions.find, handledHere: resumptions.handledBy })
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    // Compression costs memory for each socket, and is a way to blow up a small message (W-004).
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    ...newerLimits,
    handleProtocols: (offered) => findSubprotocol(offered) ?? false,
  })
  // The library's own refusals would be pages.
  server.on('wsClientError', ({ message }, socket) => refuseUpgrade(socket, { status: 400, text: `${message}.` }))

  const sessionNeeds: SessionNeeds = {
    ...needs,
    settings: {
      domain: needs.domain,
      ...silenceTimes(options.managementSeconds ?? 120),
      resumeMs: (options.resumeSeconds ?? 60) * 1000,
      logInMs: 30_000,
      closeMs: 5000,
      random: needs.random,
      newSmId: needs.newSmId,
    },
    resumptions,
    findStream: (resumed, link) => revival.find(resumed, link),
    bound(session) {
      unbound.delete(session)
      bound.add(session)
    },
    over(session) {
      unbound.delete(session)
      bound.delete(session)
    },
  }

  const revival = createRevival({ ...needs, elsewhere, sessionNeeds })

  function accept(socket: WebSocket, request: IncomingMessage): void {
    // A peer that vanished without a word is found by its pings; this finds it on a machine that sleeps, too.
    request.socket.setKeepAlive(true, 15_000)
    const peer = {
      address: needs.addressOf(request),
      secure: needs.isSecure(request),
      certifiedDevice: needs.certifiedDevice?.(request),
    }
    const session = openSession(sessionNeeds, socket, peer)
    unbound.set(session, needs.clock.now())
    limitUntilBound(request.socket, session)
  }

  /** Counted where it arrives, because a message that never ends is never read. */
  function limitUntilBound(socket: Socket, session: Session): void {
    let bytes = 0
    const count = (chunk: Buffer) => {
      bytes += chunk.length
      if (!unbound.has(session)) socket.off('data', count)
      else if (bytes > maxUnboundBytes) session.destroy()
    }
    socket.on('data', count)
  }

  /** Two thousand silent sockets must not keep everybody else out. False: all of them are at their log-in (S-D3). */
  function makeRoom(): boolean {
    const [first] = unbound
    if (first === undefined || needs.clock.now() - first[1] < leastLogInMs) return false
    first[0].destroy()
    return unbound.size < maxUnbound
  }

  function refusalOfNow(): UpgradeRefusal | undefined {
    if (isStopping) return { status: 503, text: 'This relay is stopping.' }
    const comeBackIn = needs.turnAway?.()
    if (comeBackIn !== undefined)
      return { status: 503, text: 'This node has too much to do to let more in.', retryAfterSeconds: comeBackIn }
    if (unbound.size < maxUnbound || makeRoom()) return undefined
    const retryAfterSeconds = leastComeBackSeconds + Math.round(needs.random.fraction() * comeBackSpreadSeconds)
    return { status: 503, text: 'Too many are logging in at once.', retryAfterSeconds }
  }

  const everySession = () => [...unbound.keys(), ...bound]

  return {
    upgrade(request, socket, head) {
      const refusal = refusalOfUpgrade(request, origins) ?? refusalOfNow()
      if (refusal) refuseUpgrade(socket, refusal)
      else server.handleUpgrade(request, socket, head, (opened) => accept(opened, request))
    },
    get sessions() {
      return bound.size
    },
    depart(rampMs) {
      isStopping = true
      elsewhere?.letGo(rampMs)
      const departing: Departing[] = []
      for (const session of everySession()) {
        if (session.bound)
          departing.push({ device: session.bound.device, suspend: session.suspend, leave: session.leave })
        else session.end('system-shutdown', 'This relay is stopping.')
      }
      return departing
    },
    drain(seeOther) {
      isStopping = true
      for (const session of everySession()) {
        if (seeOther === undefined) session.end('system-shutdown', 'This relay is stopping.')
        else session.redirect(seeOther)
      }
    },
    abandon() {
      for (const session of everySession()) session.abandon()
    },
    close() {
      isStopping = true
      revival.close()
      for (const session of everySession()) session.destroy()
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
}
