/** XMPP over WebSocket (RFC 7395): sockets to sessions, and a device that comes back to the session it had. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock, Log, Random } from '@fairlead/base'
import { defaultXmlLimits } from '@fairlead/protocol/xmpp'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Carrier } from './carrier.ts'
import type { OpenedStream, StreamWatch } from './stream.ts'
import { createResumptions } from './websocket-resumption.ts'
import { openSession, type Session, type SessionNeeds } from './websocket-session.ts'
import { findSubprotocol, refusalOfUpgrade, refuseUpgrade } from './websocket-upgrade.ts'

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
  openStream(carrier: Carrier, watch: StreamWatch): OpenedStream
}

export interface WebSocketDoor {
  /** For the `upgrade` event of the HTTP server, at `/xmpp-websocket` (contract part 4). */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** How many bound sessions there are, the lost ones that may still come back included. */
  readonly sessions: number
  /** Ends every stream with `system-shutdown`, or sends it to `seeOther`; nobody is let in any more. */
  drain(seeOther?: string): void
  /** Ends what is left at once. */
  close(): void
}

/** More than a stream reads, so that too big a stanza is told so instead of cut off (W-008). */
const maxMessageBytes = 2 * defaultXmlLimits.maxBytes

/** Whoever has had so long may have to make room for others; an honest log-in takes less. */
const leastLogInMs = 2000

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
  let draining = false

  const server = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    // Compression costs memory for each socket, and is a way to blow up a small message (W-004).
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    ...newerLimits,
    handleProtocols: (offered) => findSubprotocol(offered) ?? false,
  })

  const sessionNeeds: SessionNeeds = {
    ...needs,
    settings: {
      domain: needs.domain,
      ...silenceTimes(options.managementSeconds ?? 120),
      resumeMs: (options.resumeSeconds ?? 60) * 1000,
      logInMs: 30_000,
      closeMs: 5000,
      random: needs.random,
    },
    resumptions,
    bound(session) {
      unbound.delete(session)
      bound.add(session)
    },
    over(session) {
      unbound.delete(session)
      bound.delete(session)
    },
  }

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

  const everySession = () => [...unbound.keys(), ...bound]

  return {
    upgrade(request, socket, head) {
      const refusal = refusalOfUpgrade(request, origins)
      if (refusal) refuseUpgrade(socket, refusal)
      else if (draining) refuseUpgrade(socket, { status: 503, text: 'This relay is stopping.' })
      else if (unbound.size >= maxUnbound && !makeRoom())
        refuseUpgrade(socket, { status: 503, text: 'Too many are logging in at once.' })
      else server.handleUpgrade(request, socket, head, (opened) => accept(opened, request))
    },
    get sessions() {
      return bound.size
    },
    drain(seeOther) {
      draining = true
      for (const session of everySession()) {
        if (seeOther === undefined) session.end('system-shutdown', 'This relay is stopping.')
        else session.redirect(seeOther)
      }
    },
    close() {
      draining = true
      for (const session of everySession()) session.destroy()
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
}
