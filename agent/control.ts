/** How `fairlead agent mode`, `pin`, `reset` and `trust` reach a running agent: HTTP on loopback, with a token that only the folder's owner can read. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { inBackground, type Log } from '@fairlead/base'
import { z } from 'zod'
import type { TrustedKey } from './trust.ts'

const Note = z.object({ port: z.int(), token: z.string(), pid: z.int() })
/** What may be ordered, and what is said for it; without an ID all devices are meant. */
const orders = {
  mode: z.object({ id: z.string().optional(), on: z.boolean() }),
  pin: z.object({ id: z.string().optional(), onPaper: z.boolean().optional() }),
  reset: z.object({ id: z.string() }),
  trust: z.object({ id: z.string().optional(), key: z.string().optional() }),
}
type OrderName = keyof typeof orders
type Order<Name extends OrderName> = z.infer<(typeof orders)[Name]>

interface Answers {
  mode: { devices: string[] }
  /** `pin` null: it shows none. `isPrinted`: now, on paper. */
  pin: { devices: { id: string; pin: string | null; isPrinted: boolean }[] }
  /** When it is free, unless its owner objects. */
  reset: { id: string; dueAt: string | null }
  /** As it is now, of devices with a printer over TLS. */
  trust: { devices: TrustedKey[] }
}

const fileName = 'control.json'
const maxOrderBytes = 4096
/** Longer than an agent waits for its relay. */
const waitMs = 20_000

/** What is done for each order; or the sentence why not. */
export type CarryOut = { [Name in OrderName]: (order: Order<Name>) => Done<Name> | Promise<Done<Name>> }
type Done<Name extends OrderName> = Answers[Name] | { refused: string }

/** Listens on a free port of loopback; the note in `folder` says which. */
export async function openControl(folder: string, carryOut: CarryOut, log: Log): Promise<AsyncDisposable> {
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
      inBackground(log, 'control.failed', async () => {
        const [status, body] = await obey(request, Buffer.concat(parts).toString(), token, carryOut)
        const headers = { 'content-type': 'application/json', connection: 'close' }
        response.writeHead(status, headers).end(JSON.stringify(body))
      })
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

async function obey(
  request: http.IncomingMessage,
  body: string,
  token: string,
  carryOut: CarryOut,
): Promise<[number, object]> {
  if (!isEqual(request.headers.authorization ?? '', `Bearer ${token}`)) return [401, { refused: 'Wrong token.' }]
  const name = (Object.keys(orders) as OrderName[]).find((each) => request.url === `/${each}`)
  if (request.method !== 'POST' || name === undefined) return [404, { refused: 'Unknown order.' }]
  const done = await carryOutOne(name, safeJson(body), carryOut)
  if (done === undefined) return [400, { refused: 'Unknown order.' }]
  return ['refused' in done ? 409 : 200, done]
}

async function carryOutOne<Name extends OrderName>(
  name: Name,
  said: unknown,
  carryOut: CarryOut,
): Promise<Done<Name> | undefined> {
  const order = orders[name].safeParse(said)
  return order.success ? carryOut[name](order.data as Order<Name>) : undefined
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
export async function sendOrder<Name extends OrderName>(
  folder: string,
  name: Name,
  order: Order<Name>,
): Promise<Done<Name> | undefined> {
  let note: z.infer<typeof Note>
  try {
    note = Note.parse(JSON.parse(readFileSync(join(folder, fileName), 'utf8')))
  } catch {
    return undefined
  }
  try {
    const answer = await fetch(`http://127.0.0.1:${note.port}/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${note.token}` },
      body: JSON.stringify(order),
      signal: AbortSignal.timeout(waitMs),
    })
    // Another program has the port of an agent that was killed: the note is an old one.
    if (answer.status === 401) return undefined
    return (await answer.json()) as Done<Name>
  } catch {
    return undefined
  }
}
