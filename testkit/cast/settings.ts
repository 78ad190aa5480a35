/** What a stock client is told when it starts as a device, and what it tells; both ways as one JSON line. */

export interface DeviceSettings {
  /** `http://…/http-bind` or `ws://…/xmpp-websocket`. */
  url: string
  transport: 'bosh' | 'websocket'
  domain: string
  id: string
  secret: string
  resource: string
  /** What the device has: names or OIDs to values; a set changes them. */
  objects: Record<string, unknown>
  /** It connects again when it is cut off, as its client does that; @xmpp/client always does. */
  comesBack?: boolean | undefined
}

/** Not on the command line, where everybody on the machine could read the secret. */
export const settingsVariable = 'STOCK_DEVICE'

export function readDeviceSettings(): DeviceSettings {
  return JSON.parse(process.env[settingsVariable] ?? '')
}

/** `online` with the JID; `resumed` when it went on with its stream; `request` for each that came; `gone` with why. */
export function tell(event: 'online' | 'resumed' | 'request' | 'gone', facts: Record<string, unknown> = {}): void {
  console.log(JSON.stringify({ event, ...facts }))
}
