/** How `fairlead agent mode` reaches a running agent: HTTP on loopback, with a token that only the folder's owner can read. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'

const Note = z.object({ port: z.int(), token: z.string(), pid: z.int() })
const Order = z.object({ id: z.string().optional(), on: z.boolean() })
export type Order = z.infer<typeof Order>

const fileName = 'control.json'
const maxOrderBytes = 4096

/** @returns the devices whose mode it was; or the sentence why not */
export type CarryOut = (order: Order) => { devices: string[] } | { refused: string }

/** Listens on a free port of loopback; the note in `folder` says which. */
export async function openControl(folder: string, carryOut: CarryOut): Promise<AsyncDisposable> {
  const token = randomBytes(32).toString('base64url')
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = []
    let bytes = 0
    request.on('data', (part: Buffer) => {
      bytes += part.length
      if (bytes > maxOrderBytes) request.destroy()
      else parts.push(part)
    })
    request.on('end', () => {
      const [status, body] = obey(request, Buffer.concat(parts).toString(), token, carryOut)
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const path = join(folder, fileName)
  const { port } = server.address() as AddressInfo
  // Whole or not at all: a reader never sees half of it.
  writeFileSync(`${path}.new`, JSON.stringify({ port, token, pid: process.pid }), { mode: 0o600 })
  renameSync(`${path}.new`, path)
  return {
    async [Symbol.asyncDispose]() {
      rmSync(path, { force: true })
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function obey(
  request: http.IncomingMessage,
  body: string,
  token: string,
  carryOut: CarryOut,
): [number, Record<string, unknown>] {
  if (!isEqual(request.headers.authorization ?? '', `Bearer ${token}`)) return [401, { refused: 'Wrong token.' }]
  if (request.method !== 'POST' || request.url !== '/mode') return [404, { refused: 'Unknown order.' }]
  const order = Order.safeParse(safeJson(body))
  if (!order.success) return [400, { refused: 'Unknown order.' }]
  const done = carryOut(order.data)
  return ['refused' in done ? 409 : 200, done]
}

function isEqual(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** @returns undefined when no agent runs with that folder */
export async function sendOrder(folder: string, order: Order): Promise<ReturnType<CarryOut> | undefined> {
  let note: z.infer<typeof Note>
  try {
    note = Note.parse(JSON.parse(readFileSync(join(folder, fileName), 'utf8')))
  } catch {
    return undefined
  }
  try {
    const answer = await fetch(`http://127.0.0.1:${note.port}/mode`, {
      method: 'POST',
      headers: { authorization: `Bearer ${note.token}` },
      body: JSON.stringify(order),
      signal: AbortSignal.timeout(5000),
    })
    // Another program has the port of an agent that was killed: the note is an old one.
    if (answer.status === 401) return undefined
    return (await answer.json()) as ReturnType<CarryOut>
  } catch {
    return undefined
  }
}
