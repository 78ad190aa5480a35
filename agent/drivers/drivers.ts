/** Opens the driver that a specification names: `virtual[:KIND]?…`, `snmp://…`, `ipp://…`, with SNMP beside it or not, or the configuration file's form for SNMPv3. */
import { UsageError } from '@fairlead/base'
import type { Driver, DriverNeeds } from './driver.ts'
import { openIppDriver } from './ipp.ts'
import { openIppAndSnmpDriver } from './ipp-and-snmp.ts'
import { namesSnmp, readIppAndSnmpForm, readIppAndSnmpUrl } from './ipp-and-snmp-target.ts'
import { readIppUrl } from './ipp-target.ts'
import { openSnmpDriver } from './snmp.ts'
import { readSnmpForm, readSnmpUrl, type SnmpUserForm } from './snmp-target.ts'
import { openVirtualDriver } from './virtual.ts'

export type { Capabilities, Driver } from './driver.ts'
export { printObjects } from './print-objects.ts'

export type DriverSpec = string | SnmpUserForm

/** @throws {UsageError} one sentence, without the secrets that the specification may hold */
export async function openDriver(spec: DriverSpec, needs: DriverNeeds): Promise<Driver> {
  if (typeof spec !== 'string')
    return isIpp(Object(spec).url)
      ? openIppAndSnmpDriver(readIppAndSnmpForm(spec), needs)
      : openSnmpDriver(readSnmpForm(spec), needs)
  if (/^virtual(?:[:?]|$)/.test(spec)) return await openVirtualDriver(spec, needs)
  if (spec.startsWith('snmp:')) return openSnmpDriver(readSnmpUrl(spec), needs)
  if (isIpp(spec))
    return namesSnmp(spec)
      ? openIppAndSnmpDriver(readIppAndSnmpUrl(spec), needs)
      : openIppDriver(readIppUrl(spec), needs)
  const scheme = /^[a-z][\w+.-]*/i.exec(spec)?.[0] ?? ''
  throw new UsageError(
    `There is no driver "${scheme}": use virtual, snmp://HOST?community=…, ipp://HOST or ipp://HOST?community=….`,
  )
}

/** The configuration file's form is checked when it is read; before that it may be anything. */
const isIpp = (url: unknown) => typeof url === 'string' && /^ipps?:/i.test(url)
