/** `fetch` over one family of addresses alone, which that of Node cannot: so the relay sees this machine at its other address as well. */
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { text } from 'node:stream/consumers'

export function fetchOver(family: 4 | 6): typeof fetch {
  return async (input, init) => {
    const asked = new Request(input, init)
    const body = await asked.text()
    const request = (asked.url.startsWith('https:') ? https : http).request(asked.url, {
      method: asked.method,
      headers: Object.fromEntries(asked.headers),
      signal: asked.signal,
      family,
    })
    request.end(body)
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    return new Response(await text(answer), { status: answer.statusCode ?? 502 })
  }
}
