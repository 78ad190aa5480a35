/** A way to the relay that writes down what is called over it, and changes nothing. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RecordingDoor extends AsyncDisposable {
  url: string
  /** `GET /device/v1/…`, in the order in which they came. */
  calls: string[]
}

export async function openRecordingDoor(relayUrl: string): Promise<RecordingDoor> {
  const calls: string[] = []
  const { hostname, port } = new URL(relayUrl)
  const server = http.createServer((request, response) => {
    const { method = 'GET', url = '/', headers } = request
    calls.push(`${method} ${url}`)
    const onward = http.request({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
