/** A sensor that calls: a listener of its own, which stays open when everything else of the device sleeps. */
import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { Failure } from '@fairlead/base'
import type { SensorNeeds, SensorSpec } from './sensor.ts'

type HttpSpec = Extract<SensorSpec, { kind: 'http' }>

/** @throws {Failure} `unavailable` when the address is taken or not ours */
export async function openHttpSensor(spec: HttpSpec, { approach }: SensorNeeds): Promise<AsyncDisposable> {
  const limits = { requestTimeout: 5000, headersTimeout: 5000, keepAliveTimeout: 1000, maxHeaderSize: 4096 }
  const server = http.createServer(limits, (request, response) => {
    // What it says besides is nobody's business, and is not read.
    response.writeHead(answerTo(request), { connection: 'close' }).end()
  })
  function answerTo({ url = '/', method, headers }: http.IncomingMessage): number {
    const asked = new URL(url, 'http://sensor')
    if (asked.pathname !== spec.path) return 404
    if (method !== 'POST') return 405
    // A web page that somebody opens on this machine is no sensor.
    if (headers.origin !== undefined) return 403
    if (spec.token !== undefined && !isEqual(asked.searchParams.get('token') ?? '', spec.token)) return 401
    approach()
    return 202
  }
  server.maxConnections = 16
  try {
    server.listen(spec.port, spec.host)
    await once(server, 'listening')
  } catch (error) {
    throw new Failure('unavailable', `The sensor of --walk-up cannot be heard at ${spec.host}:${spec.port}.`, {
      cause: error,
    })
  }
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function isEqual(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}
