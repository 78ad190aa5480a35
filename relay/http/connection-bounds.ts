/** Ends connections that cost without end: requests far ahead of their answers (S-D3) or that do not arrive (S-D1), and answers that nobody takes (S-D2). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { isLong } from './body.ts'

export interface ConnectionBounds extends Disposable {
  /** Counts a request before it is handled; true: it was one too many, and its connection is gone. */
  isTooMany(request: IncomingMessage, response: ServerResponse): boolean
}

export interface ConnectionBoundsNeeds {
  /** An answer of which nothing is taken for so long will not be taken any more; it is ended then, or after twice so long. */
  stalledMs: number
  /** A request must have arrived within this; one that is long on purpose, so much of it within each of these. */
  requestMs: number
  /** How often all this is looked for. */
  checkMs: number
  /** A request has not arrived in time: it is told so, and its connection ends. */
  late(socket: Socket): void
}

/** The request that a connection brings now, and since when it is watched. */
interface Arrival {
  request: IncomingMessage | undefined
  watched: IncomingMessage | undefined
  sinceMs: number
  /** Of the connection, then. */
  bytes: number
}

/** Node takes in everything that one read brings: thousands of small requests that wait behind a held one. */
const mostWaiting = 32
/** Of a long request: slower than any line is only who means no good. */
const leastBytes = 16 * 1024

export function createConnectionBounds(needs: ConnectionBoundsNeeds): ConnectionBounds {
  const { stalledMs, requestMs, checkMs } = needs
  /** Connections that have asked for something. */
  const sockets = new Map<Socket, Arrival>()
  const waiting = new WeakMap<Socket, number>()

  /**
   * A sweep, so that nothing is paid for each answer. Node's own time-out of a socket sees each byte that leaves, and
   * ends the connection; it is set only while something is to be taken, because a held answer may be silent for long.
   */
  function check(): void {
    const nowMs = performance.now()
    for (const [socket, arrival] of sockets) {
      const isWatched = socket.timeout === stalledMs
      const isFull = socket.writableLength > 0
      if (isFull !== isWatched) socket.setTimeout(isFull ? stalledMs : 0)
      if (isLate(socket, arrival, nowMs)) needs.late(socket)
    }
  }

  function isLate(socket: Socket, arrival: Arrival, nowMs: number): boolean {
    const { request, watched } = arrival
    if (request === undefined || request.complete) {
      // Nothing of it is kept for the life of its connection.
      Object.assign(arrival, { request: undefined, watched: undefined })
      return false
    }
    if (watched !== request) Object.assign(arrival, { watched: request, sinceMs: nowMs, bytes: socket.bytesRead })
    if (nowMs - arrival.sinceMs < requestMs) return false
    if (!isLong(request) || socket.bytesRead - arrival.bytes < leastBytes) return true
    Object.assign(arrival, { sinceMs: nowMs, bytes: socket.bytesRead })
    return false
  }

  function forget(this: Socket): void {
    sockets.delete(this)
  }

  const timer = setInterval(check, checkMs)
  timer.unref()
  return {
    isTooMany(request, response) {
      const { socket } = request
      let arrival = sockets.get(socket)
      if (arrival === undefined) {
        arrival = { request, watched: undefined, sinceMs: 0, bytes: 0 }
        sockets.set(socket, arrival)
        socket.once('close', forget)
      } else arrival.request = request
      // It has the connection: nothing waits before it.
      if (response.socket !== null) return false
      // A Node whose parser does not stop where it is: what was read together with the one that was too many.
      if (socket.destroyed) return true
      const count = (waiting.get(socket) ?? 0) + 1
      waiting.set(socket, count)
      response.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1))
      if (count <= mostWaiting) return false
      end(socket)
      return true
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

/**
 * Ends it where it is. Node would first make all that one read brings, a thousand small requests, for a connection that
 * is gone: fifty such connections, opened again as they are cut, kept others waiting for longer than they had patience.
 * Its parser has no documented way to stop, but it takes an answer that is below 0 for an error. A Node whose parser is
 * another one makes them, in vain.
 */
function end(socket: Socket & { parser?: { onIncoming?: unknown } | null }): void {
  if (socket.parser) socket.parser.onIncoming = () => -1
  socket.destroy()
}
