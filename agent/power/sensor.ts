/** What a sensor is told to be, and whom it tells. */
import type { Clock, Log } from '@fairlead/base'

export interface SensorNeeds {
  clock: Clock
  log: Log
  device: string
  approach(): void
}

export type SensorSpec =
  | { kind: 'http'; host: string; port: number; path: string; token: string | undefined }
  /** `broker` without the user and the password in it. */
  | { kind: 'mqtt'; broker: string; topic: string; user: string | undefined; password: string | undefined }
  | { kind: 'gpio'; chip: string; line: string; isActiveLow: boolean }
