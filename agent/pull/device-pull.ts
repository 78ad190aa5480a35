/** The pull services of one device, put together of what the device has. */
import type { Clock, Log, Random } from '@fairlead/base'
import type { Driver } from '../drivers/driver.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { DeviceRecord } from '../memory/device-record.ts'
import type { Memory } from '../memory/memory.ts'
import { createSaneScanner } from '../scanning/sane.ts'
import type { HttpClient } from '../uplink/http-client.ts'
import { createPullFiles } from './files.ts'
import { createPull, type Pull } from './pull.ts'
import { createCallService } from './service-call.ts'

export interface DevicePullNeeds {
  /** The agent's data folder. */
  folder: string
  record: DeviceRecord
  memory: Pick<Memory, 'pullsOf'>
  driver: Pick<Driver, 'printing' | 'scanner'>
  jobs: Pick<Jobs, 'printOwn' | 'find'>
  http: Pick<HttpClient, 'exchange'>
  environment: Readonly<Record<string, string | undefined>>
  clock: Clock
  random: Random
  log: Log
}

export function createDevicePull({
  folder,
  record,
  memory,
  driver,
  http,
  environment,
  ...needs
}: DevicePullNeeds): Pull {
  const { id, services, scanner: device } = record
  return createPull({
    ...needs,
    store: memory.pullsOf(id),
    files: createPullFiles(folder, id),
    services,
    callService: createCallService(http),
    printing: driver.printing,
    // Who names one means that one.
    scanner: device === null ? driver.scanner : createSaneScanner({ device, clock: needs.clock, environment }),
  })
}
