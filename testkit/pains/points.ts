/** Railway points for TCP: one port whose connections are led somewhere else from one moment to the next. */
import { connect, createServer, type Socket } from 'node:net'
import { listenOnFreePort } from '../listen.ts'

export interface PointsOptions {
  /** The address from which the other side sees them come: `127.0.0.2`. */
  from?: string
}

export interface Points extends AsyncDisposable {
  readonly port: number
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly counts: { turnedAway: number }
  /** Cuts all that is there and leads what comes to `target`; undefined: whoever comes is cut off. */
  lead(target: string | undefined): void
}

export async function openPoints(target: string | undefined, options: PointsOptions = {}): Promise<Points> {
  const sockets = new Set<Socket>()
  const counts = { turnedAway: 0 }
  let to = target

  const server = createServer((near) => {
    near.on('error', () => {})
    if (to === undefined) {
      counts.turnedAway++
      near.resetAndDestroy()
      return
    }
    const { hostname, port } = new URL(to)
    const far = connect({ host: hostname, port: Number(port), ...(options.from && { localAddress: options.from }) })
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket)
          near.destroy()
          far.destroy()
        })
    }
  })
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }

  const listening = await listenOnFreePort(server)
  return {
    port: listening.port,
    url: listening.url,
    counts,
    lead(elsewhere) {
      to = elsewhere
      cut()
    },
    async [Symbol.asyncDispose]() {
      cut()
      await listening[Symbol.asyncDispose]()
    },
  }
}
