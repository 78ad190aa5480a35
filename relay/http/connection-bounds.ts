/** Ends connections that cost without end: requests far ahead of their answers (S-D3), and answers that nobody takes (S-D2). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface ConnectionBounds extends Disposable {
  /** Counts a request before it is handled; true: it was one too many, and its connection is gone. */
  isTooMany(request: IncomingMessage, response: ServerResponse): boolean
}

export interface ConnectionBoundsNeeds {
  /** An answer of which nothing is taken for so long will not be taken any more; it is ended then, or after twice so long. */
  stalledMs: number
  /** How often that is looked for. */
  checkMs: number
}

/** Node takes in everything that one read brings: thousands of small requests that wait behind a held one. */
const mostWaiting = 32

export function createConnectionBounds({ stalledMs, checkMs }: ConnectionBoundsNeeds): ConnectionBounds {
  /** Connections that have asked for something. */
  const sockets = new Set<Socket>()
  const waiting = new WeakMap<Socket, number>()

  /**
   * A sweep, so that nothing is paid for each answer. Node's own time-out of a socket sees each byte that leaves, and
   * ends the connection; it is set only while something is to be taken, because a held answer may be silent for long.
   */
  function check(): void {
    for (const socket of sockets) {
      const isWatched = socket.timeout === stalledMs
      const isFull = socket.writableLength > 0
      if (isFull !== isWatched) socket.setTimeout(isFull ? stalledMs : 0)
    }
  }

  function forget(this: Socket): void {
    sockets.delete(this)
  }

  const timer = setInterval(check, checkMs)
  timer.unref()
  return {
    isTooMany({ socket }, response) {
      if (!sockets.has(socket)) {
        sockets.add(socket)
        socket.once('close', forget)
      }
      // It has the connection: nothing waits before it.
      if (response.socket !== null) return false
      // What was read together with the one that was too many.
      if (socket.destroyed) return true
      const count = (waiting.get(socket) ?? 0) + 1
      waiting.set(socket, count)
      response.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1))
      if (count <= mostWaiting) return false
      socket.destroy()
      return true
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
