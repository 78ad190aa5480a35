/** One XMPP stream and the socket it has at the moment: runs the machine, and moves a resumed stream to a new socket. */
import { type Clock, inBackground, type Log, type Timer } from '@fairlead/base'
import type { WebSocket } from 'ws'
import type { Bound, Carrier } from './carrier.ts'
import { isKeptStream, type KeptStream, keyOf } from './kept-session.ts'
import type { SessionKeeper } from './session-keeper.ts'
import type { OpenedStream, StreamWatch } from './stream.ts'
import type { Management } from './stream-management.ts'
import type { Resumed } from './websocket-elsewhere.ts'
import { keptCountsOf } from './websocket-kept.ts'
import { step } from './websocket-machine.ts'
import type { Resumptions } from './websocket-resumption.ts'
import { type Link, listen, type Session, type Socket } from './websocket-socket.ts'
import {
  createWebSocketState,
  restoreWebSocketState,
  type WebSocketEffect,
  type WebSocketEvent,
  type WebSocketSettings,
  type WebSocketState,
} from './websocket-state.ts'

export type { Session } from './websocket-socket.ts'

export interface SessionNeeds {
  settings: WebSocketSettings
  clock: Clock
  log: Log
  resumptions: Resumptions<Session>
  /** @param restored it was bound before, at a relay that is no more, and goes on */
  openStream(carrier: Carrier, watch: StreamWatch, restored?: Bound): OpenedStream
  /** Writes down how streams stand; without it they do not outlive the relay. */
  keeper?: SessionKeeper | undefined
  /** A stream that is not open here: from before a crash, or at another node. */
  findStream(resumed: Resumed, link: Link): Found | Promise<Found>
  /** A device or an anonymous user is bound. */
  bound(session: Session): void
  /** The stream is over, and so is the session. */
  over(session: Session): void
}

/** A stream to go on with here; `resumed`: it goes on elsewhere; or how far it had come. */
export type Found = Session | 'resumed' | { handled: number | undefined }

/** Where a socket comes from. */
export interface Peer {
  address: string
  secure: boolean
  certifiedDevice?: string | undefined
}

/** `WebSocket.OPEN`, which is only a type here. */
const open = 1

/** S-D4: who reads so slowly has gone, or means harm. */
const maxBufferedBytes = 256 * 1024

/** The relay is started again, or another node goes on: RFC 6455's registry, 1012. */
const serviceRestart = 1012

export function openSession(needs: SessionNeeds, socket: WebSocket, peer: Peer): Session {
  const state = createWebSocketState(needs.settings, needs.clock.now())
  return runSession(needs, state, { id: needs.settings.random.token(18), peer, socket })
}

/** A stream from a relay that is no more: its device is about to be back, on a socket that opened the stream `id`. */
export function restoreSession(
  needs: SessionNeeds,
  restored: KeptStream,
  management: Management,
  { id, address }: Pick<Resumed, 'id' | 'address'>,
): Session {
  const state = restoreWebSocketState(needs.settings, management, needs.clock.now())
  return runSession(needs, state, { id, peer: { address, secure: true }, restored })
}

interface Beginning {
  id: string
  peer: Peer
  socket?: WebSocket
  restored?: KeptStream
}

