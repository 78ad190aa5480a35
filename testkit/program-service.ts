/** A service that hosts programs: it checks each signature as anybody would, and answers what the test says. */
import { createServer, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { ProgramCall } from '@fairlead/protocol/contract'
import { Webhook } from 'standardwebhooks'
import { listenOnFreePort } from './listen.ts'

export interface CallReceived {
  /** `webhook-id`. */
  id: string
  call: ProgramCall
}

export type Decide = (call: ProgramCall, response: ServerResponse) => object | undefined

export interface ProgramService extends AsyncDisposable {
  readonly url: string
  trust(secret: string): void
  readonly received: readonly CallReceived[]
  /** What it answers; `undefined`: the response is the test's to end. */
  decide: Decide
}

export async function openProgramService(): Promise<ProgramService> {
  const received: CallReceived[] = []
  const secrets: string[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    if (!secrets.some((secret) => isSigned(secret, body, headers))) return response.writeHead(401).end()
    const call: ProgramCall = JSON.parse(body)
    received.push({ id: headers['webhook-id'] ?? '', call })
    const answer = service.decide(call, response)
    return answer && response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  const listening = await listenOnFreePort(server)
  const service: ProgramService = {
    url: listening.url,
    trust: (secret) => void secrets.push(secret),
    received,
    decide: () => ({ done: { title: 'Done', lines: [] } }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await listening[Symbol.asyncDispose]()
    },
  }
  return service
}

function isSigned(secret: string, body: string, headers: Record<string, string>): boolean {
  try {
    return new Webhook(secret).verify(body, headers) !== undefined
  } catch {
    // Of another program, then.
    return false
  }
}
