/** What the room of IPP leans on. */
import type { Clock, Log } from '@fairlead/base'
import type { Device } from '@fairlead/protocol/contract'
import type { Caller } from '../http/route.ts'
import type { Jobs } from '../jobs/jobs.ts'

export interface IppNeeds {
  jobs: Pick<
    Jobs,
    'make' | 'whose' | 'begin' | 'bring' | 'giveUp' | 'mustFit' | 'list' | 'cancel' | 'change' | 'printing'
  >
  /** @throws {Failure} `unknown-device`, also of another tenant's */
  showDevice(caller: Caller, device: string): Promise<Device>
  /** Has the device show itself. @throws {Failure} as a command does */
  identify(caller: Caller, device: Device): Promise<void>
  publicUrl(): string
  clock: Clock
  log: Log
}
