/** Between a device and several nodes: its session goes to one, its plain calls to another, as no balancer would do it on purpose. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { listenOnFreePort } from './listen.ts'

export interface SplitWay extends AsyncDisposable {
  readonly url: string
  /** Of documents, to the device. */
  documentBytes(): number
  /** Something with this text in it has been pushed to the device. */
  hasPushed(text: string): boolean
}

export interface SplitWayOptions {
  /** Where the session is, as long as that is there. */
  session(): string
  calls(): string
  /** Of documents; 0: no limit. */
  bytesPerSecond?: number
}

export async function openSplitWay({ session, calls, bytesPerSecond = 0 }: SplitWayOptions): Promise<SplitWay> {
  let documentBytes = 0
  let pushed = ''

  async function carry(answer: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    for await (const piece of answer) {
      if (path === '/http-bind') pushed += String(piece)
      if (path.endsWith('/document')) {
        documentBytes += piece.length
        if (bytesPerSecond > 0) await pause((piece.length / bytesPerSecond) * 1000)
      }
      response.write(piece)
    }
    response.end()
  }

  const server = createServer({ requestTimeout: 0 }, (incoming, response) => {
    const path = incoming.url ?? '/'
    const target = new URL(path, path === '/http-bind' ? session() : calls())
    const { method = 'GET', headers } = incoming
    const outgoing = request(target, { method, headers, agent: false }, (answer) => {
      // Its node has died in the middle: to the device it is a broken connection.
      carry(answer, response, path).catch(() => response.destroy())
    })
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  })
  const { url, [Symbol.asyncDispose]: close } = await listenOnFreePort(server)
  return {
    url,
    documentBytes: () => documentBytes,
    hasPushed: (text) => pushed.includes(text),
    [Symbol.asyncDispose]: close,
  }
}
