/** Ports for servers that must come back at the same one: below those that the system gives to connections. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { until } from '../../testkit/until.ts'

const lowest = 5000

/** A port that nobody listens at, and that no connection of the generator will be given. */
export async function findPort(): Promise<number> {
  const [firstGiven = 32_768] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/).map(Number)
  for (let tries = 0; tries < 100; tries++) {
    const port = lowest + Math.floor(Math.random() * (firstGiven - lowest))
    if (await isFree(port)) return port
  }
  throw new Error(`No free port between ${lowest} and ${firstGiven}.`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    // Taken by somebody else: another one is tried.
    return false
  } finally {
    server.close()
  }
}

/** Waits until somebody listens there. */
export async function listens(port: number): Promise<void> {
  await until(`somebody listens at port ${port}`, () => canConnect(port), 60_000)
}

function canConnect(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
