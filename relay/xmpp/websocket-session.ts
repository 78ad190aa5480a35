/** One XMPP stream and the socket it has at the moment: runs the machine, and moves a resumed stream to a new socket. */
import type { Clock, Log, Timer } from '@fairlead/base'
import { readFrame, XmlError } from '@fairlead/protocol/xmpp'
import type { RawData, WebSocket } from 'ws'
import type { Carrier, StreamCondition } from './carrier.ts'
import type { OpenedStream, StreamWatch } from './stream.ts'
import { step } from './websocket-machine.ts'
import type { Resumptions } from './websocket-resumption.ts'
import {
  createWebSocketState,
  type WebSocketCondition,
  type WebSocketEffect,
  type WebSocketEvent,
  type WebSocketSettings,
} from './websocket-state.ts'

export interface SessionNeeds {
  settings: WebSocketSettings
  clock: Clock
  log: Log
  resumptions: Resumptions<Session>
  openStream(carrier: Carrier, watch: StreamWatch): OpenedStream
  /** A device or an anonymous user is bound. */
  bound(session: Session): void
  /** The stream is over, and so is the session. */
  over(session: Session): void
}

/** Where a socket comes from. */
export interface Peer {
  address: string
  secure: boolean
  certifiedDevice?: string | undefined
}

export interface Session {
  end(condition: StreamCondition, text: string): void
  redirect(uri: string): void
  /** Ends the stream and the socket at once. */
  destroy(): void
  /** The device is back on `link`, whose own session never came to be. */
  moveTo(link: Link, id: string, address: string, h: number): void
}

/** A socket, and the session that it speaks for now. */
export interface Link {
  socket: WebSocket
  hear(event: WebSocketEvent): void
}

/** `WebSocket.OPEN`, which is only a type here. */
const open = 1

/** S-D4: who reads so slowly has gone, or means harm. */
const maxBufferedBytes = 256 * 1024

export function openSession(needs: SessionNeeds, socket: WebSocket, peer: Peer): Session {
  const { clock } = needs
  const state = createWebSocketState(needs.settings, clock.now())
  let id = needs.settings.random.token(18)
  let { address } = peer
  let link: Link | undefined = listen(socket, take)
  let timer: Timer | undefined
  const events: WebSocketEvent[] = []
  let running = false

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
  const stream = needs.openStream(carrier, {
    bound() {
      needs.bound(session)
      take({ kind: 'bound', resumable: stream.device !== '' })
    },
  })

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
        break
      case 'resume':
        resume(effect.previd, effect.h)
        break
      case 'wake':
        timer?.cancel()
        timer = clock.at(effect.atMs, () => take({ kind: 'time' }))
        break
      case 'ended':
        if (state.management?.id !== undefined) needs.resumptions.over(state.management.id, state.management.handled)
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
  function letGo(): WebSocket | undefined {
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
    if (!device || !link) {
      take({ kind: 'resume-refused', refusal: 'unexpected-request', handled: undefined })
      return
    }
    const found = needs.resumptions.find(previd, device)
    if (!found) {
      const handled = needs.resumptions.handledBy(previd, device)
      take({ kind: 'resume-refused', refusal: 'item-not-found', handled })
      return
    }
    const given = link
    link = undefined
    take({ kind: 'broken' })
    found.moveTo(given, id, address, h)
  }

  const session: Session = {
    end: (condition, text) => take({ kind: 'end', condition, text }),
    redirect: (uri) => take({ kind: 'redirect', uri }),
    destroy() {
      take({ kind: 'end', condition: 'system-shutdown', text: undefined })
      drop()
      take({ kind: 'lost' })
    },
    moveTo(given, newId, newAddress, h) {
      drop()
      link = given
      given.hear = take
      // A survival notification names the stream that the device opened last (A5).
      id = newId
      address = newAddress
      take({ kind: 'resumed', h })
    },
  }
  // The machine asks for its first moment: who never says a word has to go, too.
  take({ kind: 'time' })
  return session
}

/** Tells `hear` of whatever comes over the socket. */
function listen(socket: WebSocket, hear: (event: WebSocketEvent) => void): Link {
  const link: Link = { socket, hear }
  socket.on('message', (data, isBinary) => link.hear(isBinary ? { kind: 'binary' } : readMessage(data)))
  socket.on('ping', () => link.hear({ kind: 'sign-of-life' }))
  socket.on('pong', () => link.hear({ kind: 'sign-of-life' }))
  // `ws` closes the socket by itself; a stream that speaks no WebSocket is not one to come back to.
  socket.on('error', (error) => link.hear({ kind: isProtocolError(error) ? 'broken' : 'lost' }))
  socket.on('close', () => link.hear({ kind: 'lost' }))
  return link
}

function isProtocolError(error: Error): boolean {
  return 'code' in error && String(error.code).startsWith('WS_ERR')
}

const conditionOf = {
  malformed: 'not-well-formed',
  restricted: 'restricted-xml',
  limit: 'policy-violation',
} as const satisfies Record<XmlError['kind'], WebSocketCondition>

function readMessage(data: RawData): WebSocketEvent {
  try {
    return { kind: 'frame', frame: readFrame(data as Buffer) }
  } catch (error) {
    if (error instanceof XmlError)
      return { kind: 'unreadable', condition: conditionOf[error.kind], text: error.message }
    throw error
  }
}
