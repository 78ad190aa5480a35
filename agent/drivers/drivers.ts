/** Opens the driver that a specification names: `virtual[:KIND]?…`, `snmp://…`, `ipp://…`, with SNMP beside it or not, or the configuration file's form for SNMPv3. */
import { type Clock, type Log, UsageError } from '@fairlead/base'
import type { Driver } from './driver.ts'
import { openIppDriver } from './ipp.ts'
import { openIppAndSnmpDriver } from './ipp-and-snmp.ts'
import { readIppAndSnmpForm, readIppAndSnmpUrl } from './ipp-and-snmp-target.ts'
import { readIppUrl } from './ipp-target.ts'
import { openSnmpDriver } from './snmp.ts'
import { readSnmpForm, readSnmpUrl, type SnmpUserForm } from './snmp-target.ts'
import { openVirtualDriver } from './virtual.ts'

export type { Capabilities, Driver } from './driver.ts'
export { printObjects } from './print-objects.ts'

export type DriverSpec = string | SnmpUserForm

export interface DriverNeeds {
  clock: Clock
  log: Log
  /** A folder of this device's own, where a virtual printer keeps its counters; without it they end with the process. */
  data?: string
}

/** @throws {UsageError} one sentence, without the secrets that the specification may hold */
export async function openDriver(spec: DriverSpec, needs: DriverNeeds): Promise<Driver> {
  if (typeof spec !== 'string')
    return isIpp(Object(spec).url)
      ? openIppAndSnmpDriver(readIppAndSnmpForm(spec), needs)
      : openSnmpDriver(readSnmpForm(spec), needs)
  if (/^virtual(?:[:?]|$)/.test(spec)) return await openVirtualDriver(spec, needs)
  if (spec.startsWith('snmp:')) return openSnmpDriver(readSnmpUrl(spec), needs)
  if (isIpp(spec))
    return spec.includes('?')
      ? openIppAndSnmpDriver(readIppAndSnmpUrl(spec), needs)
      : openIppDriver(readIppUrl(spec), needs)
  const scheme = /^[a-z][\w+.-]*/i.exec(spec)?.[0] ?? ''
  throw new UsageError(
    `There is no driver "${scheme}": use virtual, snmp://HOST?community=…, ipp://HOST or ipp://HOST?community=….`,
  )
}

/** The configuration file's form is checked when it is read; before that it may be anything. */
const isIpp = (url: unknown) => typeof url === 'string' && /^ipps?:/i.test(url)
