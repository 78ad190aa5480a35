/** A socket as a stream uses it: of this node, or of another one that carries what is said. */
import { readFrame, XmlError } from '@fairlead/protocol/xmpp'
import type { RawData, WebSocket } from 'ws'
import type { Bound, StreamCondition } from './carrier.ts'
import type { Departing } from './hand-over.ts'
import type { Keepable } from './session-keeper.ts'
import type { WebSocketCondition, WebSocketEvent } from './websocket-state.ts'

/** What is used of `ws`. */
export interface Socket {
  /** 1: open. */
  readonly readyState: number
  readonly bufferedAmount: number
  send(text: string): void
  ping(): void
  /** Begins the closing handshake. */
  close(code: number): void
  terminate(): void
}

/** A socket, and the session that it speaks for now. */
export interface Link {
  socket: Socket
  hear(event: WebSocketEvent): void
  /** The message that is being heard, as it came. */
  said: RawData | undefined
}

/** One stream, and the socket that it has at the moment. */
export interface Session extends Keepable, Omit<Departing, 'device'> {
  /** Whose, once it is bound; an anonymous one never is. */
  readonly bound: Bound | undefined
  end(condition: StreamCondition, text: string): void
  redirect(uri: string): void
  /** Ends the stream and the socket at once. */
  destroy(): void
  /** It may go on at another node: here socket and stream are gone, and nobody is told. */
  abandon(): void
  /** The device is back on `link`, whose own session never came to be. */
  moveTo(link: Link, id: string, address: string, h: number): void
}

/** Tells `hear` of whatever comes over the socket. */
export function listen(socket: WebSocket, hear: (event: WebSocketEvent) => void): Link {
  const link: Link = { socket, hear, said: undefined }
  socket.on('message', (data, isBinary) => {
    if (isBinary) return link.hear({ kind: 'binary' })
    link.said = data
    link.hear(readMessage(data))
    link.said = undefined
  })
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

export function readMessage(data: RawData | string): WebSocketEvent {
  try {
    return { kind: 'frame', frame: readFrame(typeof data === 'string' ? Buffer.from(data) : (data as Buffer)) }
  } catch (error) {
    if (error instanceof XmlError)
      return { kind: 'unreadable', condition: conditionOf[error.kind], text: error.message }
    throw error
  }
}