function runSession(needs: SessionNeeds, state: WebSocketState, { peer, socket, restored, ...beginning }: Beginning) {
  const { clock } = needs
  let { id } = beginning
  let { address } = peer
  let link: Link | undefined
  /** Of a stream that is on its way to another node. */
  let aside: Socket | undefined
  let isSuspended = false
  let timer: Timer | undefined
  const events: WebSocketEvent[] = []
  // Until the stream is there.
  let running = true

  const carrier: Carrier = {
    transport: 'websocket',
    get id() {
      return id
    },
    get address() {
      return address
    },
    secure: peer.secure,
    certifiedDevice: peer.certifiedDevice,
    opened: (header) => take({ kind: 'header', header }),
    send: (xml, token) => take({ kind: 'send', xml, token, isGone: link?.socket.readyState !== open }),
    withdraw: (token) => take({ kind: 'withdraw', token }),
    end: (condition, text) => take({ kind: 'end', condition, text }),
    keepUntil: (atMs) => take({ kind: 'keep-until', atMs }),
  }
  const watch = {
    bound() {
      needs.bound(session)
      take({ kind: 'bound', resumable: stream.device !== '' })
    },
  }
  const stream = needs.openStream(carrier, watch, restored)

  /** One event after another: what an effect brings about comes after all effects of the event before. */
  function take(event: WebSocketEvent): void {
    events.push(event)
    if (running) return
    running = true
    try {
      for (let next = events.shift(); next; next = events.shift()) {
        const effects: WebSocketEffect[] = []
        step(state, next, clock.now(), effects)
        effects.forEach(perform)
      }
    } catch (error) {
      needs.log.error('xmpp.websocket', 'A stream was given up.', error)
      events.unshift({ kind: 'end', condition: 'internal-server-error', text: undefined })
    } finally {
      running = false
    }
    const last = events.shift()
    if (last) take(last)
    else if (state.phase === 'lost') drop()
    else if (state.phase === 'over') tidyUp()
  }

  function tidyUp(): void {
    timer?.cancel()
    timer = undefined
    letGo()
    needs.over(session)
  }

  function perform(effect: WebSocketEffect): void {
    switch (effect.kind) {
      case 'write':
        write(effect.text)
        break
      case 'ping':
        link?.socket.ping()
        break
      case 'close':
        link?.socket.close(effect.code)
        break
      case 'drop':
        drop()
        break
      case 'open':
        stream.open(effect.header)
        break
      case 'receive':
        stream.receive(effect.element)
        break
      case 'alive':
        stream.alive()
        break
      case 'waiting':
        stream.waiting()
        break
      case 'written':
        stream.written(effect.token)
        break
      case 'acknowledged':
        stream.acknowledged(effect.token)
        break
      case 'resumable':
        needs.resumptions.add(effect.id, stream.device ?? '', session)
        needs.keeper?.changed(session)
        break
      case 'keep':
        if (needs.keeper) needs.keeper.changed(session)
        else take({ kind: 'kept', handled: state.management?.handled })
        break
      case 'resume':
        resume(effect.previd, effect.h)
        break
      case 'wake':
        timer?.cancel()
        timer = clock.at(effect.atMs, () => take({ kind: 'time' }))
        break
      case 'ended':
        forget()
        stream.ended(effect.end, [...effect.unsent, ...tokensWaiting()], effect.unknown)
        break
    }
  }

  /** Pushes that the rooms above sent while the end was already being told. */
  function tokensWaiting(): number[] {
    const withdrawn = new Set(events.map((event) => (event.kind === 'withdraw' ? event.token : 0)))
    const sent = events.map((event) => (event.kind === 'send' ? event.token : 0))
    return sent.filter((token) => token !== 0 && !withdrawn.has(token))
  }

  function write(text: string): void {
    if (!link) return
    link.socket.send(text)
    // The machine hears of it by the socket's end, like of any other loss.
    if (link.socket.bufferedAmount > maxBufferedBytes) link.socket.terminate()
  }

  /** What comes over that socket from now on, its end included, is not about this stream any more. */
  function letGo(): Socket | undefined {
    const socket = link?.socket
    if (link) link.hear = () => {}
    link = undefined
    return socket
  }

  function drop(): void {
    letGo()?.terminate()
  }

  function resume(previd: string, h: number): void {
    const device = stream.device
    const given = link
    if (!device || !given) {
      take({ kind: 'resume-refused', refusal: 'unexpected-request', handled: undefined })
      return
    }
    const resumed = { previd, device, id, address, h }
    const found = needs.resumptions.find(previd, device) ?? needs.findStream(resumed, given)
    if (found instanceof Promise)
      inBackground(needs.log, 'xmpp.not-resumed', () => awaitResumption(found, resumed, given))
    else goOn(found, resumed, given)
  }

  async function awaitResumption(found: Promise<Found>, resumed: Resumed, given: Link): Promise<void> {
    let answer: Found = { handled: undefined }
    try {
      answer = await found
    } finally {
      goOn(answer, resumed, given)
    }
  }

  function goOn(found: Found, resumed: Resumed, given: Link): void {
    if (found === 'resumed') {
      if (link === given) giveAway(given)
    } else if ('handled' in found) {
      take({ kind: 'resume-refused', refusal: 'item-not-found', handled: found.handled })
    } else if (link === given) {
      found.moveTo(giveAway(given), resumed.id, resumed.address, resumed.h)
    }
    // Else its socket is gone again, and the stream waits for it.
  }

  /** The socket is another stream's from now on, and this one never comes to be. */
  function giveAway(given: Link): Link {
    link = undefined
    take({ kind: 'broken' })
    return given
  }

  /** It is over, or another node's. */
  function forget(): void {
    const { management } = state
    if (management?.id === undefined) return
    needs.resumptions.over(management.id, management.handled)
    if (stream.bound && !isSuspended) needs.keeper?.ended({ ...stream.bound, key: keyOf(management.id) })
  }

  /** @param isLast nothing more is sent here */
  function keep(isLast: boolean): KeptStream | undefined {
    const { phase, management } = state
    if (!stream.bound || management?.id === undefined || (phase !== 'open' && phase !== 'lost')) return undefined
    return { ...stream.bound, key: keyOf(management.id), counts: keptCountsOf(management, isLast) }
  }

  /** Nobody can go on with this stream, but its device is about to be elsewhere with another one. */
  function keepAwaited(): KeptStream | undefined {
    if (!stream.bound || state.phase !== 'open') return undefined
    return { ...stream.bound, key: keyOf(id), counts: { resumeMs: 0, handled: 0 } }
  }

  const session: Session = {
    get bound() {
      return stream.bound
    },
    end: (condition, text) => take({ kind: 'end', condition, text }),
    redirect: (uri) => take({ kind: 'redirect', uri }),
    destroy() {
      take({ kind: 'end', condition: 'system-shutdown', text: undefined })
      drop()
      take({ kind: 'lost' })
    },
    toKeep: () => (isSuspended ? undefined : keep(false)),
    kept: (kept) => take({ kind: 'kept', handled: kept && isKeptStream(kept) ? kept.counts.handled : undefined }),
    suspend() {
      const kept = keep(true)
      if (!kept) return keepAwaited()
      isSuspended = true
      forget()
      aside = letGo()
      take({ kind: 'lost' })
      return kept
    },
    leave() {
      if (!isSuspended) return take({ kind: 'end', condition: 'system-shutdown', text: 'This relay is stopping.' })
      // No <close/>: that would be the end of the stream (XEP-0198 §5).
      aside?.close(serviceRestart)
      session.abandon()
    },
    abandon() {
      isSuspended = true
      forget()
      drop()
      take({ kind: 'abandoned' })
      stream.ended('connection-closed', [], [])
    },
    moveTo(given, newId, newAddress, h) {
      drop()
      if (state.phase === 'over') return given.socket.terminate()
      link = given
      given.hear = take
      // A survival notification names the stream that the device opened last (A5).
      id = newId
      address = newAddress
      take({ kind: 'resumed', h })
    },
  }
  if (socket) link = listen(socket, take)
  if (restored && state.management?.id !== undefined) {
    needs.resumptions.add(state.management.id, restored.device, session)
    needs.bound(session)
  }
  running = false
  // The machine asks for its first moment: who never says a word has to go, too.
  take({ kind: 'time' })
  return session
}
