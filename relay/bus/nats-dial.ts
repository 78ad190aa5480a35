/** One connection to NATS, from the first byte until it is lost; it is never used again after that. */
import { getCACertificates } from 'node:tls'
import { Failure } from '@fairlead/base'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { openFailure } from './nats-failure.ts'
import type { NatsAddress } from './nats-url.ts'

/** So long a server may take to greet us and let us in. */
const greetingMs = 5_000

/**
 * The library's own reconnecting and pinging are off. What it is given while it dials again it sends over the new
 * connection, when whoever asked has long been told that it failed; and when it gives a silent connection up it first
 * waits until everything is written, which on such a connection is never. Here a lost connection is lost with all
 * that is in it (`docs/decisions/2026-11-26-bus-lives.md`).
 */
function optionsFor({ servers, tls, logIn }: NatsAddress, name: string) {
  return {
    servers,
    ...logIn,
    name,
    ...(tls ? { tls: { ca: [...getCACertificates('default'), ...getCACertificates('system')].join('\n') } } : {}),
    timeout: greetingMs,
    reconnect: false,
    pingInterval: 2 ** 31 - 1,
    noAsyncTraces: true,
    ignoreClusterUpdates: true,
  }
}

/** @throws {Failure} `unavailable`, one sentence */
export async function dial(address: NatsAddress, name: string): Promise<NatsConnection> {
  let nats: NatsConnection
  try {
    nats = await connect(optionsFor(address, name))
  } catch (error) {
    throw openFailure(error, address)
  }
  const { version, headers } = nats.info ?? {}
  // Without headers it does not say that nobody has heard a request.
  if (headers) return nats
  await nats.close()
  throw new Failure(
    'unavailable',
    `NATS at ${address.servers.join(', ')} is version ${version}, which is too old: install 2.2 or newer.`,
  )
}

/**
 * The same, again and again until it succeeds.
 * @param pauseMs between two tries
 * @param isWanted asked before each
 * @throws {Failure} when it is no longer wanted, or will not succeed soon
 */
export async function dialUntilThere(
  address: NatsAddress,
  name: string,
  pauseMs: number,
  isWanted: () => boolean,
): Promise<NatsConnection> {
  try {
    return await connect({
      ...optionsFor(address, name),
      // The library frees the socket of a try that came to nothing only when it tries again itself.
      waitOnFirstConnect: true,
      reconnectDelayHandler() {
        if (!isWanted()) throw new Error('The bus was closed.')
        return pauseMs
      },
    })
  } catch (error) {
    throw openFailure(error, address)
  }
}
