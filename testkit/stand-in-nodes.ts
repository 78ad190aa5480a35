/** Servers that play the nodes of a relay for a balancer: each takes what it is asked, or does what goes wrong with nodes. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import { listenOnFreePort } from './listen.ts'
import { startProcess } from './process.ts'
import { untilItListens } from './proxy-program.ts'
import { until } from './until.ts'

/** What a node does with a request: it answers, breaks the connection, says that it cannot act, or says nothing. */
export type Manner = 'serves' | 'breaks-off' | 'refuses' | 'says-nothing'

export interface StandIn {
  readonly url: string
  manner: Manner
  isReady: boolean
  /** `METHOD TARGET LENGTH` of each request that has arrived whole, without those for `/readyz`. */
  readonly heard: string[]
  /** Takes no connection any more. */
  close(): Promise<void>
}

export interface StandIns extends AsyncDisposable {
  readonly nodes: readonly StandIn[]
  readonly urls: readonly string[]
  heard(): string[]
}

export async function openStandIns(count = 3): Promise<StandIns> {
  await using building = new AsyncDisposableStack()
  const nodes: StandIn[] = []
  for (let at = 0; at < count; at++) nodes.push(await openOne(building))
  const built = building.move()
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    heard: () => nodes.flatMap(({ heard }) => heard),
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

async function openOne(building: AsyncDisposableStack): Promise<StandIn> {
  const server: Server = createServer(async (request, response) => {
    if (request.url === '/readyz') return response.writeHead(node.isReady ? 200 : 503).end()
    let length = 0
    for await (const part of request) length += part.length
    node.heard.push(`${request.method} ${request.url} ${length}`)
    behave(node.manner, response)
    return undefined
  })
  const listening = building.use(await listenOnFreePort(server))
  const node: StandIn = {
    url: listening.url,
    manner: 'serves',
    isReady: true,
    heard: [],
    close: async () => listening[Symbol.asyncDispose](),
  }
  return node
}

function behave(manner: Manner, response: ServerResponse): void {
  if (manner === 'serves') response.end('done')
  if (manner === 'refuses') response.writeHead(503).end('not me')
  if (manner === 'breaks-off') response.socket?.destroy()
}

/** A machine that is gone, as far as others see: it does not even refuse a connection. */
export async function openGoneMachine(port: number): Promise<AsyncDisposable> {
  await using building = new AsyncDisposableStack()
  // Python, since Node takes every connection: this one takes none, and the kernel has room for one.
  const script = `
import socket, signal
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', ${port}))
s.listen(0)
signal.pause()`
  const machine = building.use(await startProcess('python3', ['-c', script]))
  await untilItListens('the machine', machine, port)
  const fillers = building.use(await startProcess('python3', ['-c', fillerOf(port)]))
  await until('it has no room left', () => fillers.output().stdout.includes('full'))
  const built = building.move()
  return { [Symbol.asyncDispose]: () => built.disposeAsync() }
}

/** Connects until that takes too long, and keeps what it has. */
function fillerOf(port: number): string {
  return `
import socket, signal
kept = []
while True:
    s = socket.socket(); s.settimeout(0.5)
    try: s.connect(('127.0.0.1', ${port}))
    except socket.timeout: break
    kept.append(s)
print('full', flush=True)
signal.pause()`
}
