/** The addresses of this machine on its own networks, as told to the relay. */
import { networkInterfaces } from 'node:os'

const most = 64

/** At registration. Link-local IPv6 says nothing about where the device can be reached. */
export function localAddresses(): string[] {
  return outer()
    .filter(({ address }) => !address.startsWith('fe80:'))
    .map(({ address }) => address)
    .slice(0, most)
}

/** With the lengths of their prefixes, `192.168.1.20/24`: by those the relay sees who is in the same network. */
export function localNetworks(): string[] {
  return outer()
    .map(({ address, cidr }) => cidr ?? address)
    .slice(0, most)
}

function outer() {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal)
}
