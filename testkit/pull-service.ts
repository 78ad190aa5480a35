/** A service that devices ask first (A14): it gives content and takes scans, as each test wants it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { type Listening, listenOnFreePort } from './listen.ts'

export interface Asked {
  method: string
  path: string
  headers: IncomingMessage['headers']
  /** All of what was sent, as soon as it has come. */
  body: Buffer
}

type Answer = (response: ServerResponse, request: IncomingMessage, asked: Asked) => unknown

export interface PullServiceOfTest extends Listening {
  /** What came, also what is not answered yet. */
  readonly asked: readonly Asked[]
  of(path: string): Asked[]
  /** From now on. What nothing was said of is 404. */
  answer(path: string, answer: Answer): void
}

export async function openPullService(): Promise<PullServiceOfTest> {
  const asked: Asked[] = []
  const answers = new Map<string, Answer>()
  const server = createServer(async (request, response) => {
    const path = request.url ?? ''
    const one: Asked = { method: request.method ?? '', path, headers: request.headers, body: Buffer.alloc(0) }
    try {
      one.body = await buffer(request)
    } catch {
      // It was killed while it sent.
      return
    }
    asked.push(one)
    const answer = answers.get(path)
    if (answer) await answer(response, request, one)
    else response.writeHead(404).end()
  })
  const listening = await listenOnFreePort(server)
  return {
    ...listening,
    asked,
    of: (path) => asked.filter((one) => one.path === path),
    answer: (path, answer) => void answers.set(path, answer),
  }
}

/** Content, by ranges where it is asked for so. */
export function give(content: Uint8Array, type: string, headers: Record<string, string> = {}): Answer {
  return (response, request) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const isSame = request.headers['if-range'] === headers['etag']
    const rest = isSame ? content.subarray(from) : content
    const range = isSame && from > 0
    const ranged = range && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }
    response.writeHead(range ? 206 : 200, {
      'content-type': type,
      'content-length': rest.length,
      ...headers,
      ...ranged,
    })
    response.end(rest)
  }
}

export function say(status: number, body: object, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
}
