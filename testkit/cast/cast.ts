/** The cast: devices made of stock XMPP clients that know nothing of us (N7), each a process of its own. */
import { type Start, type StartedProcess, startProcess } from '../process.ts'
import { type DeviceSettings, settingsVariable } from './settings.ts'

/** What each client speaks. */
export const cast = [
  { client: 'strophe', transport: 'bosh' },
  { client: 'strophe', transport: 'websocket' },
  { client: 'stanza', transport: 'bosh' },
  { client: 'stanza', transport: 'websocket' },
  { client: 'xmpp-js', transport: 'websocket' },
] as const

export type Role = (typeof cast)[number]

export interface StockDeviceOptions extends Omit<DeviceSettings, 'url' | 'transport' | 'resource'> {
  role: Role
  relayUrl: string
  resource?: string
  /** A file with one more authority to trust, for TLS with a certificate of our own. */
  authorityPath?: string
  /** Where it runs, if not here. */
  start?: Start
}

export interface StockDevice extends AsyncDisposable {
  readonly process: StartedProcess
  /** Waits until it is logged in and bound. @returns its full JID @throws {Error} when it is not, with its words */
  online(): Promise<string>
  /** Why it went. */
  gone(): Promise<string>
}

export async function openStockDevice(options: StockDeviceOptions): Promise<StockDevice> {
  const {
    role,
    relayUrl,
    resource = 'stock',
    start = startProcess,
    authorityPath,
    domain,
    id,
    secret,
    objects,
    comesBack,
  } = options
  const { client, transport } = role
  const url =
    transport === 'bosh'
      ? new URL('/http-bind', relayUrl).href
      : new URL('/xmpp-websocket', relayUrl).href.replace(/^http/, 'ws')
  const settings: DeviceSettings = { url, transport, domain, id, secret, resource, objects, comesBack }
  // strophe's build for browsers: its build for Node lacks the XMLHttpRequest that BOSH is made of.
  const conditions = client === 'strophe' ? ['--conditions=browser'] : []
  const file = new URL(`./${client}.ts`, import.meta.url).pathname
  const environment = { [settingsVariable]: JSON.stringify(settings), NODE_EXTRA_CA_CERTS: authorityPath }
  const process_ = await start(process.execPath, [...conditions, file], { environment })
  return {
    process: process_,
    online: async () => String((await process_.nextEvent('online'))['jid']),
    gone: async () => String((await process_.nextEvent('gone'))['reason']),
    [Symbol.asyncDispose]: () => process_[Symbol.asyncDispose](),
  }
}
