/** Lets a server of the tests listen on a free port of the loopback interface. */
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

export interface Listening extends AsyncDisposable {
  readonly port: number
  /** `http://127.0.0.1:PORT` */
  readonly url: string
}

/** @param host another address to listen on; the URL names it @param scheme of the URL */
export async function listenOnFreePort(server: Server, host = '127.0.0.1', scheme = 'http'): Promise<Listening> {
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `${scheme}://${host}:${port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      if ('closeAllConnections' in server) (server as Server & { closeAllConnections(): void }).closeAllConnections()
      await closed
    },
  }
}
