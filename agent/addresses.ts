/** The addresses of this machine on its own networks, as told to the relay at registration. */
import { networkInterfaces } from 'node:os'

/** Loopback and link-local IPv6 say nothing about where the device can be reached. */
export function localAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address)
    .slice(0, 64)
}
