/** Which printer to ask over IPP and SNMP both: an `ipp://` driver with options of SNMP behind it, or the configuration file's form for version 3. */
import { UsageError } from '@fairlead/base'
import { type IppTarget, readIppUrl } from './ipp-target.ts'
import { readSnmpForm, readSnmpUrl, type SnmpTarget } from './snmp-target.ts'

export interface IppAndSnmpTarget {
  ipp: IppTarget
  snmp: SnmpTarget
}

/** Those of `snmp://` but for `print`: pages of text come out over IPP. */
const options = ['community', 'writeCommunity', 'version', 'timeout', 'retries', 'snmpPort']

/**
 * `ipp[s]://[USER:PASSWORD@]HOST[:PORT][/PATH]?community=…[&writeCommunity=…&version=1|2c&timeout=SECONDS&retries=N&snmpPort=N]`:
 * SNMP is asked at the same host, at port 161 unless another one is named.
 *
 * @throws {UsageError} in one sentence that holds neither password nor community
 */
export function readIppAndSnmpUrl(text: string): IppAndSnmpTarget {
  const { ipp, snmp } = split(text)
  return { ipp, snmp: readSnmpUrl(snmp) }
}

/** @throws {UsageError} in one sentence that holds no secret */
export function readIppAndSnmpForm(form: { url: string }): IppAndSnmpTarget {
  const { ipp, snmp } = split(form.url)
  return { ipp, snmp: readSnmpForm({ ...form, url: snmp }) }
}

function split(text: string): { ipp: IppTarget; snmp: string } {
  const [address = '', query = ''] = text.split(/\?(.*)/s)
  const ipp = readIppUrl(address)
  const given = new URLSearchParams(query)
  // What is not known is not repeated: it may be a piece of a password with a `?` in it.
  if ([...given.keys()].some((key) => !options.includes(key)))
    throw new UsageError(`The ipp driver takes behind its "?" only: ${options.join(', ')}.`)
  const port = given.get('snmpPort') ?? '161'
  if (!/^\d{1,5}$/.test(port)) throw new UsageError('The ipp driver needs a snmpPort from 1 to 65535.')
  given.delete('snmpPort')
  const host = ipp.host.includes(':') ? `[${ipp.host}]` : ipp.host
  return { ipp, snmp: `snmp://${host}:${port}?${given}` }
}
