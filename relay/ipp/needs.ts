/** What the room of IPP leans on. */
import type { Clock, Log, Random } from '@fairlead/base'
import type { Device, RegisterBody } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import type { Caller } from '../http/route.ts'
import type { Jobs } from '../jobs/jobs.ts'

export interface IppNeeds {
  jobs: Jobs
  /** @throws {Failure} `unknown-device`, also of another tenant's */
  showDevice(caller: Caller, device: string): Promise<Device>
  /** To itself. @throws {Failure} `unknown-device` */
  showOwn(device: string): Promise<Device>
  /** Stores what the device is, as its own register process does. */
  register(device: string, told: RegisterBody): Promise<unknown>
  database: Database
  /** Has the device show itself. @throws {Failure} as a command does */
  identify(caller: Caller, device: Device): Promise<void>
  publicUrl(): string
  clock: Clock
  random: Random
  log: Log
}
