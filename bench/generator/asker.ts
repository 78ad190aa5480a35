/** Who asks the devices: a service at the API, or a component of an XMPP server. */
import type { Device } from './device.ts'

export interface Asker {
  /** Asks one device; `done` is called once, with whether its own answer came back. */
  ask(device: Device, done: (isGood: boolean) => void): void
  /** What the last answer that was not good said. */
  readonly lastTrouble: string
  close(): void
}
