/** More ears for one server: libuv takes one new connection from a listening socket in each turn of the event loop. */
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

export interface Acceptors {
  readonly servers: readonly Server[]
  close(): Promise<void>
}

/**
 * When a fleet comes back, or a flood makes turns long, one connection a turn is not enough: with 20 ms a turn a queue of ten
 * thousand takes three minutes. The kernel spreads connections over all sockets that listen with `SO_REUSEPORT`.
 */
const acceptors = 15

/** Only Linux spreads them. */
export const mayShare = process.platform === 'linux'

/**
 * @param address where a server listens with `reusePort` already
 * @param take gets each connection; like an HTTP server's, its other direction stays open when one ends
 */
export async function openAcceptors(
  address: { host: string; port: number; backlog: number },
  take: (socket: Socket) => void,
): Promise<Acceptors> {
  const servers = mayShare ? Array.from({ length: acceptors }, () => openOne(take)) : []
  for (const server of servers) server.listen({ ...address, reusePort: true })
  await Promise.all(servers.map((server) => once(server, 'listening')))
  return {
    servers,
    async close() {
      await Promise.all(servers.map(closeOne))
    },
  }
}

function openOne(take: (socket: Socket) => void): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, take)
}

async function closeOne(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  await closed
}

/** A turn this short has left hardly any time in which somebody could have come. */
const shortTurnMs = 0.2
/** On a machine that is busy with other things there may be none so short: from then on any turn that brought nobody will do. */
const patienceMs = 500
const longestWaitMs = 2_000

/**
 * Waits for a moment to stop listening. Who has come and was not taken yet is reset by the kernel then, and may have sent a
 * request already: so all are closed at the end of a turn that was short and brought nobody.
 */
export async function untilNobodyComes(servers: readonly Server[]): Promise<void> {
  let came = false
  const hear = () => {
    came = true
  }
  for (const server of servers) server.prependListener('connection', hear)
  const startMs = performance.now()
  await turn()
  for (let beganMs = performance.now(); ; beganMs = performance.now()) {
    came = false
    await turn()
    const nowMs = performance.now()
    const isShort = nowMs - beganMs < shortTurnMs || nowMs - startMs > patienceMs
    if ((!came && isShort) || nowMs - startMs > longestWaitMs) break
  }
  for (const server of servers) server.off('connection', hear)
}

/** To the end of this turn of the event loop: everybody who was there at its beginning has been looked at. */
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

/**
 * With `reusePort` a second program of the same user could listen beside this one, and each would get half of the devices.
 * Without it, nobody can while somebody does.
 *
 * @throws {Error} `EADDRINUSE` and whatever else listening there would throw
 */
export async function proveFree(address: { host: string; port: number }): Promise<void> {
  const server = createServer()
  server.listen(address)
  await once(server, 'listening')
  await closeOne(server)
}
