/** What a stream is told at its beginning, and whose it becomes. */
import type { Random } from '@fairlead/base'

/** Who logged in. An anonymous session is no device: nothing is ever sent to it. */
export interface Account {
  kind: 'device' | 'anonymous'
  /** The local part of its JID. */
  id: string
}

export interface StreamSettings {
  domain: string
  version: string
  transport: 'bosh' | 'websocket'
  /** The stream's id once the device has logged in; before that, every header has one of its own (RFC 6120 §4.7.3). */
  streamId: string
  /** PLAIN would not show the secret to the network. */
  plain: boolean
  anonymous: boolean
  /** The device that the connection's client certificate names: EXTERNAL is for it alone. */
  certifiedDevice: string | undefined
  /** From which the keys of accounts that do not exist are made. */
  fakeKey: Uint8Array
  /** Of the keys of devices, so that made-up ones look the same. */
  iterations: number
  random: Random
}
