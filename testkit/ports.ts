/** Ports for servers that are started later, or come back at the same one: nobody else of the tests is given them meanwhile. */
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below those that the system gives to connections by itself (32768 on Linux): what is free now would else be the near end of
 * some connection by the time that its server listens.
 */
const [lowest, count] = [10_000, 22_000]

/** @returns a port of the loopback interface, for TCP and UDP, that is this process's until it ends */
export async function findFreePort(random: () => number = Math.random): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = lowest + Math.floor(random() * count)
    if ((await isOurs(port)) && (await isFree(port))) return port
  }
  throw new Error(`No free port between ${lowest} and ${lowest + count}.`)
}

/** Test files run side by side: a name that only one process can have, and the kernel takes back when that ends. Source: unix(7), abstract sockets */
async function isOurs(port: number): Promise<boolean> {
  const claim = createServer()
  claim.unref()
  return await listens(() => claim.listen(`\0fairlead-test-port-${port}`), claim)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = await listens(() => server.listen(port, '127.0.0.1'), server)
  if (free) await new Promise((closed) => server.close(closed))
  return free
}

async function listens(start: () => void, server: ReturnType<typeof createServer>): Promise<boolean> {
  start()
  try {
    await once(server, 'listening')
    return true
  } catch (error) {
    if (Object(error).code === 'EADDRINUSE') return false
    throw error
  }
}
