/** The address of the device's own page, as a terminal in its network reaches it (C5). */
import { localNetworks } from '../addresses.ts'

/** Where the page really listens. */
export interface Listening {
  host: string
  port: number
}

/**
 * What the relay lets terminals be sent to, the best first: RFC 1918, RFC 4193, and RFC 3927, which a machine also has where its
 * own network has given it none. To those of IPv6 that begin with fe80 no browser goes: they need a zone as well.
 */
const privateAddresses = [/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/, /^f[cd]/, /^169\.254\./]

/**
 * @param own addresses of this machine
 * @returns undefined: no other machine reaches it, or only over the internet
 */
export function localUrlOf(
  listening: Listening | undefined,
  own: readonly string[] = localNetworks(),
): string | undefined {
  if (!listening) return undefined
  const { host, port } = listening
  const isEverywhere = host === '0.0.0.0' || host === '::'
  // `0.0.0.0` is everywhere in IPv4 only.
  const candidates = own
    .map((text) => text.split('/')[0] ?? '')
    .filter((address) => (isEverywhere ? host === '::' || !address.includes(':') : address === host))
  const [address] = privateAddresses.flatMap((kind) => candidates.filter((candidate) => kind.test(candidate)))
  if (address === undefined) return undefined
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}/pair`
}

/** @returns the host of a `--listen` that would help; undefined: there is no address of a local network */
export function listenFor(own: readonly string[] = localNetworks()): string | undefined {
  if (localUrlOf({ host: '0.0.0.0', port: 0 }, own) !== undefined) return '0.0.0.0'
  return localUrlOf({ host: '::', port: 0 }, own) === undefined ? undefined : '[::]'
}
