/** Every host and port that a machine needs to reach its relay, for those who run the firewall. */
import { isIP } from 'node:net'
import type { HttpProxy } from './proxy.ts'

export interface Need {
  /** Who must be let through. */
  from: 'here' | 'proxy'
  host: string
  port: number
  /** Whether `from` has to find the host's address by DNS. */
  isName: boolean
}

/** @param proxy the one that the environment prescribes */
export function listNeeds(relay: URL, proxy: HttpProxy | undefined): Need[] {
  const wanted = needOf(proxy ? 'proxy' : 'here', relay)
  return proxy ? [needOf('here', proxy.url), wanted] : [wanted]
}

function needOf(from: Need['from'], url: URL): Need {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return { from, host, port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)), isName: isIP(host) === 0 }
}

/** `Needed: from here TCP to relay.example port 443, and DNS for that name; nothing else, and nothing inbound.` */
export function renderNeeds(needs: readonly Need[]): string {
  const words = needs.map(({ from, host, port, isName }) => {
    const who = from === 'here' ? 'from here' : 'from the proxy'
    return `${who} TCP to ${host} port ${port}${isName ? ', and DNS for that name' : ''}`
  })
  return `Needed: ${words.join('; ')}; nothing else, and nothing inbound.`
}
