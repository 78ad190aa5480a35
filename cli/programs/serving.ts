/** Takes the relay's calls, where their signature is good, and the scans of devices. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Failure, type Log } from '@fairlead/base'
import { check, ProgramCall, readJson } from '@fairlead/protocol/contract'
import { NoRelayError, RelayError } from '@fairlead/sdk'
import { Webhook } from 'standardwebhooks'
import type { HostedProgram } from './hosted.ts'
import { answer, type createScanDoor } from './scan-door.ts'

export interface ServingNeeds {
  hosted: readonly HostedProgram[]
  /** Of a program; undefined: it is not offered yet. */
  secretOf(program: string): string | undefined
  scans: ReturnType<typeof createScanDoor>
  log: Log
}

/** The relay's own bound is 64 KiB of what a device sends; the rest says who it is. */
const mostCallBytes = 128 * 1024

export function createServing({ hosted, secretOf, scans, log }: ServingNeeds) {
  const byName = new Map(hosted.map((program) => [program.offer.program, program]))

  async function call(program: HostedProgram, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request)
    const secret = secretOf(program.offer.program)
    const callId = secret === undefined ? undefined : signedId(secret, text, request)
    if (callId === undefined) return answer(response, 401, { message: 'The signature is not good.' })
    const asked = check(ProgramCall, readJson(text), 'body')
    if (asked.program !== program.offer.program) return answer(response, 404, { message: 'That is another program.' })
    answer(response, 200, asked.type === 'launch' ? {} : await program.run(asked, callId))
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    const [, room, id = ''] = /^\/(programs|scans)\/([\w.-]{1,64})$/.exec(url.split('?')[0] ?? '') ?? []
    const program = room === 'programs' ? byName.get(id) : undefined
    if (program && method === 'POST') return call(program, request, response)
    if (room === 'scans' && method === 'POST') return scans.take(id, request, response)
    if (room === 'scans' && method === 'GET') return scans.show(id, response)
    answer(response, 404, { message: 'There is nothing here.' })
  }

  return createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (response.headersSent) return response.destroy()
      if (error instanceof Failure) return answer(response, 400, { message: error.message })
      if (error instanceof NoRelayError || error instanceof RelayError)
        log.warn('programs.no-relay', 'The relay could not be asked.', { why: error.message })
      else log.error('programs.failed', 'A call could not be answered.', error)
      return answer(response, 503, { message: 'Not at the moment.' })
    })
  })
}

/** @returns the ID of the call, which is part of what is signed; undefined: it is not the relay's, or an old one */
function signedId(secret: string, text: string, { headers }: IncomingMessage): string | undefined {
  const told = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
  try {
    new Webhook(secret).verify(text, told)
    return told['webhook-id']
  } catch {
    // It says nothing of why, and nobody but the relay has a use for that.
    return undefined
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > mostCallBytes) throw new Failure('too-large', `A call has ${mostCallBytes} bytes at most.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
