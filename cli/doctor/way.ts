/** Is there a way at all: a proxy, a name, a connection? */
import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import { type Finding, ok, trouble, unknown } from './finding.ts'
import type { HttpProxy } from './proxy.ts'

/** Where the first connection really goes: the proxy, or the relay itself. */
export interface FirstHop {
  host: string
  port: number
  /** `the proxy proxy.example` or `relay.example`. */
  shown: string
}

export function firstHopOf(relay: URL, proxy: HttpProxy | undefined): FirstHop {
  const url = proxy?.url ?? relay
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  return { host, port, shown: proxy ? `the proxy ${host}` : host }
}

export function checkProxy(proxy: HttpProxy | undefined): Finding {
  if (proxy === undefined) return ok('proxy', 'No HTTP proxy is set in the environment for this address.')
  return ok('proxy', `${proxy.variable} sends this through the HTTP proxy ${proxy.shown}.`, {
    proxy: proxy.shown,
    variable: proxy.variable,
  })
}

export async function checkName({ host, shown }: FirstHop): Promise<Finding> {
  if (isIP(host)) return ok('name', `${shown} is an address: no name to look up.`)
  try {
    const addresses = (await lookup(host, { all: true })).map(({ address }) => address)
    return ok('name', `${shown} is ${addresses.join(', ')}.`, { addresses })
  } catch (error) {
    const { code = 'UNKNOWN' } = error as NodeJS.ErrnoException
    if (code === 'EAI_AGAIN')
      return trouble(
        'name',
        `${shown}: no name server answers.`,
        "Check this machine's network and its DNS settings.",
        { code },
      )
    return trouble(
      'name',
      `${shown}: there is no such name here.`,
      'Check the spelling, and whether this network has a DNS of its own.',
      { code },
    )
  }
}

const connectWithinMs = 8000

const connectionWords: Record<string, [says: string, todo: string]> = {
  ECONNREFUSED: ['refuses connections', 'Nothing listens on that port: is the relay running, and is the port right?'],
  EHOSTUNREACH: ['cannot be reached', 'There is no route to it: check the cable or Wi-Fi, the gateway and the VPN.'],
  ENETUNREACH: ['cannot be reached', 'There is no route to it: check the cable or Wi-Fi, the gateway and the VPN.'],
  ETIMEDOUT: ['does not answer', 'A firewall probably drops the connection: allow outbound TCP to that port.'],
}

export async function checkConnection({ host, port, shown }: FirstHop): Promise<Finding> {
  const startedAtMs = performance.now()
  const code = await tryToConnect(host, port)
  const ms = Math.round(performance.now() - startedAtMs)
  if (code === undefined)
    return ok('connection', `${shown} accepts connections on port ${port} (${ms} ms).`, { port, ms })
  const [says, todo] = connectionWords[code] ?? [
    `cannot be connected to (${code})`,
    'Check the address and the firewall.',
  ]
  return trouble('connection', `${shown} ${says} on port ${port}.`, todo, { port, code })
}

/** @returns undefined when it is connected, else why not */
function tryToConnect(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const finish = (code?: string) => {
      socket.destroy()
      resolve(code)
    }
    socket.setTimeout(connectWithinMs, () => finish('ETIMEDOUT'))
    socket.on('connect', () => finish())
    // Several addresses were tried in vain: the first one's reason stands for all.
    socket.on('error', (error: NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] }) =>
      finish(error.code ?? error.errors?.[0]?.code ?? 'UNKNOWN'),
    )
  })
}

export function notAsked(checks: readonly Finding['check'][]): Finding[] {
  return checks.map((check) => unknown(check, 'Not looked at: what is named above stands in the way.'))
}
