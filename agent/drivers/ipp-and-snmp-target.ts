/** Which printer to ask over IPP and SNMP both: an `ipp://` driver with options of SNMP behind it, or the configuration file's form for version 3. */
import { UsageError } from '@fairlead/base'
import { addressOf, type IppTarget, ippOptions, readIppUrl } from './ipp-target.ts'
import type { Fingerprint } from './printer-key.ts'
import { readSnmpForm, readSnmpUrl, type SnmpTarget } from './snmp-target.ts'

export interface IppAndSnmpTarget {
  ipp: IppTarget
  snmp: SnmpTarget
}

/** Those of `snmp://` but for `print`: pages of text come out over IPP. */
const options = ['community', 'writeCommunity', 'version', 'timeout', 'retries', 'snmpPort']

/**
 * `ipp[s]://[USER:PASSWORD@]HOST[:PORT][/PATH]?community=…[&writeCommunity=…&version=1|2c&timeout=SECONDS&retries=N&snmpPort=N&fingerprint=…]`:
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

/** Where a printer over TLS shows a key, and which one is named; undefined: the driver is another one. */
export function keyAddressOf(spec: unknown): { at: string; named: Fingerprint | undefined } | undefined {
  const url = typeof spec === 'string' ? spec : Object(spec).url
  if (typeof url !== 'string' || !/^ipps:/i.test(url)) return undefined
  const { ipp } = split(url)
  return { at: addressOf(ipp), named: ipp.fingerprint }
}

const isOfIpp = (name: string) => (ippOptions as readonly string[]).includes(name)

/** Whether something stands behind the address that is not for IPP: then SNMP is asked as well. */
export function namesSnmp(text: string): boolean {
  const [, query] = text.split(/\?(.*)/s)
  if (query === undefined) return false
  const names = [...new URLSearchParams(query).keys()]
  return names.length === 0 || !names.every(isOfIpp)
}

function split(text: string): { ipp: IppTarget; snmp: string } {
  const [address = '', query = ''] = text.split(/\?(.*)/s)
  const given = new URLSearchParams(query)
  const ofIpp = new URLSearchParams([...given].filter(([name]) => isOfIpp(name)))
  for (const name of ippOptions) given.delete(name)
  const ipp = readIppUrl(ofIpp.size === 0 ? address : `${address}?${ofIpp}`)
  // What is not known is not repeated: it may be a piece of a password with a `?` in it.
  if ([...given.keys()].some((key) => !options.includes(key)))
    throw new UsageError(`The ipp driver takes behind its "?" only: ${[...options, ...ippOptions].join(', ')}.`)
  const port = given.get('snmpPort') ?? '161'
  if (!/^\d{1,5}$/.test(port)) throw new UsageError('The ipp driver needs a snmpPort from 1 to 65535.')
  given.delete('snmpPort')
  const host = ipp.host.includes(':') ? `[${ipp.host}]` : ipp.host
  return { ipp, snmp: `snmp://${host}:${port}?${given}` }
}
