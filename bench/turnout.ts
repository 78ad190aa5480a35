/** A way to one node that can be led to another one: how much a hop costs is seen when all requests of a device take it. */
import { connect, createServer, type Socket } from 'node:net'
import { listenOnFreePort } from '../testkit/listen.ts'

export interface Turnout extends AsyncDisposable {
  readonly url: string
  /** Connections from now on; those before are cut. */
  leadTo(url: string): void
}

export async function openTurnout(first: string): Promise<Turnout> {
  let target = new URL(first)
  const sockets = new Set<Socket>()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: target.hostname, port: Number(target.port), noDelay: true })
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) {
      sockets.add(socket)
      // Whoever breaks off ends both; who asked sees it.
      socket.on('error', () => {})
      socket.on('close', () => {
        near.destroy()
        far.destroy()
        sockets.delete(socket)
      })
    }
  })
  const listening = await listenOnFreePort(server)
  return {
    url: listening.url,
    leadTo(url) {
      target = new URL(url)
      cut()
    },
    async [Symbol.asyncDispose]() {
      cut()
      await listening[Symbol.asyncDispose]()
    },
  }
}
