/** What devices and services hand to the relay's plain HTTP door, as the simulated network carries it. */
import type { DeviceResponse } from '@fairlead/protocol/contract'
import type { Asked } from '../../relay/requests/requests.ts'

/** What a device shows when it calls. */
export interface DeviceCall {
  device: string
  secret: string
  requestId?: string
  response?: DeviceResponse
  sid?: string | undefined
}

export interface FindCall {
  requestId: string
  account: string
}

export type AskCall = Omit<Asked, 'requestId'> & { tag: string; call: number }
