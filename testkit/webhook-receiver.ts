/** A service that takes webhooks: it checks each signature with the library that anybody would use, and can be down, or refuse. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { findFreePort } from './ports.ts'

export interface Received {
  /** `webhook-id`: the same for each try. */
  id: string
  body: Record<string, unknown>
}

export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string
  /** Whose signatures are good. */
  trust(secret: string): void
  /** What came and was signed well; what was answered with a refusal too. */
  readonly received: readonly Received[]
  /** What came and was not. */
  readonly forged: readonly unknown[]
  /** Of those of this type, as its body says. */
  ofType(type: string): Received[]
  /** 204 at first; nothing: the call is held. */
  answerWith(status: number | undefined): void
  /** Nothing listens there any more, or again. */
  close(): Promise<void>
  open(): Promise<void>
}

export async function openWebhookReceiver(): Promise<WebhookReceiver> {
  const port = await findFreePort()
  const received: Received[] = []
  const forged: unknown[] = []
  const secrets = new Set<string>()
  let answer: number | undefined = 204
  let server: Server | undefined

  function isSigned(payload: string, headers: Record<string, string>): boolean {
    return [...secrets].some((secret) => {
      try {
        return new Webhook(secret).verify(payload, headers) !== undefined
      } catch {
        // Of another secret, then: only if none fits it is told.
        return false
      }
    })
  }

  async function open(): Promise<void> {
    server = createServer(async (request, response) => {
      const payload = await text(request)
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      if (isSigned(payload, headers)) received.push({ id: headers['webhook-id'] ?? '', body: JSON.parse(payload) })
      else forged.push({ headers, payload })
      if (answer !== undefined) response.writeHead(answer).end()
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }

  async function close(): Promise<void> {
    if (!server?.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }

  await open()
  return {
    url: `http://127.0.0.1:${port}/orders`,
    trust: (secret) => void secrets.add(secret),
    received,
    forged,
    ofType: (type) => received.filter(({ body }) => body['type'] === type),
    answerWith(status) {
      answer = status
    },
    open,
    close,
    [Symbol.asyncDispose]: close,
  }
}
