/** Slow clients: thousands of sockets that send or read a byte now and then, and hope to be waited for. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { SlowManner, SlowPlan, SlowResult } from './plans.ts'

interface Manner {
  /** Said at once. */
  start: string | Buffer
  /** Then, byte by byte and round and round. */
  slowly: Buffer
  /** Takes nothing of what it asked for. */
  isSlowReader?: true
}

const head = (line: string, ...headers: string[]) => [line, 'Host: localhost', ...headers, ''].join('\r\n')
const long = 'Content-Length: 200000'

const manners: Record<SlowManner, Manner> = {
  headers: { start: head('POST /http-bind HTTP/1.1'), slowly: Buffer.from('X-Slow: a\r\n') },
  'bosh-body': { start: `${head('POST /http-bind HTTP/1.1', long)}\r\n<body `, slowly: Buffer.from("x='1' ") },
  'api-body': {
    start: `${head('POST /device/v1/survival HTTP/1.1', long)}\r\n{"sid":"`,
    slowly: Buffer.from('a'),
  },
  reading: {
    start: `${head('GET /v1/openapi.json HTTP/1.1')}\r\n`.repeat(8),
    slowly: Buffer.alloc(0),
    isSlowReader: true,
  },
  websocket: {
    start: Buffer.concat([
      Buffer.from(
        `${head(
          'GET /xmpp-websocket HTTP/1.1',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
          'Sec-WebSocket-Protocol: xmpp',
        )}\r\n`,
      ),
      // A text message of 20,000 bytes, masked with zeros.
      Buffer.from([0x81, 0xfe, 0x4e, 0x20, 0, 0, 0, 0]),
    ]),
    slowly: Buffer.from('<'),
  },
  // A record of 16 KiB with a hello in it.
  'tls-hello': { start: Buffer.from([0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3]), slowly: Buffer.from([7]) },
  silence: { start: '', slowly: Buffer.alloc(0) },
}

/** Enough for the end of a connection that was cut, not for all that a living one would still bring. */
const hearMs = 1000

/** Opens its sockets in a second or so, and goes when the last of them is cut or the time is over. */
export async function playSlow(plan: SlowPlan, stopped: AbortSignal): Promise<SlowResult> {
  const { hostname, port } = new URL(plan.url)
  const counts: SlowResult = {}
  const open = new Map<Socket, { manner: Manner; at: number }>()

  async function openOne(n: number): Promise<void> {
    const name = plan.manners[n % plan.manners.length] ?? 'silence'
    const manner = manners[name]
    counts[name] ??= { opened: 0, cut: 0, longestMs: 0 }
    const count = counts[name]
    const socket = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: false })
    const startMs = performance.now()
    // Being reset is one way to be cut.
    socket.on('error', () => {})
    socket.on('close', () => {
      if (!open.delete(socket)) return
      count.cut++
      count.longestMs = Math.round(performance.now() - startMs)
    })
    if (manner.isSlowReader) socket.pause()
    else socket.resume()
    open.set(socket, { manner, at: 0 })
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
    count.opened++
    socket.write(manner.start)
  }

  for (let n = 0; n < plan.sockets && !stopped.aborted; n += 50) {
    await Promise.all(Array.from({ length: Math.min(50, plan.sockets - n) }, (_, at) => openOne(n + at)))
    await pause(10)
  }
  const allCut = new AbortController()
  const timer = setInterval(() => {
    if (open.size === 0) allCut.abort()
    for (const [socket, state] of open) {
      const { slowly } = state.manner
      if (slowly.length > 0) socket.write(slowly.subarray(state.at % slowly.length, (state.at++ % slowly.length) + 1))
    }
  }, plan.everyMs)
  const ended = AbortSignal.any([stopped, allCut.signal, AbortSignal.timeout(plan.seconds * 1000)])
  if (!ended.aborted) await once(ended, 'abort')
  clearInterval(timer)
  // Who does not read hears only now that it was cut.
  const readers = [...open].filter(([, { manner }]) => manner.isSlowReader)
  for (const [socket] of readers) socket.resume()
  if (readers.length > 0) await pause(hearMs)
  for (const socket of [...open.keys()]) {
    open.delete(socket)
    socket.destroy()
  }
  return counts
}
