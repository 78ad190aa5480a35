/** The address of the device's own page, as a terminal in its network reaches it (C5). */
import { localNetworks } from '../addresses.ts'

/** Where the page really listens. */
export interface Listening {
  host: string
  port: number
}

/** RFC 1918, RFC 3927, RFC 4193: what the relay lets terminals be sent to. */
const privateAddress = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|f[cd])/

/** @returns undefined: no other machine reaches it, or only over the internet */
export function localUrlOf(listening: Listening | undefined): string | undefined {
  if (!listening) return undefined
  const { host, port } = listening
  const own = localNetworks().map((text) => text.split('/')[0] ?? '')
  const isEverywhere = host === '0.0.0.0' || host === '::'
  // `0.0.0.0` is everywhere in IPv4 only.
  const candidates = own.filter((address) =>
    isEverywhere ? host === '::' || !address.includes(':') : address === host,
  )
  const address = candidates.sort(ipv4First).find((candidate) => privateAddress.test(candidate))
  if (address === undefined) return undefined
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}/pair`
}

function ipv4First(one: string, other: string): number {
  return Number(one.includes(':')) - Number(other.includes(':'))
}
